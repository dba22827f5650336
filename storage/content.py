"""What all blob stores agree on: good names, a file's facts, and when two files are the same."""

import hashlib
import os
from io import BufferedRandom, BufferedReader, BytesIO
from pathlib import Path

from schemas.errors import BlobConflictError, StorageError
from schemas.media import StoredFile

Stream = BufferedReader | BufferedRandom | BytesIO

NAME_BYTES_MAX = 800
"""An S3 key has 1024 bytes, of which the prefix needs some."""


def check_name(name: str) -> str:
    """Return *name* if it is good in every store: relative, ``/`` between parts, no hidden part.

    Raises StorageError, so that a name from a stranger's brief never leaves the store's root.
    """
    good = name.isprintable() and "\\" not in name and len(os.fsencode(name)) <= NAME_BYTES_MAX
    if not good or any(part == "" or part.startswith(".") for part in name.split("/")):
        raise StorageError(
            f"{name[:NAME_BYTES_MAX]!r} cannot name a blob: use a relative name such as 'ads/<key>.mp4', "
            f"without empty parts, parts that begin with a dot, backslashes or control characters"
        )
    return name


def describe(name: str, stream: Stream) -> StoredFile:
    """Return the facts of *stream* from its start to its end, as the file *name*; rewinds it after."""
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return StoredFile(name=name, sha256=digest, bytes=size)


def holds(path: Path, file: StoredFile) -> bool:
    """Tell whether *path* has the bytes of *file*."""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    with path.open("rb") as stream:
        return describe(file.name, stream).sha256 == file.sha256


def settle(file: StoredFile, found: StoredFile | None, where: str) -> StoredFile:
    """Return *file* if *found*, which has its name already, is the same.

    Raises BlobConflictError if it has other bytes, StorageError if it is gone again.
    """
    if found is None:
        raise StorageError(f"cannot store {file.name!r} in {where}: another writer holds the name; run again")
    if found.sha256 != file.sha256:
        raise BlobConflictError(
            f"{file.name!r} in {where} has other bytes already (SHA-256 {found.sha256[:12]}, not "
            f"{file.sha256[:12]}); `reelmill verify` tells which of them is wanted"
        )
    return file


def decode(name: str, content: bytes) -> str:
    """Return *content* as text. Raises StorageError if it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise StorageError(f"{name!r} is damaged, it is not UTF-8 text: delete it and run again") from error


def missing(name: str, where: str) -> StorageError:
    """Return the error for a name that the store does not know."""
    return StorageError(f"{name!r} is not in {where}: run its campaign again to make it")
