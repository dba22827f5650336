"""The blob store: files under names, each published whole and never overwritten unasked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from schemas.errors import BlobConflictError, SettingsError
from schemas.media import StoredFile
from storage.folder import LocalBlobs


class BlobStore(Protocol):
    """Where files are kept. Names are relative (``ads/<key>.mp4``); every store pickles.

    All methods raise StorageError if the store does not answer or the name is not a good one.
    """

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; storing the same bytes again succeeds.

        Raises BlobConflictError if the name has other bytes, unless *replace*.
        """

    def put_text(self, name: str, text: str, *, replace: bool = False) -> StoredFile:
        """Store *text* as UTF-8; otherwise like put."""

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, or None if there is no such file."""

    def local(self, name: str, cache: Path) -> Path:
        """Return a path on this machine with the content of *name*, to read only.

        A file from elsewhere is fetched into the folder *cache* once and its SHA-256 checked each time.
        Raises StorageError if there is no such file, or its checksum is wrong.
        """

    def read_text(self, name: str) -> str:
        """Return the text of *name*. Raises StorageError if there is no such file or it is not UTF-8."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*, for example ``ads/``."""

    def delete(self, name: str) -> None:
        """Remove *name*; one that is absent is removed already."""


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
    """Store *path* as *name* where no row claims the name yet: other bytes there are a dead run's orphan."""
    try:
        return blobs.put(name, path)
    except BlobConflictError:
        return blobs.put(name, path, replace=True)
