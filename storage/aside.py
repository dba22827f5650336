"""Folders for half-made files, beside the place where the whole ones will lie.

Each is named after the process that fills it, so that what a killed one leaves is known for what it is.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.processes import state_of, this_process

DAY = 86_400.0
"""Nothing takes so many seconds to write; what is older is a leftover, whoever wrote it."""


@contextmanager
def aside(parent: Path, prefix: str = "") -> Iterator[Path]:
    """Have a new folder under *parent*, which is made too; it goes with the block."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{prefix}{this_process()}-") as folder:
        yield Path(folder)


def is_abandoned(path: Path, prefix: str = "", *, idle: bool = False) -> bool:
    """Tell whether whoever filled *path*, made by aside with this *prefix*, is gone.

    Where nothing is known of its process, *idle*, that nobody writes now, or its age decides.
    """
    process = path.name.removeprefix(prefix)
    for name in (process, process.rpartition("-")[0]):
        if (state := state_of(name)) != "unknown":
            return state == "gone"
    return idle or _age(path) > DAY


def remove(path: Path) -> None:
    """Remove the folder or the file *path*, never what a link leads to; one that is gone is no matter."""
    with suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _age(path: Path) -> float:
    """Return how many seconds ago *path* was last written."""
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
