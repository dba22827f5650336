"""Names a process so that another one can tell, later, whether it is gone.

A bare process id is used again sooner or later, and means nothing on another machine or in another container.
"""

import os
import re
import socket
from pathlib import Path
from typing import Literal

_PROC = Path("/proc")
_FIELDS = 5
_BOOT_DIGITS = 12
_STATE, _STARTED = 0, 19
"""Places in ``/proc/<id>/stat`` behind the command's name, which may hold spaces and brackets itself."""
_DEAD = {"Z", "X"}
"""States of a process that runs no more, whether or not its parent has noticed."""


def this_process() -> str:
    """Return a name for this process: host, boot, process-id namespace, process id, start.

    The name is good as part of a file's name. Ask for it anew after a fork: the child's differs.
    """
    _, started = _look("self")
    return ".".join((*_here(), str(os.getpid()), started))


def is_gone(name: str) -> bool:
    """Tell whether the process *name*, from this_process, has certainly ended."""
    return state_of(name) == "gone"


def state_of(name: str) -> Literal["alive", "gone", "unknown"]:
    """Return what can be told from here of the process *name*, from this_process.

    Unknown is what ran on another host, before this one was started again, or in another container, what
    belongs to another user, and a *name* that is none of ours.
    """
    fields = name.rsplit(".", _FIELDS - 1)
    if len(fields) != _FIELDS or tuple(fields[:3]) != _here():
        return "unknown"
    process, started = fields[3:]
    if not (process.isdecimal() and started.isdecimal()):
        return "unknown"
    if str((_PROC / "self").readlink()) != str(os.getpid()):
        return "unknown"  # this /proc tells of another namespace's processes
    try:
        os.kill(int(process), 0)
        state, found = _look(process)
    except (ProcessLookupError, FileNotFoundError):
        return "gone"
    except (PermissionError, OverflowError):
        return "unknown"
    return "gone" if found != started or state in _DEAD else "alive"


def _here() -> tuple[str, str, str]:
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")[:_BOOT_DIGITS]
    namespace = str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()), boot, namespace


def _look(process: str) -> tuple[str, str]:
    """Return state and start of *process*."""
    after_name = (_PROC / process / "stat").read_text().rpartition(")")[2].split()
    return after_name[_STATE], after_name[_STARTED]
