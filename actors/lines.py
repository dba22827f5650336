"""What a worker says while it works on a call: short lines that come back with the answer.

Ray could forward what workers print, but raw, late, and without saying which call it is about; so lines
travel with the answer, and whoever made the call knows that. Ray's file of the worker has a copy: that
remains of a worker that dies.
"""

import logging
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal, NamedTuple

Level = Literal["info", "warning", "error"]

WORKER = "reelmill.worker"
"""Logger of our own lines; of other libraries only warnings are heard."""
_LINES_MAX = 50
"""The last ones of a call are kept."""
_LONGEST = 1000
_APART = ("diffusers", "transformers", "huggingface_hub")
"""Libraries whose loggers pass nothing on to the root once they are imported."""
_LEVELS: dict[int, Level] = {logging.INFO: "info", logging.WARNING: "warning"}


class Line(NamedTuple):
    """One thing that a worker said."""

    at: datetime
    level: Level
    text: str


class _Ear(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[Line] = deque(maxlen=_LINES_MAX)
        self._latest: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep *record*, without its traceback: the call's verdict tells of errors."""
        if record is self._latest:  # a library's logger had it, and passed it on all the same
            return
        self._latest = record
        try:
            text = " ".join(record.getMessage().split())[:_LONGEST]
        except Exception:  # noqa: BLE001 (a library's misformatted line is no failure of the call)
            self.handleError(record)
            return
        at = datetime.fromtimestamp(record.created, UTC)
        self.lines.append(Line(at, _LEVELS.get(record.levelno, "error"), text))


@contextmanager
def heard(*, aloud: bool = False) -> Iterator[Collection[Line]]:
    """Have what is logged in the block, in any thread; *aloud* writes it to standard error too."""
    root, ours = logging.getLogger(), logging.getLogger(WORKER)
    apart = [logging.getLogger(name) for name in _APART]
    before, ear = ours.level, _Ear()
    handlers: list[logging.Handler] = [ear, *([logging.StreamHandler()] if aloud else [])]
    ours.setLevel(logging.INFO)
    for handler in handlers:
        root.addHandler(handler)
    for library in apart:
        library.addHandler(ear)
    try:
        yield ear.lines
    finally:
        for logger in (root, *apart):
            for handler in handlers:
                logger.removeHandler(handler)
        ours.setLevel(before)


def say(text: str, *, level: int = logging.INFO) -> None:
    """Say *text* about the call that is being worked on."""
    logging.getLogger(WORKER).log(level, "%s", text)
