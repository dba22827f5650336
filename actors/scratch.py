"""A worker's own folder: half-made files, and copies of what it fetched. None outlives its worker for long.

A worker holds a lock on its folder as long as it lives, however it dies. So whoever comes next can tell the
folders that nobody needs any more, whatever machine or container made them.
"""

import fcntl
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from schemas.errors import SettingsError

_LOCK = ".lock"


class Scratch:
    """A folder of this process under *parent*; None stands for a folder of this user on this machine.

    What killed workers have left under *parent* is removed on the way.
    """

    def __init__(self, parent: Path | None) -> None:
        parent = folder_of_user() if parent is None else parent
        parent.mkdir(parents=True, exist_ok=True)
        with _guarded(parent):
            _sweep(parent)
            self.folder = parent / f"{platform.node()}-{os.getpid()}-{token_hex(4)}"
            self._lock = self.folder.with_name(f"{self.folder.name}{_LOCK}").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self.folder.mkdir()

    def trim(self, bytes_max: int) -> None:
        """Remove the oldest files, none of which may be in use, until the rest has *bytes_max* at most."""
        files = ((path, path.stat()) for path in self.folder.rglob("*") if path.is_file())
        facts = sorted((stat.st_mtime_ns, stat.st_size, path) for path, stat in files)
        over = sum(size for _, size, _ in facts) - bytes_max
        for _, size, path in facts:
            if over <= 0:
                return
            path.unlink()
            over -= size


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Have a folder of this process under *parent* for the length of the block."""
    scratch = Scratch(parent)
    try:
        yield scratch.folder
    finally:
        del scratch  # and with it the lock, so that the sweep takes the folder
        sweep_scratch(parent)


def sweep_scratch(parent: Path, *, dry: bool = False) -> tuple[str, ...]:
    """Remove the folders under *parent* whose workers are gone; return their paths. *dry* removes nothing."""
    if not parent.is_dir():
        return ()
    with _guarded(parent):
        return _sweep(parent, dry=dry)


@contextmanager
def _guarded(parent: Path) -> Iterator[None]:
    """Keep others from sweeping while a lock is made and not held yet."""
    with (parent / _LOCK).open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _sweep(parent: Path, *, dry: bool = False) -> tuple[str, ...]:
    left = []
    for lock in parent.glob(f"?*{_LOCK}"):
        with lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            folder = lock.with_suffix("")
            left.append(str(folder))
            if not dry:
                shutil.rmtree(folder, ignore_errors=True)
                lock.unlink()
    return tuple(left)


def folder_of_user() -> Path:
    """Return a folder of this user on this machine. Raises SettingsError where it is another's."""
    folder = Path(tempfile.gettempdir()) / f"reelmill-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise SettingsError(f"{folder} belongs to another user: remove it, or set TMPDIR to one of yours")
    return folder
