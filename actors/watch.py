"""Follows one call of a worker: how far it is, and whether it shall go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from schemas.errors import StoppedError


class CallWatch:
    """What a worker's call tells while it runs, and is told from another thread."""

    def __init__(self) -> None:
        self._stopped = Event()
        self._progress = 0.0

    @property
    def progress(self) -> float:
        """How much of the call that runs is done, 0 to 1; 0 between calls."""
        return self._progress

    @contextmanager
    def call(self) -> Iterator[None]:
        """Follow one call; word that comes before it begins counts neither for it nor for the one before."""
        self._stopped.clear()
        try:
            yield
        finally:
            self._progress = 0.0

    def stop(self) -> None:
        """Let the call end at its next step."""
        self._stopped.set()

    def step(self, done: int, of: int) -> None:
        """Take note that *done* of *of* steps are done. Raises StoppedError once it shall end."""
        self._progress = done / of if of else 0.0
        if self._stopped.is_set():
            raise StoppedError(f"stopped after {done} of {of} steps")
