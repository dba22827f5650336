"""Processes of tests: on a leash, and found by their session, which whatever Ray starts stays in."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

_SESSION = 3
"""Place of the session's number in /proc/<pid>/stat, behind the name."""
_STATE, _PARENT = 0, 1


class Found(NamedTuple):
    """A process that runs."""

    pid: int
    parent: int
    session: int
    command: str


class Process:
    """A server's process: killed as a crash kills it, started again with its ports and data.

    It has a session of its own, which a terminal's Ctrl-C does not reach. Start it from a thread that lasts:
    the kernel ends the server with the thread that started it.
    """

    def __init__(
        self,
        command: list[Any],
        log: Path,
        environ: Mapping[str, str],
        ready: Callable[[], bool],
        *,
        word: Literal["TERM", "INT", "QUIT"] = "TERM",
        user: Mapping[str, Any] | None = None,
        seconds_to_start: float = 40,
        seconds_to_end: float = 10,
    ) -> None:
        """Start nothing yet; *word* is the signal that asks it to end, *user* are arguments of Popen."""
        self.log = log
        self._command, self._environ, self._user = leashed(command, word), dict(environ), dict(user or {})
        self._word, self._ready = signal.Signals[f"SIG{word}"], ready
        self._seconds_to_start, self._seconds_to_end = seconds_to_start, seconds_to_end
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0
        self._killed = False

    @property
    def pid(self) -> int:
        """The process's number, which is its session's too; 0 where it was not started, or was ended."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with the end of its log if it is not."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._user,
            )

    def wait(self) -> None:
        """Wait until it is ready. Raises RuntimeError with the end of its log if it is not.

        After a kill one that ends at once is started again for a while: PostgreSQL refuses to start before
        the children of a killed postmaster have left.
        """
        end = time.monotonic() + self._seconds_to_start
        while not self._ready():
            if not self.alive:
                if not self._killed or time.monotonic() > end:
                    raise RuntimeError(f"{self._name} did not start: {self.words()[-2000:]}")
                self.launch()
            if time.monotonic() > end:
                self.end()
                raise RuntimeError(f"{self._name} is not ready: {self.words()[-2000:]}")
            time.sleep(0.05)

    def words(self) -> str:
        """Return what it has said since its latest start."""
        return self.log.read_bytes()[self._said_before :].decode(errors="replace")

    def kill(self) -> None:
        """End it with SIGKILL; its data stay, and so does whatever it has started."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._killed = True

    def end(self) -> None:
        """Ask it to end, and kill what is left of its session."""
        if self._process is None:
            return
        if self.alive:
            self._process.send_signal(self._word)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self._seconds_to_end)
        end_session(self._process.pid)
        self._process.wait()
        self._process = None

    @property
    def _name(self) -> str:
        return self.log.name.removesuffix(".log")


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


def marked(mark: str) -> list[Found]:
    """Return the processes of ours that have *mark*, ``NAME=value``, in the environment they began with."""
    found = []
    for one in processes():
        with suppress(OSError):
            if mark.encode() in Path(f"/proc/{one.pid}/environ").read_bytes().split(b"\0"):
                found.append(one)
    return found


def end_session(session: int) -> list[Found]:
    """Kill all that is left of *session*; return what it was."""
    left = in_session(session)
    for found in left:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
    while in_session(session):
        time.sleep(0.02)
    return left
