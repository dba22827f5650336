"""Follows one call of a worker: how far it is, and whether it shall go on."""

from threading import Event

from schemas.errors import StoppedError


class CallWatch:
    """What a worker's call tells while it runs, and is told from another thread."""

    def __init__(self) -> None:
        self._stopped = Event()
        self._progress = 0.0

    @property
    def progress(self) -> float:
        """How much of the call is done, 0 to 1."""
        return self._progress

    def begin(self) -> None:
        """Begin a call; what was said of the one before no longer counts."""
        self._stopped.clear()
        self._progress = 0.0

    def stop(self) -> None:
        """Let the call end at its next step."""
        self._stopped.set()

    def step(self, done: int, of: int) -> None:
        """Take note that *done* of *of* steps are done. Raises StoppedError once it shall end."""
        self._progress = done / of if of else 0.0
        if self._stopped.is_set():
            raise StoppedError(f"stopped after {done} of {of} steps")
