"""What a look at something finds, and how many looks are taken side by side, each in bounded time."""

import subprocess
import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Literal, NamedTuple

from flows.hiding import hide
from flows.spoken import plain
from schemas.errors import ReelmillError
from schemas.record import Record
from schemas.settings import Settings

State = Literal["ok", "warning", "failed", "skipped"]
_TEXT_MAX = 600


class Finding(Record):
    """What one look found."""

    what: str
    state: State
    """``skipped``: the settings do not ask for it."""
    found: str
    cure: str = ""
    """Empty where nothing is wrong."""
    needed: bool = True
    """Whether ads cannot be made without it."""


class Answer(NamedTuple):
    """What a look says; what it raises is ``failed``."""

    state: State
    found: str
    cure: str = ""


class Look(NamedTuple):
    """One look at one thing."""

    what: str
    look: Callable[[Settings], Answer]
    cure: str
    """For what it raises."""
    needed: bool = True
    seconds: float = 15.0
    """How long it may take."""


def ok(found: str) -> Answer:
    """Say that all is well."""
    return Answer("ok", found)


def warning(found: str, cure: str) -> Answer:
    """Say that it works, but not as it should."""
    return Answer("warning", found, cure)


def skipped(found: str) -> Answer:
    """Say why there is nothing to look at."""
    return Answer("skipped", found)


def side_by_side(looks: Iterable[Look], settings: Settings) -> list[Finding]:
    """Take all *looks* at once, and return what they found, in their order; what hangs has failed."""
    begun = [_Thread(look, settings) for look in looks]
    return [thread.finding() for thread in begun]


class _Thread(Thread):
    """A look in a thread that keeps no process alive."""

    def __init__(self, look: Look, settings: Settings) -> None:
        super().__init__(name=f"doctor: {look.what}", daemon=True)
        self._look, self._settings = look, settings
        self._answer = Answer("failed", f"no answer within {look.seconds:g} s", look.cure)
        self._until = time.monotonic() + look.seconds
        self.start()

    def run(self) -> None:
        """Take the look."""
        self._answer = self._taken()

    def finding(self) -> Finding:
        """Return what was found by now, or by the time that the look has."""
        self.join(max(0.0, self._until - time.monotonic()))
        state, found, cure = self._answer
        texts = {"found": plain(hide(found), _TEXT_MAX), "cure": plain(hide(cure), _TEXT_MAX)}
        return Finding(what=self._look.what, state=state, needed=self._look.needed, **texts)

    def _taken(self) -> Answer:
        try:
            return self._look.look(self._settings)
        except (ReelmillError, ImportError, OSError, subprocess.SubprocessError) as error:
            return Answer("failed", str(error), self._look.cure)
        except Exception as error:  # noqa: BLE001 (the boundary of one look: the others are to be told)
            return Answer("failed", f"{type(error).__name__}: {error}", self._look.cure)
