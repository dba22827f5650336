"""Events as machines read them: one short line each, whatever a brief has put into it."""

import json
from datetime import UTC, datetime

from flows.events import Count, Event

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def test_a_line_leaves_out_what_says_nothing() -> None:
    """Ten thousand ads are tens of thousands of lines."""
    line = Event(event="made", at=AT, campaign="kaffi/x", kind="shot", key="k", seconds=1.23456).line()

    assert json.loads(line) == {
        "event": "made",
        "at": "2026-11-22T18:00:00Z",
        "campaign": "kaffi/x",
        "kind": "shot",
        "key": "k",
        "seconds": 1.235,
    }


def test_counts_are_whole() -> None:
    """Whoever adds them up need not know what a missing one means."""
    told = json.loads(Event(event="progress", left=0.0, counts={"ad": Count(wanted=3)}).line())
    nothing = dict.fromkeys(("there", "made", "failed", "rejected", "begun"), 0)

    assert told["counts"] == {"ad": {"wanted": 3, **nothing}}
    assert told["left"] == 0.0


def test_a_line_is_one_line_of_ascii() -> None:
    """No character of a label ends it early, in any language's idea of lines, or colours a terminal."""
    label = "a\nb\u2028c\x85d\x1b[31m قهوة"
    line = Event(event="started", label=label).line()

    assert line.isascii()
    assert line.splitlines() == [line]
    assert json.loads(line)["label"] == label


def test_the_time_is_that_of_the_event() -> None:
    """In UTC, by itself."""
    assert abs((datetime.now(UTC) - Event(event="note").at).total_seconds()) < 60
