"""Blobs in a folder of this machine."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

from schemas.media import StoredFile
from storage.aside import aside, is_abandoned, remove
from storage.content import (
    Stream,
    check_name,
    decode,
    describe,
    is_good_name,
    missing,
    of_disk,
    settle,
)

INCOMING = ".incoming"
"""Folder under the root for files that are not published yet; no blob name begins with a dot."""
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO)
"""What opening says of no file, and of a link or a socket in its place."""


class LocalBlobs:
    """Files under *root*; a name is published whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; storing the same bytes again succeeds.

        Raises BlobConflictError if the name has other bytes, unless *replace*; BlobRefusedError if the disk
        is full or forbids it, StorageError for what may pass. Nothing is left behind then.
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
        """Return the file itself; whoever writes to it damages the store.

        Raises BlobMissingError if there is no such file.
        """
        path = self._path(name)
        if not path.is_file():
            raise missing(name, str(self.root))
        return path

    def link(self, name: str, *, seconds: int, called: str) -> str:  # noqa: ARG002 (a path lasts)
        """Return the path of *name*. Raises BlobMissingError if there is no such file."""
        return str(self.local(name, self.root).absolute())

    def read_text(self, name: str) -> str:
        """Return the text of *name*.

        Raises BlobMissingError if there is no such file, BlobDamagedError if it is not UTF-8.
        """
        with self._explained("read", name):
            return decode(name, self.local(name, self.root).read_bytes())

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return *length* bytes of *name* from *start* on, fewer where the file ends before.

        A link that somebody put below the root is not followed. Raises BlobMissingError if there is no such
        file.
        """
        check_name(name)
        try:
            with _opened_below(self.root, name) as handle:
                return _read_at(handle, start, length)
        except OSError as error:
            if error.errno in _NOT_THERE:
                raise missing(name, str(self.root)) from error
            raise of_disk(f"cannot read {name!r} in {self.root}", error) from error

    @property
    def origin(self) -> str:
        """Empty: no address leads to a folder."""
        return ""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*, sorted; no name leads through a link to a folder."""
        if prefix:
            check_name(prefix.removesuffix("/"))
        folder = prefix.rpartition("/")[0]
        with self._explained("list", prefix):
            found = _walk(self.root / folder, f"{folder}/" if folder else "")
            names = sorted(name for name in found if name.startswith(prefix) and is_good_name(name))
        yield from names

    def delete(self, name: str) -> None:
        """Remove *name*; one that is absent is removed already."""
        path = self._path(name)
        with self._explained("delete", name):
            path.unlink(missing_ok=True)

    def sweep(self, *, idle: bool = False, dry: bool = False) -> tuple[str, ...]:
        """Remove what killed writers have left; return its names. *idle* and *dry* are as for BlobStore."""
        with self._explained("clear", INCOMING):
            entries = sorted((self.root / INCOMING).glob("*"))
            left = [path for path in entries if is_abandoned(path, idle=idle)]
            for path in () if dry else left:
                remove(path)
        return tuple(f"{INCOMING}/{path.name}" for path in left)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _publish(self, name: str, source: Stream, *, replace: bool) -> StoredFile:
        final = self._path(name)
        with aside(self.root / INCOMING) as folder:
            whole = folder / "file"
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
            if final.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(final)) from None
            settle(file, self.find(file.name), str(self.root))

    @contextmanager
    def _explained(self, verb: str, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise of_disk(f"cannot {verb} {name!r} in {self.root}", error) from error


@contextmanager
def _opened_below(root: Path, name: str) -> Iterator[int]:
    """Have the regular file *name* open, reached from *root* without a link; raises OSError."""
    *folders, last = name.split("/")
    with ExitStack() as handles:
        place = _opened(handles, os.fspath(root), os.O_DIRECTORY)
        for part in folders:
            place = _opened(handles, part, os.O_DIRECTORY | os.O_NOFOLLOW, place)
        # What is no file, such as a pipe that nobody writes to, must not hold a reader up.
        found = _opened(handles, last, os.O_NOFOLLOW | os.O_NONBLOCK, place)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            raise FileNotFoundError(errno.ENOENT, "no regular file", name)
        yield found


def _opened(handles: ExitStack, path: str, flags: int, place: int | None = None) -> int:
    """Open *path* in the folder open as *place*, until *handles* close."""
    handle = os.open(path, os.O_RDONLY | flags, dir_fd=place)
    handles.callback(os.close, handle)
    return handle


def _read_at(handle: int, start: int, length: int) -> bytes:
    """Read from *start*, again and again until there are *length* bytes or the file ends."""
    pieces = bytearray()
    while piece := os.pread(handle, length - len(pieces), start + len(pieces)):
        pieces += piece
    return bytes(pieces)


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    """Yield the files under *folder*, each with *prefix*; no file is asked what it is, which takes long."""
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name


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
