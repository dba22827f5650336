"""Forecasts of plans: what sharing saves, what a cap holds back, how long it takes on the clock."""

from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.forecast import Forecast
from flows.outlook import PlanForecast, forecast_plan, together
from schemas.plan import Ad, Cut, Narration, Plan, Shot, Sound, Still
from tests.compositions import PALETTE, draw_ad

STILL = Still(source="inputs/a.png", source_sha256="a", scale=4, upscaler="lanczos", matte="", recipe=1)


@pytest.fixture(autouse=True)
def _gpu_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VIDEO_MODELS["motion"].model_copy(update={"revision": "grand/1", "gpus": 1.0, "seconds": 1.0})
    monkeypatch.setitem(VIDEO_MODELS, "grand", entry)


def _shot(prompt: str, *, frames: int = 100, **changes: Any) -> Shot:
    """Draw a shot that costs a GPU-second a frame."""
    return Shot(
        show="product", still=STILL.key, prompt=prompt, camera="hold", palette=PALETTE, width=1000,
        height=1000, frames=frames, seed=1, model="grand/1", **changes,
    )  # fmt: skip


A, B, C = (_shot(name) for name in "abc")


def _ad(variant: str, *shots: Shot, placement: str = "meta_reels", **changes: Any) -> Ad:
    cuts = tuple(Cut(shot=shot.key, frames=30, caption=variant, end_card=False) for shot in shots)
    return draw_ad(placement, variant=variant, cuts=cuts, **changes)


def _plan(*ads: Ad, shots: tuple[Shot, ...] = (A, B, C)) -> Plan:
    return Plan(campaign="kaffi/x", brief_sha256="b", stills=(STILL,), shots=shots, ads=ads, notes=())


def _told(plan: Plan, **options: Any) -> PlanForecast:
    return forecast_plan(plan, Forecast(), **{"workers": 2, "gpus": 1, **options})


SHARING = _plan(_ad("a", A), _ad("b", A, B), _ad("c", A, B), _ad("d", C))


def test_what_is_shared_costs_once() -> None:
    """Three shots serve four ads; a still serves all shots."""
    told = _told(SHARING)

    assert (told.stills, told.shots, told.ads) == (1, 3, 4)
    assert told.gpu_seconds == pytest.approx(300)


def test_a_voice_is_counted_once_and_takes_its_time() -> None:
    """Two ads say it; no ad is ready before it is spoken."""
    said = Narration(text="Good morning. " * 20, locale="en-US", voice="hibari:heart@1", recipe=1)
    sound = Sound(music="", lufs=-14, true_peak_max=-1, voice=said.key)
    ads = [_ad(name, sound=sound) for name in "ab"]
    spoken = _told(_plan(*ads).model_copy(update={"narrations": (said,)}))
    there = _told(_plan(*ads).model_copy(update={"narrations": (said,)}), made={said.key})
    seconds = Forecast().seconds("voice", said)

    assert (spoken.voices, there.voices) == (1, 0)
    assert spoken.cpu_seconds - there.cpu_seconds == pytest.approx(seconds)
    assert spoken.longest - there.longest == pytest.approx(seconds)


def test_what_is_there_costs_nothing() -> None:
    """A rerun pays for what is missing."""
    made = {STILL.key, A.key, B.key, *(ad.key for ad in SHARING.ads[:3])}
    told = _told(SHARING, made=made)

    assert (told.stills, told.shots, told.ads) == (0, 1, 1)
    assert told.gpu_seconds == pytest.approx(100)
    assert _told(SHARING, made={*made, SHARING.ads[3].key}).seconds == 0


def test_a_cap_holds_back_the_ads_that_do_not_fit() -> None:
    """The two short ads pay for a shot each; two longer ones share the shot that is one too many."""
    told = _told(SHARING, cap=250.0)

    assert (told.ads, told.held) == (2, 2)
    assert told.gpu_seconds == pytest.approx(200)
    assert told.more == pytest.approx(50)


@pytest.mark.parametrize("cap", [0.0, 50.0, 100.0, 199.0, 299.0])
@pytest.mark.parametrize("spent", [0.0, 30.0, 500.0])
def test_a_cap_raised_by_what_is_lacking_is_enough(cap: float, spent: float) -> None:
    """Whoever follows the advice need not come back."""
    short = _told(SHARING, cap=cap, spent=spent)
    enough = _told(SHARING, cap=cap + short.more, spent=spent)

    assert short.held
    assert (enough.held, enough.more) == (0, 0)


def test_work_without_a_gpu_is_never_held_back() -> None:
    """A cap that is spent stops what it counts: ads whose clips are there are composed."""
    told = _told(SHARING, made={STILL.key, A.key, B.key, C.key}, cap=0.0, spent=10.0)

    assert (told.ads, told.held) == (4, 0)


def test_the_smallest_ads_are_paid_first() -> None:
    """As the engine makes them, whatever the plan's order."""
    small = _ad("small", A, placement="meta_feed_square")
    told = _told(_plan(_ad("large", B), small), cap=100.0)

    assert small.key in told.keys
    assert told.held == 1


def test_an_enlarged_shot_brings_its_base() -> None:
    """Both are made, one after the other; enlarging with Lanczos takes no GPU."""
    base = _shot("base", frames=10)
    large = _shot("base", frames=10, base=base.key, upscaler="lanczos/1")
    told = _told(_plan(_ad("a", large), shots=(base, large)))

    assert (told.stills, told.shots, told.ads) == (1, 2, 1)
    assert told.gpu_seconds == pytest.approx(10)


def test_more_workers_make_it_faster_down_to_the_longest_chain() -> None:
    """A picture, its shot and the ad come one after another, however many work."""
    one, four, many = (_told(SHARING, gpus=gpus, workers=1).seconds for gpus in (1, 2, 1000))

    assert one > four > many > 100


def test_campaigns_that_share_a_shot_pay_for_it_once() -> None:
    """The second finds it there; together they take what both take."""
    first = _told(_plan(_ad("a", A)))
    second = _told(_plan(_ad("b", A), _ad("c", B)), made=first.keys)
    both = together([first, second], workers=2, gpus=1)

    assert (both.shots, both.ads) == (2, 3)
    assert both.gpu_seconds == pytest.approx(200)
    assert both.seconds < first.seconds + second.seconds


def test_a_forecast_is_json_without_its_keys() -> None:
    """Machines get figures, rounded; the keys stand in the plan."""
    told = _told(SHARING, cap=250.0).model_dump(mode="json")

    assert "keys" not in told
    assert (told["cap"], told["held"], told["more"]) == (250.0, 2, 50.0)
