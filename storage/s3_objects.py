"""Reads objects that other tools have stored in S3: a feed, a picture, a piece of music."""

from pathlib import Path

from botocore.exceptions import ClientError

from schemas.errors import BlobRefusedError
from storage.s3 import MIB, S3Blobs
from storage.s3_errors import code_of, explained

_UNCHANGED = {"304", "NotModified"}


class Objects:
    """What lies in buckets, with the credentials of the AWS SDK's own variables. Threads may share it."""

    def __init__(self) -> None:
        self._stores: dict[str, S3Blobs] = {}

    def read(self, bucket: str, key: str, to: Path, *, etag: str, bytes_max: int) -> str | None:
        """Write the object *key* to the file *to*, and return its ETag; None if it still is *etag*.

        Raises BlobMissingError where there is none, BlobRefusedError for more than *bytes_max* or what S3
        refuses, StorageError for what may pass, SettingsError for wrong AWS_* variables.
        """
        # A client takes a third of a second to make.
        client = self._stores.setdefault(bucket, S3Blobs(bucket)).client
        with explained("read", key, f"s3://{bucket}"):
            try:
                condition = {"IfNoneMatch": etag} if etag else {}
                answer = client.get_object(Bucket=bucket, Key=key, **condition)  # type: ignore[arg-type]
            except ClientError as error:
                if code_of(error) in _UNCHANGED:
                    return None
                raise
            written = 0
            with to.open("wb") as file:
                for piece in answer["Body"].iter_chunks(MIB):
                    written += len(piece)
                    if written > bytes_max:
                        raise BlobRefusedError(f"has more than {bytes_max / 1e6:.0f} MB")
                    file.write(piece)
        return answer.get("ETag", "")
