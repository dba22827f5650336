"""What no font can draw is told before anything is drawn: the character, the font, the locale, the place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.fonts import PACKAGED
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.writing import character_problems
from tests.briefs import PICTURE, ask, taken

ODD = "\U00013080"
"""A hieroglyph, which no font of ours has."""


def told(**changes: Any) -> list[str]:
    """Return what is said of a brief with a voice and *changes*."""
    copy = {"hook": "Look", "cta": "Buy", "quote": "Good", "voiceover": "Hello."} | changes.pop("copy", {})
    scenes = [PICTURE | {"layout": "quote", "caption": "{quote}", "note": "{hook}"}]
    brief = ask(*scenes, locales={"en-US": copy}, **({"audio": {"music": "calm"}} | changes))
    plan = make_plan(taken(brief), Equipment(), now=datetime(2026, 11, 22, tzinfo=UTC))
    return [str(problem) for problem in character_problems(plan, PACKAGED)]


@pytest.mark.parametrize(
    ("copy", "place"),
    [
        ({"cta": f"Buy {ODD}"}, "locales.en-US.cta"),
        ({"hook": f"Look {ODD}"}, "captions of en-US"),
        ({"quote": f"Good {ODD}"}, "captions of en-US"),
        ({"voiceover": f"Hello {ODD}."}, "locales.en-US.voiceover"),
    ],
)
def test_a_character_that_no_font_has_is_named_with_its_place(copy: dict[str, str], place: str) -> None:
    """Wherever it would be drawn, captions of the voice among it."""
    said = told(copy=copy)

    assert said
    assert all(line.startswith(f"{place}: ") and "U+13080" in line and "Noto Sans" in line for line in said)


def test_the_disclaimer_is_drawn_too() -> None:
    """In the font of texts."""
    brand = {"name": "Kaffi", "colors": {"primary": "#123456", "accent": "#FFB020"}, "disclaimer": ODD}

    assert [line.partition(":")[0] for line in told(brand=brand)] == ["brand.disclaimer.en-US"]


@pytest.mark.parametrize("audio", [{"voice": "none", "music": "calm"}, {"captions": "off", "music": "calm"}])
def test_what_is_not_drawn_may_hold_anything(audio: dict[str, Any]) -> None:
    """A voice that is not captioned, or not heard."""
    assert told(copy={"voiceover": f"Hello {ODD}."}, audio=audio) == []
    assert told() == []
