"""Shows how a run goes: bars for people, plain lines for logs, JSON lines for machines.

Events are shown by a thread of their own, so a terminal that stands still never holds up the work.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Protocol, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from flows.events import Count, Event, Progress
from flows.logs import takes_stderr
from flows.spoken import about, counted, plain
from schemas.work import Kind

_STAGES: tuple[Kind, ...] = ("still", "shot", "voice", "ad")
_EVERY_SECONDS = 30.0
"""Between two lines of a log."""
_TOLD_MAX = 3
"""How often one reason is told; the table at the end names every ad."""
_STYLES = {"failed": "red", "retrying": "yellow", "held": "yellow", "note": "yellow"}


class Display(Protocol):
    """Whoever shows events, one after another."""

    def show(self, event: Event) -> None:
        """Show what has happened."""


@contextmanager
def show_progress(*, as_json: bool) -> Iterator[Progress]:
    """Show the events of the block: as JSON lines on standard output, else to people on standard error.

    Where the log stands on standard error, people read that.
    """
    console = Console(stderr=True)
    if as_json:
        with _alone_on_stdout() as stdout, _shown_by(JsonLines(stdout)) as tell:
            yield tell
    elif takes_stderr():
        yield lambda _: None
    elif console.is_terminal and not console.is_dumb_terminal:
        with Bars(console) as bars, _shown_by(bars) as tell:
            yield tell
    else:
        with _shown_by(LogLines(console)) as tell:
            yield tell


@contextmanager
def _alone_on_stdout() -> Iterator[TextIO]:
    """Have standard output alone: what libraries and workers print in the block goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    stdout = open(kept, "w", encoding="ascii", closefd=False)  # noqa: SIM115 (closing it may fail)
    try:
        yield stdout
    finally:
        with suppress(OSError):  # whoever read it has gone
            stdout.close()
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def _shown_by(display: Display) -> Iterator[Progress]:
    """Have a thread that hands events to *display*; at the end of the block all are shown."""
    events: SimpleQueue[Event | None] = SimpleQueue()

    def show_all() -> None:
        read = True
        for event in iter(events.get, None):
            try:
                if read:
                    display.show(event)
            except OSError:  # whoever read it has gone; the run goes on
                read = False

    # As a daemon: a reader that stands still must not keep a process that was told to stop at once.
    thread = Thread(target=show_all, name="progress", daemon=True)
    thread.start()
    try:
        yield events.put
    finally:
        events.put(None)
        thread.join()


class JsonLines:
    """Writes an event a line."""

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def show(self, event: Event) -> None:
        """Write *event* at once."""
        self._to.write(f"{event.line()}\n")
        self._to.flush()


class Tally:
    """How far all campaigns are together, as their latest events say."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[Kind, Count]] = {}
        self._left: dict[str, float | None] = {}

    def note(self, event: Event) -> None:
        """Take in what *event* says."""
        self._counts.setdefault(event.campaign, {}).update(event.counts)
        if event.event in {"planned", "progress"}:
            self._left[event.campaign] = event.left
        elif event.event == "ended":
            self._left.pop(event.campaign, None)

    def stage(self, kind: Kind) -> Count:
        """Return the counts of a stage, over all campaigns."""
        counts = [of[kind] for of in self._counts.values() if kind in of]
        sums = {name: sum(getattr(count, name) for count in counts) for name in Count.model_fields}
        return Count(**sums)

    @property
    def sentence(self) -> str:
        """How long it will take; no number before there is ground for one."""
        left = list(self._left.values())
        if not left:
            return ""
        if not any(self.stage(kind).made for kind in _STAGES) or None in left:
            return "estimating the time left"
        seconds = max(second for second in left if second is not None)
        return f"{about(seconds)} left" if seconds else "finishing"


class Sentences:
    """Puts events into words; what is repeated is told a few times only."""

    def __init__(self) -> None:
        self._told: Counter[str] = Counter()

    def of(self, event: Event) -> str:
        """Return what people should read of *event*; empty for what the counts show."""
        match event.event:
            case "failed" | "retrying":
                return self._trouble(event)
            case "held" | "note":
                where = f"{event.campaign}: " if event.campaign else ""
                return plain(f"{where}{event.reason}")
            case "ended":
                return plain(f"{event.campaign}: {_end(event)}")
            case _:
                return ""

    def _trouble(self, event: Event) -> str:
        what = event.state if event.event == "failed" else "again"
        line = plain(f"{what or 'failed'}: {event.label}: {event.reason}")
        if event.event == "retrying":
            return f"{line}; tried again" + (f" in {about(event.wait)}" if event.wait else "")
        self._told[event.reason] += 1
        if self._told[event.reason] == _TOLD_MAX:
            return f"{line} (told no more)"
        return line if self._told[event.reason] < _TOLD_MAX else ""


class Bars(RichProgress):
    """Draws a bar a stage and one line with the time left; failures stand above them."""

    def __init__(self, console: Console) -> None:
        self._tally, self._sentences = Tally(), Sentences()
        self._stages: dict[Kind, TaskID] = {}
        super().__init__(
            TextColumn("{task.description:<7}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            refresh_per_second=4,
        )

    def show(self, event: Event) -> None:
        """Draw what *event* changes."""
        self._tally.note(event)
        if event.counts:
            self._draw_all()
        if sentence := self._sentences.of(event):
            self.console.print(Text(sentence, style=_STYLES.get(event.event, "")))

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the bars and the time left."""
        yield from super().get_renderables()
        if sentence := self._tally.sentence:
            yield Text(sentence)

    def _draw_all(self) -> None:
        for kind in _STAGES:
            count = self._tally.stage(kind)
            if count.wanted and kind not in self._stages:
                self._stages[kind] = self.add_task(f"{kind}s", counts="")
            if kind in self._stages:
                ended = count.made + count.failed + count.rejected + count.begun
                self.update(self._stages[kind], total=count.wanted, completed=ended, counts=_shown(count))


class LogLines:
    """Prints failures as they come and a line on the whole now and then, for logs."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._tally, self._sentences = Tally(), Sentences()
        self._next = clock() + _EVERY_SECONDS

    def show(self, event: Event) -> None:
        """Print what *event* says, if it is time."""
        self._tally.note(event)
        sentence = self._sentences.of(event)
        if event.event == "planned":
            sentence = plain(f"{event.campaign}: to make {_wanted(event)}")
        elif event.event == "progress" and self._clock() >= self._next:
            self._next = self._clock() + _EVERY_SECONDS
            sentence = self._whole()
        if sentence:
            self._console.print(Text(sentence), soft_wrap=True)

    def _whole(self) -> str:
        counts = {kind: self._tally.stage(kind) for kind in _STAGES}
        made = [f"{kind}s {_shown(count)}" for kind, count in counts.items() if count.wanted]
        return "; ".join([*made, self._tally.sentence])


def _shown(count: Count) -> str:
    ends = ((count.failed, "failed"), (count.rejected, "rejected"))
    return ", ".join([f"{count.made}/{count.wanted}", *(f"{number} {end}" for number, end in ends if number)])


def _wanted(event: Event) -> str:
    counts = {kind: event.counts[kind] for kind in _STAGES if kind in event.counts}
    # Most campaigns have no voice, and say nothing about it.
    parts = [counted(count.wanted, kind) for kind, count in counts.items() if count.wanted or kind != "voice"]
    there = counts["ad"].there if "ad" in counts else 0
    return ", ".join(parts) + (f" ({counted(there, 'ad')} are there)" if there else "")


def _end(event: Event) -> str:
    ads = event.counts.get("ad", Count())
    ends = ((ads.rejected, "rejected"), (ads.failed, "not made"))
    others = "".join(f", {number} {end}" for number, end in ends if number)
    made = f"{event.state or 'ended'}; {counted(ads.made, 'ad')} made{others}"
    return made + (f": {event.reason}" if event.reason else "")
