"""Where an export is written: a folder of its own, under a folder or in S3.

Every file is put whole or not at all, and read back: a folder's by hashing what lies on the disk, an object
by the SHA-256 that the server computed of its bytes, or by reading them. What does not hold does not count.
"""

import os
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from schemas.errors import BlobRefusedError
from schemas.media import StoredFile
from storage.blobs import BlobStore
from storage.folder import INCOMING, LocalBlobs

MANIFEST = "manifest.json"
"""What is written last: where it is, the export is whole."""


class Destination(Protocol):
    """The folder of one export."""

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name* as measured on what is stored there now, or None."""

    def put(self, name: str, path: Path) -> StoredFile:
        """Write *path* as *name*, in place of what has the name; return what is stored then."""

    def copy(self, name: str, file: StoredFile, source: BlobStore, path: Path) -> StoredFile:
        """Write *file* of the store *source*, which lies at *path* too, as *name*; otherwise like put."""

    def begin(self) -> None:
        """Make ready; clear what a killed writer has left half-written, and what it said at the end."""

    def keep(self, names: AbstractSet[str]) -> None:
        """Remove every file but *names*."""


def open_destination(where: str, folder: str) -> Destination:
    """Return the *folder* of an export at *where*, a folder or ``s3://bucket/prefix``."""
    if where.startswith("s3://"):
        from flows.export.bucket import Bucket  # noqa: PLC0415 (boto3 is slow to import)

        return Bucket(f"{where}/{folder}")
    return _Folder(Path(where), folder)


class _Folder:
    """A folder on this machine, in which no link is followed."""

    def __init__(self, where: Path, folder: str) -> None:
        self._root = where / folder
        self._store = LocalBlobs(self._root)

    def begin(self) -> None:
        for path in (self._root, self._root / INCOMING):
            self._refuse_link(path)
        self._store.sweep(idle=True)
        self._store.delete(MANIFEST)

    def find(self, name: str) -> StoredFile | None:
        self._refuse_links(name)
        return None if (self._root / name).is_symlink() else self._store.find(name)

    def put(self, name: str, path: Path) -> StoredFile:
        self._refuse_links(name)
        return self._store.put(name, path, replace=True)

    def copy(self, name: str, file: StoredFile, source: BlobStore, path: Path) -> StoredFile:  # noqa: ARG002
        return self.put(name, path)

    def keep(self, names: AbstractSet[str]) -> None:
        for path in [path for path in _files(self._root) if str(path.relative_to(self._root)) not in names]:
            path.unlink()
        with suppress(OSError):
            (self._root / INCOMING).rmdir()

    def _refuse_links(self, name: str) -> None:
        """Refuse a *name* that leads through a link; one that is a link itself is replaced, not followed."""
        for parent in Path(name).parents:
            self._refuse_link(self._root / parent)

    def _refuse_link(self, path: Path) -> None:
        if path.is_symlink():
            raise BlobRefusedError(f"{path} is a link, and exports follow none: remove it, then run again")


def _files(root: Path) -> list[Path]:
    """Return the files under *root*, and links, none of which is followed."""
    return [Path(folder) / name for folder, _, names in os.walk(root) for name in names]
