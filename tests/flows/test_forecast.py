"""Forecasts of single items: where they come from, and what a run teaches them."""

from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.forecast import Forecast
from schemas.plan import Ad, Shot, Still
from storage.rows import Pace
from tests.compositions import PALETTE, draw_ad

STILL = Still(
    source="inputs/a.png", source_sha256="a", scale=4, upscaler="spanx4@b", matte="u2netp@c", recipe=1
)


@pytest.fixture(autouse=True)
def _gpu_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VIDEO_MODELS["motion"].model_copy(update={"revision": "grand/1", "gpus": 2.0, "seconds": 5.0})
    monkeypatch.setitem(VIDEO_MODELS, "grand", entry)


def _shot(model: str = "motion/1", **changes: Any) -> Shot:
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
    forecast = Forecast({("shot", "motion/1"): Pace(seconds=900, work=300, count=10)})

    assert forecast.seconds("shot", _shot()) == pytest.approx(90)


def test_a_pace_without_work_is_no_ground() -> None:
    """Rows of an older version have no work; nothing is divided by it."""
    forecast = Forecast({("shot", "motion/1"): Pace(seconds=900, work=0, count=10)})

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
    forecast = Forecast({("shot", "motion/1"): Pace(seconds=6000, work=6000, count=200)})
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
        ("shot", _shot("motion/1", base="b", upscaler="spanx2@b/1"), 0),
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

    assert forecast.model("shot", _shot("motion/1", base="b", upscaler="spanx2@b/1")) == "spanx2@b/1"
    assert forecast.model("shot", _shot("grand/1", base="b", upscaler="spanx2@b/1")) == "spanx2@b/1/gpu"
    assert forecast.model("still", STILL) == "spanx4@b+u2netp@c"


def test_a_deadline_leaves_room_for_the_unforeseen() -> None:
    """A minute for what has nothing to do with the item, and ten times what it should take."""
    forecast = Forecast({("shot", "motion/1"): Pace(seconds=30, work=30, count=1)})

    assert forecast.deadline("shot", _shot()) == pytest.approx(60 + 10 * 30)
