"""Processes of tests: on a leash, and found by their session, which whatever Ray starts stays in."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_SESSION = 3
"""Place of the session's number in /proc/<pid>/stat, behind the name."""
_STATE, _PARENT = 0, 1


class Found(NamedTuple):
    """A process that runs."""

    pid: int
    parent: int
    session: int
    command: str


def leashed(command: list[Any], word: str) -> list[Any]:
    """Return *command* so that it gets the signal *word* when the thread that starts it ends, however."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", word, "--", *command] if program else command


def processes() -> Iterator[Found]:
    """Yield what runs on this machine, zombies left out."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            fields = rest.split()
            if fields[_STATE] == "Z":
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            yield Found(int(folder.name), int(fields[_PARENT]), int(fields[_SESSION]), command or name)


def in_session(session: int) -> list[Found]:
    """Return what runs in *session*, the number of the process that began it."""
    return [found for found in processes() if found.session == session]


def end_session(session: int) -> list[Found]:
    """Kill all that is left of *session*; return what it was."""
    left = in_session(session)
    for found in left:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
    while in_session(session):
        time.sleep(0.02)
    return left
