"""What people and machines see while a run goes on."""

import io
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console

from flows.events import Count, Event, Progress
from flows.progress import Bars, Display, LogLines, Tally, _shown_by, show_progress
from schemas.work import Kind


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A log that a test reads."""

    def __init__(self) -> None:
        self.file, self.clock = io.StringIO(), Clock()
        self.lines = LogLines(Console(file=self.file, width=60), self.clock)

    def show(self, *events: Event) -> str:
        for event in events:
            self.lines.show(event)
        return self.file.getvalue()


@pytest.fixture(name="log")
def _log() -> Log:
    return Log()


def _counts(wanted: int, made: int = 0, failed: int = 0, there: int = 0) -> dict[Kind, Count]:
    return {"ad": Count(wanted=wanted, made=made, failed=failed, there=there)}


def _progress(made: int, left: float | None, campaign: str = "kaffi/x") -> Event:
    return Event(event="progress", campaign=campaign, counts=_counts(4, made), left=left)


def _failed(label: str = "HB-250 en-US", reason: str = "no such file", **facts: Any) -> Event:
    return Event(event="failed", campaign="kaffi/x", kind="ad", label=label, reason=reason, **facts)


def test_no_time_is_told_before_there_is_ground_for_one() -> None:
    """Until something is made, and while any campaign cannot say, it is estimating."""
    tally, said = Tally(), []
    for event in (
        Event(event="planned", campaign="kaffi/x", counts=_counts(4), left=300.0),
        _progress(1, 200.0),
        Event(event="planned", campaign="kaffi/y", counts=_counts(4)),
        _progress(0, 400.0, "kaffi/y"),
    ):
        tally.note(event)
        said.append(tally.sentence)

    assert said == [
        "estimating the time left",
        "about 3 min left",
        "estimating the time left",
        "about 7 min left",
    ]


def test_what_is_rejected_is_not_called_failed(log: Log) -> None:
    """It is made and kept; people look at it, and mend the brief."""
    counts: dict[Kind, Count] = {"ad": Count(wanted=9, made=5, failed=1, rejected=3)}
    told = log.show(Event(event="ended", campaign="kaffi/x", state="failed", counts=counts))

    assert told == "kaffi/x: failed; 5 ads made, 3 rejected, 1 not made\n"


def test_the_last_campaign_decides_how_long_it_takes() -> None:
    """They run side by side; one that has ended counts no more."""
    tally = Tally()
    for event in (
        _progress(1, 90.0),
        _progress(1, 700.0, "kaffi/y"),
        Event(event="ended", campaign="kaffi/y"),
    ):
        tally.note(event)

    assert tally.sentence == "about 2 min left"
    assert tally.stage("ad") == Count(wanted=8, made=2)


def test_a_log_gets_a_line_now_and_then(log: Log) -> None:
    """Events come every second; a log of a night's work is still short."""
    told = log.show(
        Event(event="planned", campaign="kaffi/x", counts=_counts(4, there=2), left=100.0),
        _progress(1, 90.0),
    )
    log.clock.now = 31.0
    told = log.show(_progress(2, 60.0), _progress(3, 50.0))

    assert told == "kaffi/x: to make 4 ads (2 ads are there)\nads 2/4; about 1 min left\n"


def test_a_campaign_without_voices_says_nothing_about_them(log: Log) -> None:
    """Most are so; one that has any tells how many."""
    counts = {**_counts(4), "voice": Count(wanted=0)}
    told = log.show(Event(event="planned", campaign="kaffi/x", counts=counts))
    voiced = log.show(Event(event="planned", campaign="kaffi/y", counts={**counts, "voice": Count(wanted=2)}))

    assert told == "kaffi/x: to make 4 ads\n"
    assert "kaffi/y: to make 2 voices, 4 ads" in voiced


def test_failures_retries_and_quarantines_are_told_as_they_come(log: Log) -> None:
    """Each with its name and its reason."""
    told = log.show(
        Event(
            event="retrying", kind="shot", label="shot one", verdict="transient", reason="no answer", wait=8
        ),
        _failed(state="failed"),
        _failed("shot two", "it stopped 2 workers", state="quarantined"),
    )

    assert told.splitlines() == [
        "again: shot one: no answer; tried again in about 10 s",
        "failed: HB-250 en-US: no such file",
        "quarantined: shot two: it stopped 2 workers",
    ]


def test_one_reason_is_told_a_few_times_only(log: Log) -> None:
    """A shot that cannot be made blocks a thousand ads; the table at the end names them all."""
    told = log.show(*(_failed(f"ad {n}", "shot two cannot be made", state="blocked") for n in range(1000)))

    assert told.splitlines() == [
        "blocked: ad 0: shot two cannot be made",
        "blocked: ad 1: shot two cannot be made",
        "blocked: ad 2: shot two cannot be made (told no more)",
    ]


def test_caps_notes_and_ends_are_sentences(log: Log) -> None:
    """What more would cost, why it stops, how it ended."""
    told = log.show(
        Event(
            event="held", campaign="kaffi/x", number=3, reason="3 ads stay planned: 90 more would make them"
        ),
        Event(event="note", reason="stopping"),
        Event(event="ended", campaign="kaffi/x", state="capped", counts=_counts(4, 3, 1)),
    )

    assert told.splitlines() == [
        "kaffi/x: 3 ads stay planned: 90 more would make them",
        "stopping",
        "kaffi/x: capped; 3 ads made, 1 not made",
    ]


@pytest.mark.parametrize("draw", [LogLines, Bars])
def test_what_a_brief_says_is_shown_and_not_obeyed(draw: Callable[[Console], Display]) -> None:
    """No markup, no colours, no moves of the cursor."""
    file = io.StringIO()
    draw(Console(file=file, width=200)).show(_failed("[bold]\x1b[2Jlabel[/bold]", "[link=x]re\nason[/]"))

    assert "failed: [bold]\\u001b[2Jlabel[/bold]: [link=x]re ason[/]" in file.getvalue()
    assert "\x1b" not in file.getvalue()


def test_bars_show_made_and_failed_of_each_stage() -> None:
    """A bar that is full has failures in it, and says so; stages without work have none."""
    file = io.StringIO()
    with Bars(Console(file=file, width=100, force_terminal=True)) as bars:
        bars.show(Event(event="planned", campaign="kaffi/x", counts=_counts(4) | {"still": Count()}))
        bars.show(Event(event="progress", campaign="kaffi/x", counts=_counts(4, 3, 1), left=0.0))

    assert "3/4, 1 failed" in file.getvalue()
    assert "finishing" in file.getvalue()
    assert "stills" not in file.getvalue()


def test_what_is_half_made_moves_its_bar() -> None:
    """A clip may take many minutes of a GPU; whoever watches sees that it goes on."""
    with Bars(Console(file=io.StringIO(), width=100, force_terminal=True)) as bars:
        bars.show(Event(event="planned", campaign="kaffi/x", counts={"shot": Count(wanted=4)}))
        bars.show(Event(event="progress", campaign="kaffi/x", counts={"shot": Count(wanted=4, begun=1.5)}))

        (shots,) = bars.tasks

        assert shots.completed == 1.5


def test_machines_get_events_and_nothing_else_on_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    """What Ray and its workers print goes to standard error; afterwards all is as before."""
    with show_progress(as_json=True) as tell:
        tell(Event(event="note", reason="one"))
        os.write(1, b"noise\n")
        tell(Event(event="note", reason="two"))
    os.write(1, b"after\n")
    out, err = capfd.readouterr()

    *events, after = out.splitlines()
    assert [json.loads(line)["reason"] for line in events] == ["one", "two"]
    assert (after, err) == ("after", "noise\n")


def test_people_get_lines_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for the table."""
    with show_progress(as_json=False) as tell:
        tell(_failed(state="failed"))
    out, err = capfd.readouterr()

    assert (out, err) == ("", "failed: HB-250 en-US: no such file\n")


@pytest.fixture(name="deaf")
def _deaf() -> Iterator[Progress]:
    class Gone:
        def show(self, event: Event) -> None:
            raise BrokenPipeError(event.reason)

    with _shown_by(Gone()) as tell:
        yield tell


def test_a_reader_that_has_gone_stops_nothing(deaf: Progress) -> None:
    """`reelmill run --json | head` reads a few events; the ads are made all the same."""
    for n in range(100):
        deaf(Event(event="note", reason=str(n)))
