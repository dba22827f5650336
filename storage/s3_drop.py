"""A prefix of an S3 bucket where people drop files: listed, fetched, and moved aside, never written over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from schemas.errors import BlobMissingError, BlobRefusedError, StorageError
from storage.content import is_good_name
from storage.s3 import S3Blobs
from storage.s3_errors import TAKEN, code_of, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_CHUNK = 1 << 20


class Dropped(NamedTuple):
    """A file that lies in the bucket."""

    name: str
    """Below the prefix."""
    bytes: int
    etag: str
    """Changes with the content."""
    age_seconds: float


class S3Drop:
    """Files under ``s3://bucket/prefix``, whoever has put them there."""

    def __init__(self, where: str) -> None:
        bucket, _, prefix = where.removeprefix("s3://").partition("/")
        self._blobs = S3Blobs(bucket, prefix)
        self.where = self._blobs.where

    def address(self, name: str) -> str:
        """Return the ``s3://`` address of *name*."""
        return f"{self.where}/{name}"

    def files(self) -> Iterator[Dropped]:
        """Yield all files; names that could lead elsewhere are left out."""
        pages = self._client.get_paginator("list_objects_v2")
        now = datetime.now(UTC)
        with self._explained("list", ""):
            for page in pages.paginate(Bucket=self._blobs.bucket, Prefix=self._blobs.prefix):
                for entry in page.get("Contents", ()):
                    name = entry["Key"].removeprefix(self._blobs.prefix)
                    age = (now - entry["LastModified"]).total_seconds()
                    if is_good_name(name):
                        yield Dropped(name, entry["Size"], entry["ETag"], age)

    def find(self, name: str) -> Dropped | None:
        """Return *name*, or None where there is no such file."""
        try:
            with self._explained("look up", name):
                head = self._client.head_object(Bucket=self._blobs.bucket, Key=self._key(name))
        except BlobMissingError:
            return None
        age = (datetime.now(UTC) - head["LastModified"]).total_seconds()
        return Dropped(name, head["ContentLength"], head["ETag"], age)

    def fetch(self, file: Dropped, to: Path) -> None:
        """Write *file* to *to*, as it was when it was listed. Raises StorageError where it has changed."""
        to.parent.mkdir(parents=True, exist_ok=True)
        key = self._key(file.name)
        with self._explained("fetch", file.name), to.open("wb") as out:
            answer = self._client.get_object(Bucket=self._blobs.bucket, Key=key, IfMatch=file.etag)
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                out.write(chunk)
        if to.stat().st_size != file.bytes:
            raise StorageError(f"cannot fetch {self.address(file.name)}: it came cut short; look again")

    def put_text(self, name: str, text: str) -> bool:
        """Write *text* as *name*, unless there is one; return whether it was written."""
        try:
            with self._explained("store", name):
                self._client.put_object(
                    Bucket=self._blobs.bucket,
                    Key=self._key(name),
                    Body=text.encode(),
                    ContentType="text/plain; charset=utf-8",
                    IfNoneMatch="*",
                )
        except StorageError as error:
            if _is_taken(error):
                return False
            raise
        return True

    def read_text(self, name: str, bytes_max: int) -> str:
        """Return the first *bytes_max* bytes of *name* as text."""
        with self._explained("fetch", name):
            answer = self._client.get_object(Bucket=self._blobs.bucket, Key=self._key(name))
            return answer["Body"].read(bytes_max).decode(errors="replace")

    def move(self, file: Dropped, to: str) -> bool:
        """Move *file* to the name *to*; False where it is gone or was replaced meanwhile, which stays.

        S3 has no rename: it is copied, and removed only while it is what was copied.
        """
        source: CopySourceTypeDef = {"Bucket": self._blobs.bucket, "Key": self._key(file.name)}
        try:
            with self._explained("move", file.name):
                self._client.copy_object(
                    Bucket=self._blobs.bucket,
                    Key=self._key(to),
                    CopySource=source,
                    CopySourceIfMatch=file.etag,
                )
        except BlobMissingError:
            return False
        except StorageError as error:
            if _is_taken(error):
                return False
            raise
        there = self.find(file.name)
        if there is None or there.etag != file.etag:
            return False
        self.remove(file.name)
        return True

    def remove(self, name: str) -> None:
        """Remove *name*."""
        with self._explained("delete", name):
            self._client.delete_object(Bucket=self._blobs.bucket, Key=self._key(name))

    @property
    def _client(self) -> "S3Client":
        return self._blobs.client

    def _key(self, name: str) -> str:
        if not is_good_name(name):
            raise BlobRefusedError(f"{name!r} cannot name a file in {self.where}: use a plain relative name")
        return self._blobs.prefix + name

    @contextmanager
    def _explained(self, verb: str, name: str) -> Iterator[None]:
        with explained(verb, name, self.where):
            yield


def _is_taken(error: StorageError) -> bool:
    """Tell whether a condition of the request did not hold."""
    return isinstance(error.__cause__, ClientError) and code_of(error.__cause__) in TAKEN
