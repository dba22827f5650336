"""Shows people how a run goes: one line a stage, and failures as they come."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from flows.dispatch import Kind, Progress

_NAMES: dict[Kind, str] = {"still": "stills", "shot": "shots", "ad": "ads"}


class Silence:
    """Shows nothing."""

    def expect(self, kind: Kind, number: int) -> None:
        """Show nothing."""

    def made(self, kind: Kind, key: str) -> None:
        """Show nothing."""

    def failed(self, kind: Kind, label: str, reason: str) -> None:
        """Show nothing."""


class Lines:
    """Draws a bar for each stage."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[Kind, Any] = {}

    def expect(self, kind: Kind, number: int) -> None:
        """Open the stage's bar."""
        if number:
            self._tasks[kind] = self._bars.add_task(_NAMES[kind], total=number)

    def made(self, kind: Kind, key: str) -> None:  # noqa: ARG002 (other displays name it)
        """Move the stage's bar."""
        self._bars.advance(self._tasks[kind])

    def failed(self, kind: Kind, label: str, reason: str) -> None:
        """Print the failure above the bars."""
        self._bars.console.print(f"[red]failed[/red] {kind} {label}: {reason}", highlight=False)
        self._bars.advance(self._tasks[kind])


@contextmanager
def show_progress(*, enabled: bool) -> Iterator[Progress]:
    """Show progress on standard error for the length of the block, where *enabled*."""
    if not enabled:
        yield Silence()
        return
    columns = (
        TextColumn("{task.description:<7}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield Lines(bars)
