"""A folder where people drop briefs: what lies there, and how a bad one is moved aside."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from flows.inbox.place import REJECTED, REPORT, Found, is_brief_name, is_hidden, proof, report_name
from schemas.errors import BriefError, StorageError

_DEPTH_MAX = 5
_ENTRIES_MAX = 20_000


class FolderPlace:
    """A folder on this machine, or mounted here. Links are not followed, and hidden names are left alone."""

    settle_seconds = 2.0
    """A file that has not changed for so long is written."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.root = Path(where)

    def briefs(self) -> Iterator[Found]:
        """Yield what is called like a brief. Raises StorageError where the folder cannot be read."""
        if not self.root.is_dir():
            raise StorageError(f"inbox {self.where}: is no folder; make it, or correct the path")
        seen = count()
        try:
            yield from self._in(self.root, 0, seen)
        except OSError as error:
            raise StorageError(f"inbox {self.where}: cannot be read, {error.strerror}; allow it") from error

    def mark(self, found: Found, media: Iterable[str]) -> object:
        """Return what changes whenever the brief or its *media* do."""
        folder = (self.root / found.name).parent
        return (found.mark, *(_mark(folder / path) for path in media))

    def address(self, found: Found) -> str:
        """Return the brief's path."""
        return str((self.root / found.name).absolute())

    def bring(self, found: Found) -> Path:
        """Return the brief's path. Raises BriefError for what is no file of its own."""
        path = self.root / found.name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise BriefError(f"{path.name}: is no file of its own; put the brief itself here, not a link")
        return path

    def set_aside(self, found: Found, report: str) -> str | None:
        """Move the brief below ``rejected``, with *report* beside it; return where it lies now.

        None where somebody else moved it, or saved it anew meanwhile, which stays. The report is written
        first, so that a crash on the way is made good by the next look.
        """
        path = self.root / found.name
        if _mark(path) != found.mark:
            return None
        try:
            target = self._reserve(found, report)
            moved = self._move(path, target, found)
        except OSError as error:
            raise StorageError(
                f"inbox {self.where}: {found.name} cannot be moved to {REJECTED}, {error.strerror}; allow it"
            ) from error
        return str(target) if moved else None

    def _move(self, path: Path, target: Path, found: Found) -> bool:
        """Move *path* to *target*, unless it is gone or another by now; a report without a brief goes."""
        try:
            path.rename(target)
        except FileNotFoundError:
            if not target.exists():
                Path(f"{target}{REPORT}").unlink(missing_ok=True)
            return False
        if _mark(target) != found.mark:
            with suppress(FileExistsError):  # saved once more, just now: that one is looked at next
                os.link(target, path)
                target.unlink()
        return True

    def _reserve(self, found: Found, report: str) -> Path:
        """Write *report* under a name that no other brief has; return the brief's own name beside it."""
        for n in count(1):
            target = self.root / report_name(found.name, n).removesuffix(REPORT)
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = Path(f"{target}{REPORT}")
            with suppress(FileExistsError), beside.open("x", encoding="utf-8") as file:
                file.write(report)
                return target
            if self._is_mine(beside, report, target):
                beside.write_text(report, encoding="utf-8")
                return target
        raise AssertionError

    @staticmethod
    def _is_mine(beside: Path, report: str, target: Path) -> bool:
        """Tell whether the report *beside* is of the same brief, from a crash or another watcher."""
        said = beside.read_text(encoding="utf-8", errors="replace")
        return proof(said) == proof(report) or not (said or target.exists())

    def _in(self, folder: Path, depth: int, seen: "count[int]") -> Iterator[Found]:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            if next(seen) >= _ENTRIES_MAX:
                raise StorageError(f"inbox {self.where}: holds over {_ENTRIES_MAX} files; clear it out")
            name = str(Path(entry.path).relative_to(self.root))
            if is_hidden(entry.name) or name == REJECTED:
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEPTH_MAX:
                    with suppress(FileNotFoundError, PermissionError):
                        yield from self._in(Path(entry.path), depth + 1, seen)
            elif is_brief_name(entry.name):
                with suppress(FileNotFoundError):
                    mark = _mark(Path(entry.path))
                    age = time.time() - entry.stat(follow_symlinks=False).st_ctime
                    yield Found(name, mark, max(age, 0.0))


def _mark(path: Path) -> tuple[int, ...]:
    """Return what changes whenever the file at *path* does; empty where there is none."""
    try:
        about = path.lstat()
    except (OSError, ValueError):
        return ()
    return about.st_ino, about.st_size, about.st_mtime_ns
