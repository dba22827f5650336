"""Forecasts of single items: where they come from, and what a run teaches them."""

from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.forecast import Forecast
from schemas.plan import Ad, Drawing, Narration, Shot, Still
from storage.rows import Pace
from tests.compositions import PALETTE, draw_ad

STILL = Still(
    source="inputs/a.png", source_sha256="a", scale=4, upscaler="spanx4@b", matte="u2netp@c", recipe=1
)


@pytest.fixture(autouse=True)
def _gpu_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VIDEO_MODELS["motion"].model_copy(update={"revision": "grand/1", "gpus": 2.0, "seconds": 5.0})
    monkeypatch.setitem(VIDEO_MODELS, "grand", entry)


def _shot(model: str = "motion/2", **changes: Any) -> Shot:
    return Shot(
        show="text", still="", prompt="", camera="hold", palette=PALETTE, width=1000, height=1000, frames=30,
        seed=1, model=model, **changes,
    )  # fmt: skip


def test_a_first_forecast_is_the_models_line_times_the_size() -> None:
    """Nobody has made anything yet; a shot of a million pixels and 30 frames is 30 units."""
    forecast, shot = Forecast(), _shot()

    assert forecast.work("shot", shot) == pytest.approx(30)
    assert forecast.seconds("shot", shot) == pytest.approx(30 * VIDEO_MODELS["motion"].seconds)


def test_what_the_catalog_remembers_goes_before_the_table() -> None:
    """This machine is not the one on which the figures were measured."""
    forecast = Forecast({("shot", "motion/2"): Pace(seconds=900, work=300, count=10)})

    assert forecast.seconds("shot", _shot()) == pytest.approx(90)


def test_a_pace_without_work_is_no_ground() -> None:
    """Rows of an older version have no work; nothing is divided by it."""
    forecast = Forecast({("shot", "motion/2"): Pace(seconds=900, work=0, count=10)})

    assert forecast.seconds("shot", _shot()) == Forecast().seconds("shot", _shot())


def test_the_first_attempts_count_but_do_not_jump() -> None:
    """One slow attempt moves the forecast by less than half; many move it all the way."""
    forecast, shot = Forecast(), _shot("grand/1")
    before = forecast.seconds("shot", shot)

    forecast.learn("shot", shot, 10 * before)
    once = forecast.seconds("shot", shot)
    for _ in range(100):
        forecast.learn("shot", shot, 10 * before)

    assert 2 * before < once < 5 * before
    assert forecast.seconds("shot", shot) == pytest.approx(10 * before, rel=0.05)


def test_a_long_history_follows_a_machine_that_has_changed() -> None:
    """Two hundred attempts of last week weigh no more than the next twenty."""
    forecast = Forecast({("shot", "motion/2"): Pace(seconds=6000, work=6000, count=200)})
    for _ in range(40):
        forecast.learn("shot", _shot(), 90)

    assert forecast.seconds("shot", _shot()) == pytest.approx(90, rel=0.2)


def test_a_slow_machine_is_believed_before_its_first_ad() -> None:
    """Shots that take four times as long as measured say something about ads too, nothing about GPUs."""
    forecast, ad, grand = Forecast(), draw_ad(), _shot("grand/1")
    before = forecast.seconds("ad", ad), forecast.seconds("shot", grand)
    for _ in range(100):
        forecast.learn("shot", _shot(), 4 * 30 * VIDEO_MODELS["motion"].seconds)

    assert 3 * before[0] < forecast.seconds("ad", ad) < 4 * before[0]
    assert forecast.seconds("shot", grand) == before[1]


def test_an_ad_whose_twin_is_there_is_a_copy() -> None:
    """It takes a fraction, under a name of its own, so that it does not spoil what is known of composing."""
    forecast, first, twin = Forecast(), draw_ad(variant="a"), draw_ad(variant="b")
    composing = forecast.seconds("ad", twin), forecast.model("ad", twin)
    forecast.learn("ad", first, composing[0])

    assert forecast.seconds("ad", twin) < composing[0] / 10
    assert (composing[1], forecast.model("ad", twin)) == ("compose/1", "copy/1")


def test_of_twins_in_a_list_one_is_composed() -> None:
    """A list of what is left to make is not longer than the work that is left."""
    forecast, twins = Forecast(), [draw_ad(variant=name) for name in "abc"]
    whole = forecast.seconds("ad", twins[0])

    assert sum(forecast.each(("ad", ad) for ad in twins)) < 1.2 * whole
    assert sum(forecast.each([("ad", twins[1])], there=[twins[0]])) < 0.2 * whole


@pytest.mark.parametrize(
    ("kind", "spec", "gpus"),
    [
        ("still", STILL, 0),
        ("ad", draw_ad(), 0),
        ("shot", _shot(), 0),
        ("shot", _shot("grand/1"), 2),
        ("shot", _shot("grand/1", base="b", upscaler="spanx2@b/1"), 2),
        ("shot", _shot("grand/1", base="b", upscaler="lanczos/1"), 0),
        ("shot", _shot("motion/2", base="b", upscaler="spanx2@b/1"), 0),
        ("shot", _shot("of-another-version/7"), 0),
    ],
)
def test_gpus_are_held_by_models_that_need_them(kind: Any, spec: Still | Shot | Ad, gpus: float) -> None:
    """A network that enlarges their clips runs on the same GPU; everything else on a CPU, in some time."""
    forecast = Forecast()

    assert forecast.gpus(kind, spec) == gpus
    assert forecast.seconds(kind, spec) > 0


def test_enlarging_is_known_by_its_upscaler() -> None:
    """The model made the base; what takes the time here is another."""
    forecast = Forecast()

    assert forecast.model("shot", _shot("motion/2", base="b", upscaler="spanx2@b/1")) == "spanx2@b/1"
    assert forecast.model("shot", _shot("grand/1", base="b", upscaler="spanx2@b/1")) == "spanx2@b/1/gpu"
    assert forecast.model("still", STILL) == "spanx4@b+u2netp@c"


def test_a_deadline_leaves_room_for_the_unforeseen() -> None:
    """A minute for what has nothing to do with the item, and ten times what it should take."""
    forecast = Forecast({("shot", "motion/2"): Pace(seconds=30, work=30, count=1)})

    assert forecast.deadline("shot", _shot()) == pytest.approx(60 + 10 * 30)


DRAWN = Still(
    source="", source_sha256="", scale=1, upscaler="none", matte="", recipe=1,
    drawing=Drawing(prompt="", negative="", width=1000, height=2000, seed=1, model="z-image/1@0123456789ab"),
)  # fmt: skip
HOSTED = "runway-gen4-turbo/1"


def test_a_voice_takes_its_engine_s_pace_by_the_character() -> None:
    """Whoever speaks; a recording is read, however long its text is."""
    said = Narration(text="x" * 40, locale="en-US", voice="kokoro:af_heart@12", recipe=1)
    other = said.model_copy(update={"text": "x" * 10, "voice": "kokoro:am_michael@12"})
    recorded = said.model_copy(update={"voice": "inputs/a.wav"})
    forecast = Forecast({("voice", "kokoro@12/1"): Pace(seconds=30, work=60, count=3)})

    assert [forecast.seconds("voice", spec) for spec in (said, other)] == [20, 5]
    assert [Forecast().work("voice", spec) for spec in (said, recorded)] == [40, 1]
    assert forecast.model("voice", recorded) == "recording/1"
    assert forecast.gpus("voice", said) == 0


def test_a_drawing_takes_its_models_time_and_gpu() -> None:
    """Two million pixels of one frame, known by the painter's name."""
    forecast = Forecast()

    assert forecast.work("still", DRAWN) == 2
    assert forecast.model("still", DRAWN) == "z-image/1@0123456789ab"
    assert forecast.seconds("still", DRAWN) == 2 * VIDEO_MODELS["z-image"].seconds
    assert forecast.gpus("still", DRAWN) == 1


def test_what_is_drawn_is_remembered_apart_from_what_is_enlarged() -> None:
    """Painters and pictures do not spoil each other's pace."""
    forecast = Forecast({("still", "z-image/1@0123456789ab"): Pace(seconds=10, work=1, count=10)})

    assert forecast.seconds("still", DRAWN) == 20
    assert forecast.seconds("still", STILL) == Forecast().seconds("still", STILL)


def test_a_first_deadline_leaves_time_to_load_the_weights() -> None:
    """And to fetch them to the node; what is enlarged needs neither, nor does the built-in model."""
    forecast, line = Forecast(), VIDEO_MODELS["z-image"]
    assert line.weights is not None
    loading = line.weights.load_seconds + line.memory_bytes / 100e6

    taken = 60 + 10 * forecast.seconds("still", DRAWN)
    assert forecast.deadline("still", DRAWN) == pytest.approx(taken + loading)
    large = _shot("wan-vace-1.3b/1@a", base="b", upscaler="spanx2@b/2")
    assert forecast.deadline("shot", large) == pytest.approx(60 + 10 * forecast.seconds("shot", large))


def test_a_service_has_no_gpu_and_time_to_queue() -> None:
    """Half an hour: its task is kept, so that waiting costs nothing."""
    forecast, shot = Forecast(), _shot(HOSTED)

    assert forecast.gpus("shot", shot) == 0
    assert forecast.deadline("shot", shot) > 1800
    assert forecast.deadline("shot", _shot(HOSTED, base="b", upscaler="lanczos/2")) < 120


def test_a_service_s_queue_says_nothing_about_this_machine() -> None:
    """Nor does a slow machine make the service slow."""
    forecast, ad, shot = Forecast(), draw_ad(), _shot(HOSTED)
    before = forecast.seconds("ad", ad)
    for _ in range(50):
        forecast.learn("shot", shot, 1000.0)
    after = forecast.seconds("ad", ad)
    for _ in range(50):
        forecast.learn("ad", draw_ad(variant="x"), 100 * before)

    other = _shot("runway-gen4.5/1")
    assert after == before
    assert forecast.seconds("shot", other) == Forecast().seconds("shot", other)
