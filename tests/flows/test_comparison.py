"""Figures of a comparison: added up, put in rows, and told where something is missing."""

from pathlib import Path
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from actors.backends.runway import credits_of
from flows.comparison import Result, lines_of, object_of, summed, table_of
from flows.figures import Figures, Made, Take, _credits
from flows.preflight import Preflight
from flows.trials import Trial
from schemas.errors import SettingsError
from storage.rows import Cost
from tests.storage.drawn import asset, draw_plan

FIGURES = Figures(sharpness=100.0, motion=20.0, flicker=0.5, similarity=0.8)


def _take(scene: str, **changes: object) -> Take:
    facts = {"clip": "clips/x.mp4", "making": Cost(seconds=10, gpu_seconds=20), "figures": FIGURES}
    return Take.model_validate(
        {"model": "dream", "scene": scene, "asked": "a cup", "shot": "x", **facts, **changes}
    )


def test_times_add_up_and_figures_are_means() -> None:
    """What enlarging took on GPUs counts among the GPU-seconds."""
    takes = [
        _take("a", enlarging=Cost(seconds=4, gpu_seconds=4), credits=60.0),
        _take("b", credits=24.0, figures=FIGURES.model_copy(update={"sharpness": 300.0, "similarity": None})),
    ]
    total = summed(takes)

    assert (total.seconds, total.enlarging_seconds, total.gpu_seconds, total.credits) == (20, 4, 44, 84)
    assert (total.sharpness, total.motion, total.similarity) == (200, 20, 0.8)


def test_what_is_not_made_adds_nothing() -> None:
    """Neither a time of another run nor a price that was not paid."""
    total = summed([_take("a"), _take("b", clip="", figures=None, credits=60.0)])

    assert (total.seconds, total.credits, total.sharpness) == (10, None, 100)


def test_what_is_not_known_is_none() -> None:
    """A file that was adopted has no attempt; nothing at all has no mean."""
    assert summed([_take("a", making=None)]).seconds is None
    assert set(summed([])) == {None}


@pytest.mark.parametrize(
    ("take", "lines"),
    [
        (
            _take("a"),
            (
                "sharpness 100.0   motion 20.0   flicker 0.50   similarity 0.80",
                "made in 10.0 s   20.0 GPU-seconds",
            ),
        ),
        (
            _take(
                "b",
                making=Cost(seconds=1.25, gpu_seconds=0),
                credits=1060.0,
                enlarging=Cost(seconds=3, gpu_seconds=0),
            ),
            (
                "sharpness 100.0   motion 20.0   flicker 0.50   similarity 0.80",
                "made in 1.2 s   enlarged in 3.0 s   1,060 credits",
            ),
        ),
    ],
)
def test_pictures_say_what_they_took(take: Take, lines: tuple[str, str]) -> None:
    """Two lines; what is not there is not told."""
    assert lines_of(summed([take])) == lines


def _result(*, done: bool, reason: str = "", trouble: str = "") -> Result:
    """Return what became of two models: of one that made a scene of two, and of one that cannot."""
    plan, beside = draw_plan("P-1", campaign="kaffi/spring-on-dream"), Any
    ready = Preflight(ingested=beside, equipment=beside, plan=plan, templates={})  # type: ignore[arg-type]
    trials = [
        Trial("dream", Path("dream.json"), ready, None),
        Trial("large", Path("large.json"), None, SettingsError("it needs\n2 GPU")),
    ]
    (ad,) = plan.ads
    made = Made({}, {}, {}, {ad.key: asset(ad)} if done else {}, {ad.campaign: reason} if reason else {})
    shot = plan.shots[0].key
    takes = [_take("look", shot=shot), _take("mood", shot=shot, clip="", figures=None, making=None)]
    return Result(trials, {"dream": takes, "large": []}, made, trouble)


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (_result(done=True), ""),
        (_result(done=False), "not made: mood"),
        (_result(done=False, trouble="a live run has it"), "a live run has it"),
        (_result(done=False, reason="it broke", trouble="a live run has it"), "it broke"),
    ],
)
def test_what_is_missing_is_told_with_what_is_known_of_it(result: Result, problem: str) -> None:
    """The ad's own reason first, then what kept campaigns from being started."""
    dream, large = result.trials

    assert result.problem(dream) == problem
    assert result.problem(large) == "it needs; 2 GPU"
    assert not result.whole


def test_the_table_has_a_row_a_scene_and_a_sum() -> None:
    """Columns in which nothing stands are left out; a model without scenes has no row."""
    rows = table_of(_result(done=False))

    assert [(row["model"], row["scene"], row["made"]) for row in rows] == [
        ("dream", "look", "now"),
        ("dream", "mood", "no"),
        ("dream", "all 2", ""),
    ]
    assert rows[0]["similarity"] == "0.80"
    assert not {"credits", "enlarging"} & set(rows[0])


def test_machines_get_everything_under_the_name_of_the_campaign() -> None:
    """Without the model that the campaigns of a comparison have in their names."""
    told = object_of(_result(done=True))
    dream, large = told["models"]

    assert (told["campaign"], told["product"], told["placement"]) == ("kaffi/spring", "P-1", "meta_reels")
    assert (dream["campaign"], dream["seconds"], dream["ad"][:4]) == ("kaffi/spring-on-dream", 10, "ads/")
    assert (large["problem"], large["scenes"], large["ad"]) == ("it needs; 2 GPU", [], "")


@pytest.mark.parametrize("name", [name for name, entry in VIDEO_MODELS.items() if entry.service])
def test_credits_are_those_that_the_service_is_asked_for(name: str) -> None:
    """The table's price of the seconds that it sells, which are more than the shot shows."""
    entry = VIDEO_MODELS[name]
    (shot,) = draw_plan("P-1").shots
    shot = shot.model_copy(update={"frames": entry.frames.lasting(70), "fps": entry.frames.fps})

    assert _credits(shot, entry) == credits_of(shot, entry) > 0
    assert _credits(shot, VIDEO_MODELS["motion"]) is None
