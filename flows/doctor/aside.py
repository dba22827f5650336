"""Looks that are taken in a process of their own: what hangs there is killed."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any, Literal

from schemas.errors import SettingsError

_WORDS_MAX = 300


def facts_of(what: Literal["ray", "gpus"], *, seconds: float) -> dict[str, Any]:
    """Return what `actors.trial` finds out. Raises SettingsError for trouble, or after *seconds*."""
    path = os.pathsep.join(one for one in sys.path if one)
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-m", "actors.trial", what],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        told, words = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"no answer within {seconds:.0f} s") from error
    finally:
        with suppress(ProcessLookupError):  # Ray's own processes are in its session
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    try:
        facts: dict[str, Any] = json.loads(told)
    except ValueError as error:
        last = words.decode(errors="replace").strip()[-_WORDS_MAX:]
        raise SettingsError(f"it ended with {process.returncode}: {last}") from error
    if "problem" in facts:
        raise SettingsError(str(facts["problem"]))
    return facts
