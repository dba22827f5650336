"""What the stand-in workers write down, and where they are told to die: files that no kill takes back."""

import hashlib
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from storage.blobs import BlobStore
from storage.folder import LocalBlobs

FOLDER = "REELMILL_CHAOS"
"""Environment variable that names the folder of all notes."""


class Line(NamedTuple):
    """One thing that happened in a worker."""

    event: str
    """``born``; ``start``, ``work`` (its parts are there) or ``end`` of a call."""
    verb: str
    key: str
    pid: int


class Notes:
    """The notes of all workers that make files for one store."""

    def __init__(self, where: str, folder: Path) -> None:
        self._file = folder / hashlib.sha256(where.encode()).hexdigest()[:16]

    def write(self, event: str, verb: str = "-", key: str = "-") -> None:
        """Add a line; one write, so that lines of several processes do not mix."""
        line = f"{event} {verb} {key} {os.getpid()}\n"
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)

    def lines(self) -> list[Line]:
        """Return all that was written."""
        if not self._file.exists():
            return []
        words = (line.split() for line in self._file.read_text().splitlines())
        return [Line(event, verb, key, int(pid)) for event, verb, key, pid in words]

    def made(self) -> int:
        """Return how many different things have been made."""
        return len({(line.verb, line.key) for line in self.lines() if line.event == "end"})

    def workers(self) -> set[int]:
        """Return every worker that there was."""
        return {line.pid for line in self.lines() if line.event == "born"}

    def work(self) -> Counter[tuple[str, str]]:
        """Count how often each thing was worked at, by verb and key."""
        return Counter((line.verb, line.key) for line in self.lines() if line.event == "work")

    def began(self, key: str) -> int:
        """Return how often *key* was begun."""
        return sum(line.event == "start" and line.key == key for line in self.lines())

    def working(self) -> dict[int, str]:
        """Return what each worker is at, by its process; those that died under it too."""
        at: dict[int, str] = {}
        for line in self.lines():
            if line.event == "start":
                at[line.pid] = line.key
            elif line.event == "end":
                at.pop(line.pid, None)
        return at

    def doom(self, place: str) -> None:
        """Have the next process that comes to *place* die there."""
        self._doom(place).touch()

    def pardon(self) -> None:
        """Let all live on that nobody came to."""
        for doomed in self._file.parent.glob(f"{self._file.name}.*"):
            doomed.unlink(missing_ok=True)

    def doomed(self) -> bool:
        """Tell whether a place still waits for somebody to die there."""
        return any(self._file.parent.glob(f"{self._file.name}.*"))

    def pass_by(self, place: str, key: str = "") -> None:
        """Die here if this is where somebody must; the first to come takes the doom away with it.

        Not under a *key* that was begun more than once: a second crash would be held against the item.
        """
        if not self._doom(place).exists() or self.began(key) > 1:
            return
        try:
            self._doom(place).unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(10)  # the signal may take a moment, and nothing may happen in it

    def _doom(self, place: str) -> Path:
        return self._file.with_name(f"{self._file.name}.{place}")


def notes_of(blobs: BlobStore) -> Notes:
    """Return the notes of the workers that make files for *blobs*."""
    where = str(blobs.root) if isinstance(blobs, LocalBlobs) else blobs.where  # type: ignore[attr-defined]
    return Notes(where, Path(os.environ[FOLDER]))
