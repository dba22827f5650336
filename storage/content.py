"""What all blob stores agree on: good names, a file's facts, when two files are the same, and refusals."""

import errno
import hashlib
import os
import re
from io import BufferedRandom, BufferedReader, BytesIO
from pathlib import Path

from schemas.errors import (
    BlobConflictError,
    BlobDamagedError,
    BlobMissingError,
    BlobNameError,
    BlobRefusedError,
    StorageError,
)
from schemas.media import StoredFile
from schemas.work import Kind

Stream = BufferedReader | BufferedRandom | BytesIO

FOLDERS = ("stills/", "clips/", "voices/", "ads/", "inputs/", "weights/")
"""What names begin with. Anything else under the root, or in a bucket that others use too, is not ours."""

FOLDER_OF: dict[Kind, str] = {"still": "stills/", "shot": "clips/", "voice": "voices/", "ad": "ads/"}
SUFFIX_OF: dict[Kind, str] = {"still": ".png", "shot": ".mp4", "voice": ".flac", "ad": ".mp4"}
"""What is made lies as folder, key and suffix; captions and sidecar beside an ad have other suffixes."""

_INPUT = re.compile(r'(?<=")inputs/[^"]+(?=")')

NAME_BYTES_MAX = 800
"""An S3 key has 1024 bytes, of which the prefix needs some."""

_DISK_CURES = {
    errno.ENOSPC: "the disk is full: free space there, then run again",
    errno.EDQUOT: "the disk quota is used up: free space there, then run again",
    errno.EFBIG: "the file is over the process's limit: raise it (`ulimit -f`)",
    errno.EROFS: "the disk is read-only: use a folder that can be written",
    errno.EACCES: "allow this user to write there, or use another folder",
    errno.EPERM: "the disk allows no hard links or no writing here: use a folder on another disk",
    errno.EOPNOTSUPP: "the disk knows no hard links: use a folder on another disk",
    errno.ENOTDIR: "a file is in the way of a folder: move it away",
    errno.EEXIST: "a file is in the way of a folder: move it away",
    errno.EISDIR: "a folder is in the way of a file: move it away",
    errno.ELOOP: "links lead in a circle: remove them",
    errno.ENAMETOOLONG: "the path is too long for the disk: use a folder nearer to the root",
}
"""What trying again does not mend; anything else may pass."""


def is_good_name(name: str) -> bool:
    """Tell whether *name* is good in every store: relative, ``/`` between parts, no hidden part."""
    if not name.isprintable() or "\\" in name or len(os.fsencode(name)) > NAME_BYTES_MAX:
        return False
    return not any(part == "" or part.startswith(".") for part in name.split("/"))


def inputs_in(text: str) -> set[str]:
    """Return the names of the inputs that *text*, a specification or a recipe as JSON, is made from."""
    return set(_INPUT.findall(text))


def check_name(name: str) -> str:
    """Return *name* if it is a good one.

    Raises BlobNameError, so that a name from a stranger's brief never leaves the store's root.
    """
    if not is_good_name(name):
        raise BlobNameError(
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
    """Return *content* as text. Raises BlobDamagedError if it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BlobDamagedError(
            f"{name!r} is damaged, it is not UTF-8: `reelmill verify --repair` removes it, then run again"
        ) from error


def missing(name: str, where: str) -> BlobMissingError:
    """Return the error for a name that the store does not know."""
    return BlobMissingError(f"{name!r} is not in {where}: run its campaign again to make it")


def damaged(name: str, where: str, stored: str, received: str) -> BlobDamagedError:
    """Return the error for a file whose SHA-256 is *received* in place of *stored*."""
    return BlobDamagedError(
        f"{name!r} from {where} is damaged: its SHA-256 is {received[:12]}, not {stored[:12]}; `reelmill "
        f"verify --repair` removes it, then run its campaign again to make it anew"
    )


def of_disk(place: str, error: OSError) -> StorageError:
    """Return *error*, met while trying what *place* says, as ours, with its cure."""
    cure = _DISK_CURES.get(error.errno or 0)
    if cure is None:
        return StorageError(f"{place}: check the folder, and the file if it was to be stored ({error})")
    return BlobRefusedError(f"{place}: {cure} ({error})")
