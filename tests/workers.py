"""Workers for tests of the pool: small ones that do, fail, hang and die."""

import ctypes
import logging
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import NoReturn

from actors.lines import say
from actors.watch import CallWatch
from schemas.errors import GenerationError, GpuMemoryError, SettingsError, StoppedError, StorageError


class Echo:
    """Answers what it is told, or fails in the way it is told."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def say(self, text: str) -> str:
        """Return *text* behind the prefix."""
        return f"{self._prefix}{text}"

    def pid(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def rest(self, seconds: float) -> int:
        """Return the number of this process, after a while."""
        time.sleep(seconds)
        return os.getpid()

    def refuse(self) -> NoReturn:
        """Find that the item is wrong."""
        raise GenerationError("the model has no idea")

    def miss(self) -> NoReturn:
        """Find that a server is away."""
        raise StorageError("the bucket does not answer")

    def stumble(self) -> float:
        """Raise somebody else's error."""
        return 1 / 0

    def fill_gpu(self) -> NoReturn:
        """Raise what a back-end raises when a GPU is full."""
        raise GpuMemoryError("81 frames do not fit")

    def fill_cuda(self) -> NoReturn:
        """Raise what torch raises when a GPU is full."""
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB.")

    def fill_host(self) -> NoReturn:
        """Raise what Python raises when memory is full."""
        raise MemoryError

    def break_cuda(self) -> NoReturn:
        """Raise what torch raises once and for ever after."""
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    def return_a_lock(self) -> object:
        """Return what cannot be sent."""
        return threading.Lock()

    def die(self) -> None:
        """End the process as the kernel's out-of-memory killer would."""
        os.kill(os.getpid(), signal.SIGKILL)

    def leave(self, code: int) -> NoReturn:
        """End the process with a code."""
        raise SystemExit(code)

    def crash(self) -> None:
        """Read where nothing is, as faulty native code does."""
        ctypes.string_at(0)

    def hang(self, note: str) -> None:
        """Never answer; write this process and a child of it to *note*."""
        with subprocess.Popen(["sleep", "1000"]) as child:
            Path(note).write_text(f"{os.getpid()} {child.pid}")
            time.sleep(1000)


class Walker:
    """Ends its call early when it is told to, as workers with large models do."""

    def __init__(self) -> None:
        self._watch = CallWatch()

    def stop(self) -> None:
        """Let the call end at its next step."""
        self._watch.stop()

    def progress(self) -> float:
        """Return how much of the call is done."""
        return self._watch.progress

    def pid(self) -> int:
        """Return the number of this process."""
        with self._watch.call():
            return os.getpid()

    def walk(self, note: str, steps: int) -> int:
        """Take *steps* steps of a twentieth of a second; write this process to *note* after the first."""
        with self._watch.call():
            for step in range(steps):
                self._watch.step(step, steps)
                time.sleep(0.05)
                Path(note).write_text(str(os.getpid()))
            return os.getpid()

    def sleep(self, note: str, seconds: float) -> str:
        """Hear nothing for *seconds*; write this process to *note* before."""
        with self._watch.call():
            Path(note).write_text(str(os.getpid()))
            time.sleep(seconds)
            return "slept"

    def give_up(self) -> NoReturn:
        """End as if it had been told to."""
        raise StoppedError("stopped after 0 of 9 steps")


class Lame:
    """Cannot start."""

    def __init__(self) -> None:
        raise SettingsError("the weights are not there: `reelmill weights fetch`")


class Sleepy:
    """Does not get ready."""

    def __init__(self) -> None:
        time.sleep(1000)


class Muttering:
    """Says something while it works, as back-ends and other libraries do."""

    def mutter(self, then: str) -> str:
        """Say three things; *then* answer or fail."""
        say("wan loaded on cuda in 12.0 s")
        logging.getLogger("diffusers").warning("the tokenizer\ncut %d words", 3)
        logging.getLogger("diffusers").info("of no interest")
        if then == "fail":
            raise MemoryError
        return then
