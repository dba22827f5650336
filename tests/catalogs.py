"""Empty catalogs as copies of one that is made once: to bring a database up to date takes half a second."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from storage.catalog import Catalog


def copy_catalog(file: Path) -> str:
    """Put an empty catalog into the SQLite *file*, and return its URL."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_made_once(), file)
    return f"sqlite:///{file}"


@cache
def _made_once() -> Path:
    file = Path(tempfile.mkdtemp(prefix="reelmill-tests-")) / "catalog.sqlite"
    Catalog(f"sqlite:///{file}").__exit__(None, None, None)
    return file
