"""Blobs in a folder of this machine."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from schemas.errors import StorageError
from schemas.media import StoredFile
from storage.content import Stream, check_name, decode, describe, missing, settle

INCOMING = ".incoming"
"""Folder under the root for files that are not published yet; no blob name begins with a dot."""

_CURES = {
    errno.ENOSPC: "the disk is full: free space there, then run again",
    errno.EDQUOT: "the disk quota is used up: free space there, then run again",
    errno.EFBIG: "the file is over the process's limit: raise it (`ulimit -f`)",
    errno.EROFS: "the disk is read-only: set REELMILL_BLOBS to a folder that can be written",
    errno.EACCES: "allow this user to write there, or set REELMILL_BLOBS to another folder",
    errno.EPERM: "the disk allows no hard links here: set REELMILL_BLOBS to a folder on another disk",
    errno.EOPNOTSUPP: "the disk knows no hard links: set REELMILL_BLOBS to a folder on another disk",
}


class LocalBlobs:
    """Files under *root*; a name is published whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; storing the same bytes again succeeds.

        Raises BlobConflictError if the name has other bytes, unless *replace*.
        Raises StorageError if the disk refuses; nothing is left behind then.
        """
        with self._explained("store", name), path.open("rb") as source:
            return self._publish(name, source, replace=replace)

    def put_text(self, name: str, text: str, *, replace: bool = False) -> StoredFile:
        """Store *text* as UTF-8; otherwise like put."""
        with self._explained("store", name):
            return self._publish(name, BytesIO(text.encode()), replace=replace)

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, hashed now, or None. Raises StorageError if it cannot be read."""
        path = self._path(name)
        with self._explained("read", name):
            if not path.is_file():
                return None
            with path.open("rb") as stream:
                return describe(name, stream)

    def local(self, name: str, cache: Path) -> Path:  # noqa: ARG002 (a folder needs no cache)
        """Return the file itself; whoever writes to it damages the store. Raises StorageError if absent."""
        path = self._path(name)
        if not path.is_file():
            raise missing(name, str(self.root))
        return path

    def read_text(self, name: str) -> str:
        """Return the text of *name*. Raises StorageError if absent or not UTF-8."""
        with self._explained("read", name):
            return decode(name, self.local(name, self.root).read_bytes())

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*, sorted."""
        if prefix:
            check_name(prefix.removesuffix("/"))
        start = self.root / prefix.rpartition("/")[0]
        found = (path.relative_to(self.root).as_posix() for path in start.rglob("*") if path.is_file())
        yield from sorted(name for name in found if name.startswith(prefix) and not name.startswith("."))

    def delete(self, name: str) -> None:
        """Remove *name*; one that is absent is removed already."""
        path = self._path(name)
        with self._explained("delete", name):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _publish(self, name: str, source: Stream, *, replace: bool) -> StoredFile:
        final = self._path(name)
        incoming = self.root / INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=incoming) as folder:
            whole = Path(folder) / "file"
            file = _write(name, source, whole)
            final.parent.mkdir(parents=True, exist_ok=True)
            if replace:
                whole.replace(final)
            else:
                self._link(whole, final, file)
            _sync_folder(final.parent)
        return file

    def _link(self, whole: Path, final: Path, file: StoredFile) -> None:
        # A link fails where the name exists; a rename would silently take the other writer's place.
        try:
            os.link(whole, final)
        except FileExistsError:
            settle(file, self.find(file.name), str(self.root))

    @contextmanager
    def _explained(self, verb: str, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cure = _CURES.get(error.errno or 0, "check the folder, and the file if it was to be stored")
            raise StorageError(f"cannot {verb} {name!r} in {self.root}: {cure} ({error})") from error


def _write(name: str, source: Stream, to: Path) -> StoredFile:
    with to.open("xb+") as stream:
        shutil.copyfileobj(source, stream, 1 << 20)
        stream.flush()
        os.fsync(stream.fileno())
        return describe(name, stream)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
