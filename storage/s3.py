"""Blobs in an S3 bucket, AWS's own or any that speaks its protocol."""

import contextlib
import hashlib
import mimetypes
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from schemas.errors import BlobDamagedError, BlobMissingError, SettingsError
from schemas.media import StoredFile
from storage.aside import DAY, aside
from storage.content import (
    FOLDERS,
    Stream,
    check_name,
    damaged,
    decode,
    describe,
    holds,
    is_good_name,
    missing,
    of_disk,
    settle,
)
from storage.s3_errors import ABSENT, TAKEN, code_of, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectOutputTypeDef, HeadObjectOutputTypeDef

T = TypeVar("T")

MIB = 1 << 20

INCOMING = ".incoming-"
"""How folders in a cache begin that hold what is not fetched whole yet."""
LINK_SECONDS = 7 * 86_400
"""The longest that a signed address lasts, by S3's own rule; one by temporary credentials ends with them."""
_BEYOND = {"416", "InvalidRange"}
"""Answers to a range behind the object's end."""
CONNECTIONS = 32
"""So many threads of a process may talk to S3 at once without waiting for each other."""


class Condition(TypedDict, total=False):
    """Makes a write fail with 412 where the name exists."""

    IfNoneMatch: str


class S3Blobs:
    """Objects of *bucket* under *prefix*; credentials and endpoint come from the AWS SDK's own variables.

    A file above *multipart_bytes* is sent in parts of *part_bytes*, at least 5 MiB by S3's own rule. A
    request is tried four times; a try ends when nothing has come for *silent_seconds*.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        multipart_bytes: int = 64 * MIB,
        part_bytes: int = 32 * MIB,
        silent_seconds: float = 30,
    ) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.multipart_bytes = multipart_bytes
        self.part_bytes = part_bytes
        self.silent_seconds = silent_seconds

    @property
    def where(self) -> str:
        """The store as people write it."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @cached_property
    def client(self) -> "S3Client":
        """This process's connection. Raises SettingsError if the SDK's variables are wrong."""
        try:
            return Session().client("s3", config=_config(self.silent_seconds))
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"cannot reach {self.where}: {error}; correct the AWS_* variables") from error

    @cached_property
    def _signer(self) -> "S3Client":
        # For some regions boto3 signs addresses in the way of 2006 unless it is told; AWS has given that up.
        return Session().client(
            "s3", config=_config(self.silent_seconds).merge(Config(signature_version="s3v4"))
        )

    def __getstate__(self) -> dict[str, object]:
        # A connection cannot travel to another process; each makes its own.
        return {name: value for name, value in self.__dict__.items() if name not in {"client", "_signer"}}

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; storing the same bytes again succeeds.

        Raises BlobConflictError if the name has other bytes, unless *replace*; BlobRefusedError if S3
        refuses, StorageError for what may pass.
        """
        try:
            with path.open("rb") as body:
                return self._store(describe(check_name(name), body), body, replace=replace)
        except OSError as error:
            raise of_disk(f"cannot store {name!r} in {self.where}: {path} cannot be read", error) from error

    def put_text(self, name: str, text: str, *, replace: bool = False) -> StoredFile:
        """Store *text* as UTF-8; otherwise like put."""
        body = BytesIO(text.encode())
        return self._store(describe(check_name(name), body), body, replace=replace)

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, or None if there is no such object."""
        return self._facts("look up", name, _sha256)

    def measure(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, or None; unlike find it believes nothing but the object's own bytes.

        The SHA-256 is the one that the server computed of all of them; where it keeps none, they are read.
        """
        return self._facts("read back", name, _computed_sha256)

    def _facts(
        self, doing: str, name: str, noted: "Callable[[HeadObjectOutputTypeDef], str]"
    ) -> StoredFile | None:
        """Return the facts of *name*, with the SHA-256 that is *noted* beside it, or that of its bytes."""
        key = self._key(name)
        with explained(doing, name, self.where):
            try:
                head = self.client.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if code_of(error) in ABSENT:
                    return None
                raise
            digest = noted(head) or self._hash(key)
        return StoredFile(name=name, sha256=digest, bytes=head["ContentLength"])

    def copy(self, name: str, file: StoredFile, source: "S3Blobs") -> StoredFile:
        """Store *file* of *source*, a store of the same service, as *name*; its bytes do not come here.

        What has the name makes way. Raises BlobMissingError if there is no such file.
        """
        key, theirs = self._key(name), {"Bucket": source.bucket, "Key": source.prefix + check_name(file.name)}
        how = {"ChecksumAlgorithm": "SHA256", "ContentType": _content_type(name)}
        # Metadata is given anew, with the SHA-256 that the object should have.
        how |= {"MetadataDirective": "REPLACE", "Metadata": {"sha256": file.sha256}}  # type: ignore[dict-item]
        with explained("copy", file.name, self.where):
            self.client.copy(theirs, self.bucket, key, ExtraArgs=how)  # type: ignore[arg-type]
        return StoredFile(name=name, sha256=file.sha256, bytes=file.bytes)

    def local(self, name: str, cache: Path) -> Path:
        """Return a checked copy of *name* under *cache*, fetched unless it is there.

        Raises BlobMissingError if there is no such object, BlobDamagedError if its SHA-256 is wrong twice.
        """
        with self._keeping(name, cache):
            return _twice(lambda: self._local(name, cache))

    def link(self, name: str, *, seconds: int, called: str) -> str:
        """Return an address that gives *name* to anyone for *seconds*, as a file *called* so.

        Raises BlobMissingError if there is no such object, ValueError for more than LINK_SECONDS.
        """
        if not 0 < seconds <= LINK_SECONDS:
            raise ValueError(f"a link lasts from 1 to {LINK_SECONDS} seconds, not {seconds}")
        if self.find(name) is None:
            raise missing(name, self.where)
        asked = {
            "Bucket": self.bucket,
            "Key": self._key(name),
            "ResponseContentType": _content_type(name),
            "ResponseContentDisposition": f'inline; filename="{called}"',
        }
        with explained("link", name, self.where):
            return self._signer.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)

    def read_text(self, name: str) -> str:
        """Return the text of *name*.

        Raises BlobMissingError if there is no such object, BlobDamagedError if it is damaged or not UTF-8.
        """
        return _twice(lambda: self._read(name))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return *length* bytes of *name* from *start* on, fewer where the object ends before.

        Raises BlobMissingError if there is no such object.
        """
        span = f"bytes={start}-{start + length - 1}"
        with explained("read", name, self.where):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self._key(name), Range=span)
                return answer["Body"].read(length)
            except ClientError as error:
                if code_of(error) in ABSENT:
                    raise missing(name, self.where) from None
                if code_of(error) in _BEYOND:
                    return b""
                raise

    @property
    def origin(self) -> str:
        """Where the addresses of `link` lead: scheme and host of the endpoint, or of the bucket."""
        asked = {"Bucket": self.bucket, "Key": f"{self.prefix}ads/x.mp4"}
        with explained("link", "ads/x.mp4", self.where):
            address = urlsplit(self._signer.generate_presigned_url("get_object", Params=asked, ExpiresIn=60))
        return f"{address.scheme}://{address.netloc}"

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*."""
        if prefix:
            check_name(prefix.removesuffix("/"))
        with explained("list", prefix, self.where):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + prefix):
                names = (entry["Key"].removeprefix(self.prefix) for entry in page.get("Contents", ()))
                yield from (name for name in names if is_good_name(name))

    def delete(self, name: str) -> None:
        """Remove *name*; one that is absent is removed already."""
        key = self._key(name)
        with explained("delete", name, self.where):
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def sweep(self, *, idle: bool = False, dry: bool = False) -> tuple[str, ...]:
        """Abort uploads in parts that were never completed; return their names.

        Their parts cost money and show in no list. S3 does not tell whose an upload is, so unless nobody
        writes now (*idle*) those of the last day are left alone. *dry* only tells.
        """
        with explained("clear", "uploads", self.where):
            left = [
                (name, upload)
                for name, upload, seconds in self._uploads()
                if name.startswith(FOLDERS) and is_good_name(name) and (idle or seconds > DAY)
            ]
            for name, upload in () if dry else left:
                self._abort(self._key(name), upload)
        return tuple(f"{name} (upload {upload})" for name, upload in left)

    def _uploads(self) -> Iterator[tuple[str, str, float]]:
        """Yield name, identity and age in seconds of every upload that goes on or was left."""
        pages = self.client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
            for upload in page.get("Uploads", ()):
                age = (datetime.now(UTC) - upload["Initiated"]).total_seconds()
                yield upload["Key"].removeprefix(self.prefix), upload["UploadId"], age

    def _key(self, name: str) -> str:
        return self.prefix + check_name(name)

    def _store(self, file: StoredFile, body: Stream, *, replace: bool) -> StoredFile:
        condition: Condition = {} if replace else {"IfNoneMatch": "*"}
        send = self._put_parts if file.bytes > self.multipart_bytes else self._put_whole
        with explained("store", file.name, self.where):
            try:
                send(file, body, condition)
            except ClientError as error:
                # A lost answer to If-None-Match makes the retry look like a conflict, though we won.
                if code_of(error) in TAKEN:
                    return settle(file, self.find(file.name), self.where)
                raise
        return file

    def _put_whole(self, file: StoredFile, body: Stream, condition: Condition) -> None:
        self.client.put_object(
            Bucket=self.bucket,
            Key=self._key(file.name),
            Body=body,
            ChecksumSHA256=b64encode(bytes.fromhex(file.sha256)).decode(),
            Metadata={"sha256": file.sha256},
            ContentType=_content_type(file.name),
            **condition,
        )

    def _put_parts(self, file: StoredFile, body: Stream, condition: Condition) -> None:
        key = self._key(file.name)
        upload = self.client.create_multipart_upload(
            Bucket=self.bucket,
            Key=key,
            ChecksumAlgorithm="SHA256",
            Metadata={"sha256": file.sha256},
            ContentType=_content_type(file.name),
        )["UploadId"]
        try:
            parts = self._send_parts(key, upload, body)
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **condition
            )
        except BaseException:
            self._abort(key, upload)
            raise

    def _send_parts(self, key: str, upload: str, body: Stream) -> "list[CompletedPartTypeDef]":
        parts: list[CompletedPartTypeDef] = []
        while content := body.read(self.part_bytes):
            number = len(parts) + 1
            digest = b64encode(hashlib.sha256(content).digest()).decode()
            answer = self.client.upload_part(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=content,
                ChecksumSHA256=digest,
            )
            parts.append({"ETag": answer["ETag"], "PartNumber": number, "ChecksumSHA256": digest})
        return parts

    def _abort(self, key: str, upload: str) -> None:
        # The first error is the one to tell; parts that stay are for `sweep`.
        with contextlib.suppress(ClientError, BotoCoreError):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)

    def _local(self, name: str, cache: Path) -> Path:
        file = self.find(name)
        if file is None:
            raise missing(name, self.where)
        target = cache / name
        if not holds(target, file):
            self._fetch(file, target, cache)
        return target

    def _fetch(self, file: StoredFile, target: Path, cache: Path) -> None:
        with aside(cache, INCOMING) as folder:
            whole = folder / "file"
            with explained("fetch", file.name, self.where):
                self.client.download_file(self.bucket, self._key(file.name), os.fspath(whole))
            with whole.open("rb") as stream:
                self._check(file.name, file.sha256, describe(file.name, stream).sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            whole.replace(target)

    def _read(self, name: str) -> str:
        try:
            with explained("read", name, self.where):
                answer = self.client.get_object(
                    Bucket=self.bucket, Key=self._key(name), ChecksumMode="ENABLED"
                )
                content = answer["Body"].read()
        except BlobMissingError:
            raise missing(name, self.where) from None
        self._check(name, _sha256(answer), hashlib.sha256(content).hexdigest())
        return decode(name, content)

    def _hash(self, key: str) -> str:
        """Hash an object that another tool stored without a SHA-256."""
        digest = hashlib.sha256()
        for piece in self.client.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(MIB):
            digest.update(piece)
        return digest.hexdigest()

    def _check(self, name: str, stored: str, received: str) -> None:
        if stored and stored != received:
            raise damaged(name, self.where, stored, received)

    @contextmanager
    def _keeping(self, name: str, cache: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise of_disk(f"cannot keep {name!r} in {cache}", error) from error


def _twice(read: Callable[[], T]) -> T:
    """Return what *read* does; what it finds damaged it reads again, for the line may have been at fault."""
    try:
        return read()
    except BlobDamagedError:
        return read()


def _config(silent_seconds: float) -> Config:
    return Config(
        connect_timeout=min(5, silent_seconds),
        read_timeout=silent_seconds,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
    )


def _content_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _sha256(answer: "HeadObjectOutputTypeDef | GetObjectOutputTypeDef") -> str:
    """Return the SHA-256 (hex) of the whole object; empty where nobody has noted it.

    S3's own was computed from the bytes; ours, beside them, is for objects in parts, where S3 has only that
    of the parts.
    """
    return _computed_sha256(answer) or answer.get("Metadata", {}).get("sha256", "")


def _computed_sha256(answer: "HeadObjectOutputTypeDef | GetObjectOutputTypeDef") -> str:
    """Return the SHA-256 (hex) that the server computed of the whole object; empty where it has none."""
    theirs = answer.get("ChecksumSHA256", "")
    return b64decode(theirs).hex() if theirs and "-" not in theirs else ""
