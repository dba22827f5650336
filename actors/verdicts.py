"""Says in a sentence how an attempt ended and why: from a worker's exception, or Ray's word of its end."""

import errno
import re
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple

from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)

from schemas.errors import GpuMemoryError, ReelmillError, StoppedError
from schemas.work import Verdict

_LONGEST = 1000
_NO_ROOM = re.compile(r"CUDA out of memory|CU\w+_STATUS_ALLOC_FAILED")
_SPOILED = re.compile(r"CUDA error|device-side assert")
"""After such an error every later call in the same process fails too."""


class Failure(NamedTuple):
    """Why there is no value."""

    verdict: Verdict
    error: str
    spoiled: bool = False
    """Whether the process that said so is of no more use."""


def judge(error: Exception) -> Failure:
    """Judge what a worker raised; runs inside the worker, where every exception's class is known."""
    if _no_room(error):
        return Failure("memory", _told(error))
    if isinstance(error, StoppedError):
        return Failure("cancelled", str(error))
    if isinstance(error, ReelmillError):
        return Failure("transient" if error.retryable else "permanent", _short(str(error)))
    if _SPOILED.search(str(error)):
        return Failure("crash", _told(error), spoiled=True)
    return Failure("transient", _told(error))


def judge_end(error: Exception, *, node_lives: bool) -> Failure:
    """Judge what Ray says instead of an answer; all but a RayTaskError means that the worker is gone."""
    if isinstance(error, RayTaskError):
        return Failure("transient", _short(f"its answer cannot be sent: {error.cause}"))
    if isinstance(error, OutOfMemoryError):
        return Failure("memory", "the worker was stopped because its node ran out of memory", spoiled=True)
    if _lost(error) or not node_lives:
        return Failure("lost", "the worker's node died or cannot be reached", spoiled=True)
    if isinstance(error, RayActorError) and error.actor_init_failed:
        return Failure("crash", _short(str(error).strip().splitlines()[-1]), spoiled=True)
    if isinstance(error, RayActorError | WorkerCrashedError):
        return Failure("crash", f"the worker process died ({_manner(str(error))})", spoiled=True)
    return Failure("transient", _told(error), spoiled=True)


def _no_room(error: Exception) -> bool:
    return (
        isinstance(error, GpuMemoryError | MemoryError)
        or type(error).__name__ == "OutOfMemoryError"  # torch's, which the driver need not import
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or _NO_ROOM.search(str(error)) is not None
    )


def _lost(error: Exception) -> bool:
    return (
        isinstance(error, NodeDiedError | ObjectLostError)
        or "node has died" in str(error)
        or (isinstance(error, RayActorError) and error.preempted)
    )


def _manner(told: str) -> str:
    """Find in Ray's thirty lines how the process ended."""
    if "SIGTERM" in told:
        return "SIGTERM"
    if code := re.search(r"exit code (-?\d+)", told):
        return f"exit code {code[1]}"
    if "ray.kill" in told:
        return "stopped from outside"
    return "killed, or a fault in native code; its node's kernel log tells of memory"


def _told(error: Exception) -> str:
    """Tell an exception as people need it: its kind, its words, and where it was raised."""
    frames = extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    words = " ".join(str(error).split())
    return _short(f"{type(error).__name__}: {words}" if words else type(error).__name__) + where


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
