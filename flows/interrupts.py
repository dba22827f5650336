"""SIGINT and SIGTERM: the first lets what is being made end, within a stated time; the second stops it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Ray takes half a second to import, and a campaign that is finished needs none
    from flows.engine import Engine

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """How often the process was asked to stop."""

    def __init__(self, engine: "Engine", say: Callable[[str], None]) -> None:
        self.count = 0
        self._engine, self._say = engine, say

    def heed(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (as signal calls it)
        """Drain at the first signal, stop at any later one."""
        self.count += 1
        if self.count > 1:
            self._say("stopping at once")
            self._engine.stop()
            return
        seconds = self._engine.drain_seconds
        self._say(
            f"stopping: what is being made may end within {seconds:g} s; interrupt again to stop at once"
        )
        self._engine.drain()


@contextmanager
def heeded(engine: "Engine", say: Callable[[str], None]) -> Iterator[Interrupts]:
    """Handle the signals for the length of the block; for the main thread."""
    interrupts = Interrupts(engine, say)
    with handled_by(interrupts.heed):
        yield interrupts


@contextmanager
def handled_by(heed: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have *heed* handle SIGINT and SIGTERM for the length of the block; for the main thread."""
    before: dict[signal.Signals, Any] = {name: signal.signal(name, heed) for name in _SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def as_interrupt() -> Iterator[None]:
    """Have SIGTERM raise KeyboardInterrupt for the length of the block, as SIGINT does by itself."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (as signal calls it)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
