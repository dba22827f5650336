"""The blob store: files under names, each published whole and never overwritten unasked."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from schemas.errors import (
    BlobConflictError,
    BlobDamagedError,
    BlobMissingError,
    SettingsError,
    StorageError,
)
from schemas.media import StoredFile
from storage.folder import LocalBlobs
from storage.wholeness import is_whole

PATIENCE_SECONDS = 30.0
"""A restart takes a store a few seconds, a failover up to half a minute."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


class BlobStore(Protocol):
    """Where files are kept. Names are relative (``ads/<key>.mp4``); every store pickles.

    All methods raise BlobNameError for a name that no blob can have, BlobRefusedError for what a person has
    to mend (a full disk, wrong credentials, an absent bucket), and StorageError, the only one that is worth
    another try, if the store does not answer.
    """

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; storing the same bytes again succeeds.

        Raises BlobConflictError if the name has other bytes, unless *replace*.
        """

    def put_text(self, name: str, text: str, *, replace: bool = False) -> StoredFile:
        """Store *text* as UTF-8; otherwise like put."""

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, or None if there is no such file.

        A folder hashes the file now; S3 answers with the SHA-256 that it keeps beside the object.
        """

    def local(self, name: str, cache: Path) -> Path:
        """Return a path on this machine with the content of *name*, to read only.

        A file from elsewhere is fetched into the folder *cache* once and its SHA-256 checked each time.
        Raises BlobMissingError if there is no such file, BlobDamagedError if its checksum is wrong twice.
        """

    def link(self, name: str, *, seconds: int, called: str) -> str:
        """Return where people find *name*: an address for *seconds*, or a path where the store is a folder.

        An address needs no key; whoever has it gets the file under the name *called*. S3 allows LINK_SECONDS
        at most. Raises BlobMissingError if there is no such file.
        """

    def read_text(self, name: str) -> str:
        """Return the text of *name*.

        Raises BlobMissingError if there is no such file, BlobDamagedError if it is damaged or not UTF-8.
        """

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return *length* bytes of *name* from *start* on, fewer where the file ends before.

        No link is followed, and nothing is checked but that the name is there. Raises BlobMissingError if it
        is not.
        """

    @property
    def origin(self) -> str:
        """Where the addresses of `link` lead, such as ``https://s3.example.com``; empty for a folder."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*, for example ``ads/``."""

    def delete(self, name: str) -> None:
        """Remove *name*; one that is absent is removed already."""

    def sweep(self, *, idle: bool = False, dry: bool = False) -> tuple[str, ...]:
        """Remove what killed writers have left half-written, and return what it was, for people to read.

        What a live process may still be writing stays. Where that cannot be told, things of the last day
        stay, unless the caller knows that nobody writes now (*idle*). *dry* removes nothing.
        """


def open_blobs(where: str) -> BlobStore:
    """Return the store at *where*, a folder or ``s3://bucket/prefix``; it is first contacted when used.

    Raises SettingsError if *where* is neither.
    """
    if "://" not in where:
        return LocalBlobs(Path(where))
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    if not where.startswith("s3://") or not bucket:
        raise SettingsError(f"REELMILL_BLOBS={where!r}: use a folder or s3://bucket/prefix")
    from storage.s3 import S3Blobs  # noqa: PLC0415 (boto3 takes a third of a second; a folder needs none)

    return S3Blobs(bucket, prefix)


def publish(blobs: BlobStore, name: str, path: Path) -> StoredFile:
    """Store *path* as *name*, and return the facts of what has the name then: the first whole file keeps it.

    Same key, same thing: where a model does not repeat itself to the bit, two files of one key are two
    prints of one picture, and either will do. But a row holds the checksum of one of them. A writer cannot
    see rows, and one whose run has lost its lease may come late, after another's row is committed; if it
    replaced the file, row and file would disagree. As nobody ever replaces a whole file, they cannot, in
    whatever order writers come, and a dead run's orphan costs nobody a second generation. What is not whole
    (cut short, or no picture or video at all) is worth nothing to any row, and makes way.

    A store that is away for PATIENCE_SECONDS at most is waited for: the file may have taken hours of a GPU.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    pause = _FIRST_PAUSE
    while True:
        try:
            return _publish(blobs, name, path)
        except StorageError as error:
            if not error.retryable or time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _publish(blobs: BlobStore, name: str, path: Path) -> StoredFile:
    try:
        return blobs.put(name, path)
    except BlobConflictError:
        there = _whole(blobs, name, path.parent)
        return there or blobs.put(name, path, replace=True)


def _whole(blobs: BlobStore, name: str, cache: Path) -> StoredFile | None:
    """Return the facts of *name* if what has the name is whole."""
    try:
        return blobs.find(name) if is_whole(blobs.local(name, cache)) else None
    except (BlobMissingError, BlobDamagedError):
        return None
