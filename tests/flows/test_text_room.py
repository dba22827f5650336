"""Texts that are too long for their place are told before anything is made."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.fonts import PACKAGED
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.text_room import room_problems
from schemas.placements import PLACEMENTS
from schemas.plan import Plan
from tests.briefs import PICTURE, ask, taken

TITLE = "Handcrafted cappuccino, roasted to order"
"""As long as a text may be to be passed over."""


def plan(layout: str, text: str, *, cta: str = "Buy", **changes: Any) -> Plan:
    """Plan a brief that writes *text* in *layout*, and on the closing card."""
    scene = PICTURE | {"layout": layout, "caption": "{hook}"}
    if layout in {"quote", "label"}:
        scene["note"] = "{hook}"
    card = {"id": "end", "show": "end_card", "caption": "{hook}"}
    locales = {"en-US": {"hook": text, "cta": cta, "voiceover": "Hello."}}
    brief = ask(storyboard=[scene, card], locales=locales, **changes)
    return make_plan(taken(brief), Equipment(), now=datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "cta", "told"),
    [
        ("Wake up to better coffee. " * 20, "Buy", "'Wake up to better coffee."),
        ("Better coffee", "Buy it now, before everybody else has bought it all " * 4, "'Buy it now"),
        ("Donaudampfschifffahrtsgesellschaftskapitänsmütze", "Buy", "'Donaudampfschifffahrts"),
    ],
)
def test_a_text_without_room_is_told_with_its_place(text: str, cta: str, told: str) -> None:
    """Once for each placement, not for each variant; with the text, the room and the cure."""
    made = plan("headline", text, cta=cta, variants=[{"id": "a"}, {"id": "b"}])
    (problem,) = room_problems(made, PACKAGED, None)

    assert problem.where == "texts of en-US at youtube_bumper"
    assert told in problem.what
    assert "does not fit" in problem.what
    assert problem.cure == "shorten it"


def test_a_long_text_with_room_is_no_problem() -> None:
    """It is set smaller."""
    made = plan("headline", "Wake up to a better coffee, freshly roasted every morning")

    assert not [*room_problems(made, PACKAGED, None)]


@pytest.mark.parametrize("layout", ["headline", "feature", "quote", "label", "bumper"])
def test_what_is_passed_over_fits_everywhere(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every size and safe zone there is."""
    monkeypatch.setattr("flows.text_room._SHORT", 0)
    rooms = {(one.width, one.height, one.safe): one.name for one in PLACEMENTS.values()}
    made = plan(layout, TITLE, cta="Order yours today", placements=[*rooms.values()])

    assert len(made.ads) == len(rooms)
    assert not [*room_problems(made, PACKAGED, None)]
