"""What hosted models charge for a plan: told below their limit, refused above it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.spending import credit_notes, credit_problems
from schemas.plan import Plan
from tests.briefs import PICTURE, WORDS, ask, here, taken

HOSTED = "runway-gen4-turbo"


def plan(*scenes: dict[str, Any], model: str = HOSTED, **changes: Any) -> Plan:
    """Return the plan of *scenes* on *model*, whose key is there."""
    equipment = Equipment(models={HOSTED: f"{HOSTED}/1", **here("wan-vace-1.3b").models}, gpus=True)
    brief = ask(*scenes, video={"model": model}, **changes)
    return make_plan(taken(brief), equipment, now=datetime(2026, 11, 22, tzinfo=UTC))


def allow(monkeypatch: pytest.MonkeyPatch, credits_max: int) -> None:
    """Let a campaign spend so much."""
    entry = VIDEO_MODELS[HOSTED]
    assert entry.service is not None
    service = entry.service.model_copy(update={"credits_max": credits_max})
    monkeypatch.setitem(VIDEO_MODELS, HOSTED, entry.model_copy(update={"service": service}))


def test_what_a_service_will_charge_is_noted() -> None:
    """2.3 s of a scene are 3 s of the service, at 5 credits; both sizes are made, and enlarging is free."""
    made = plan(PICTURE, placements=["meta_reels", "meta_stories", "youtube_bumper"])

    assert list(credit_notes(made)) == [f"{HOSTED}: 2 shots for up to 30 credits"]
    assert not list(credit_problems(made))


def test_what_costs_more_than_is_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent: with what it costs, what may be spent, and the cures."""
    allow(monkeypatch, 29)

    (problem,) = credit_problems(plan(PICTURE, placements=["meta_reels", "youtube_bumper"]))

    assert str(problem) == (
        f"video.model: 2 shots by {HOSTED} cost 30 credits, 29 are allowed; shorten or drop scenes, or have "
        "credits_max raised in its line of actors/backends/table.py"
    )


def test_just_what_is_allowed_may_be_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the most, not the first that is too much."""
    allow(monkeypatch, 30)

    assert not list(credit_problems(plan(PICTURE, placements=["meta_reels", "youtube_bumper"])))


@pytest.mark.parametrize("model", ["motion", "wan-vace-1.3b", "auto"])
def test_models_of_our_own_cost_no_credits(model: str) -> None:
    """They cost GPU-seconds, which the forecast tells."""
    made = plan(PICTURE, WORDS, model=model)

    assert not list(credit_notes(made))
    assert not list(credit_problems(made))
