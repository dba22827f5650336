"""S3 as blob store: parts, checksums, and a server that refuses or is not there."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from schemas.errors import (
    BlobConflictError,
    BlobDamagedError,
    BlobMissingError,
    BlobRefusedError,
    SettingsError,
    StorageError,
)
from storage.aside import DAY
from storage.s3 import S3Blobs
from storage.s3_errors import explained
from tests.faults import Fault, FaultProxy
from tests.servers import S3Server

MIB = 1 << 20


@pytest.fixture
def s3(s3_place: str) -> S3Blobs:
    """An empty store that sends files above 6 MiB in parts of 5."""
    bucket, _, prefix = s3_place.removeprefix("s3://").partition("/")
    return S3Blobs(bucket, prefix, multipart_bytes=6 * MIB, part_bytes=5 * MIB)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file of three parts."""
    path = tmp_path / "big.mp4"
    path.write_bytes(bytes(range(256)) * (44 * MIB // 1024))
    return path


def _uploads(s3: S3Blobs) -> list[Any]:
    return list(s3.client.list_multipart_uploads(Bucket=s3.bucket, Prefix=s3.prefix).get("Uploads", []))


def test_a_big_file_goes_in_parts_and_keeps_its_sha256(s3: S3Blobs, big: Path, tmp_path: Path) -> None:
    """S3 knows only the checksums of parts, so ours travels with the object."""
    stored = s3.put("clips/big.mp4", big)

    head = s3.client.head_object(Bucket=s3.bucket, Key=f"{s3.prefix}clips/big.mp4")
    assert head["ETag"].strip('"').endswith("-3")
    assert head["ContentType"] == "video/mp4"
    assert s3.find("clips/big.mp4") == stored
    assert s3.local("clips/big.mp4", tmp_path / "cache").read_bytes() == big.read_bytes()


def test_a_big_file_takes_no_name_that_has_other_bytes(s3: S3Blobs, big: Path) -> None:
    """The condition stands on the last step, and the parts do not stay in the bucket."""
    s3.put_text("clips/big.mp4", "other")

    with pytest.raises(BlobConflictError):
        s3.put("clips/big.mp4", big)
    assert _uploads(s3) == []
    assert s3.put("clips/big.mp4", big, replace=True).bytes == 11 * MIB
    assert s3.put("clips/big.mp4", big) == s3.find("clips/big.mp4")


def test_parts_of_an_upload_that_fails_are_removed(
    s3: S3Blobs, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would cost money for ever and show in no list."""

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "slow down"}}, "UploadPart")

    monkeypatch.setattr(s3.client, "upload_part", refuse)

    with pytest.raises(StorageError, match=r"'clips/big\.mp4'.*SlowDown"):
        s3.put("clips/big.mp4", big)
    assert _uploads(s3) == []


def test_a_write_whose_answer_was_lost_succeeds(s3: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The retry of a conditional write is told that the name exists; it is our own."""
    send = s3.client.put_object

    def send_twice(**request: Any) -> Any:
        send(**request)
        request["Body"].seek(0)
        return send(**request)

    monkeypatch.setattr(s3.client, "put_object", send_twice)

    assert s3.put_text("a.txt", "a").bytes == 1


def test_a_damaged_download_is_refused_and_not_kept(s3: S3Blobs, tmp_path: Path) -> None:
    """One byte differs from what the SHA-256 beside it says."""
    stored = s3.put_text("a.txt", "content")
    s3.client.put_object(
        Bucket=s3.bucket, Key=f"{s3.prefix}a.txt", Body=b"cOntent", Metadata={"sha256": stored.sha256}
    )

    with pytest.raises(BlobDamagedError, match=r"'a\.txt'.*damaged"):
        s3.local("a.txt", tmp_path / "cache")
    with pytest.raises(BlobDamagedError, match=r"'a\.txt'.*damaged"):
        s3.read_text("a.txt")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_a_damaged_copy_in_the_cache_is_fetched_again(s3: S3Blobs, tmp_path: Path) -> None:
    """The cache is a convenience, never the truth."""
    s3.put_text("a.txt", "content")
    s3.local("a.txt", tmp_path).write_text("cOntent")

    assert s3.local("a.txt", tmp_path).read_text() == "content"


def test_a_cache_that_cannot_be_written_is_told(s3: S3Blobs, tmp_path: Path) -> None:
    """The store answered; this machine's disk is at fault, and the message says so."""
    s3.put_text("ads/a.txt", "content")
    (tmp_path / "cache").write_text("a file in the way")

    with pytest.raises(BlobRefusedError, match=r"cannot keep 'ads/a\.txt' in .*cache"):
        s3.local("ads/a.txt", tmp_path / "cache")


def test_an_object_of_another_tool_is_hashed(s3: S3Blobs) -> None:
    """Without our metadata and without S3's checksum the bytes themselves are read."""
    stored = s3.put_text("ours.txt", "content")
    s3.client.put_object(Bucket=s3.bucket, Key=f"{s3.prefix}theirs.txt", Body=b"content")

    found = s3.find("theirs.txt")

    assert found is not None
    assert found.sha256 == stored.sha256


def test_two_prefixes_of_one_bucket_do_not_see_each_other(s3: S3Blobs) -> None:
    """A bucket is often shared."""
    s3.put_text("a.txt", "a")

    assert S3Blobs(s3.bucket, f"{s3.prefix}other").find("a.txt") is None
    assert list(S3Blobs(s3.bucket, s3.prefix[:-2]).names("")) == []


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_refused_credentials_are_told(variable: str, s3: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which variables to look at, and never their values."""
    monkeypatch.setenv(variable, "wrong-value")

    with pytest.raises(BlobRefusedError, match=r"'a\.txt'.*AWS_SECRET_ACCESS_KEY") as caught:
        s3.put_text("a.txt", "a")
    assert "testsecret1234" not in str(caught.value)


def test_absent_credentials_are_a_matter_of_settings(s3: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent; trying again would not help."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"):
        s3.put_text("a.txt", "a")


@pytest.mark.usefixtures("s3")
def test_an_absent_bucket_is_told() -> None:
    """The cure is to create it or to correct the setting."""
    with pytest.raises(BlobRefusedError, match="create the bucket"):
        S3Blobs("no-such-bucket-here").put_text("a.txt", "a")
    with pytest.raises(BlobRefusedError, match="create the bucket"):
        list(S3Blobs("no-such-bucket-here").names("ads/"))


@pytest.mark.parametrize("endpoint", ["not a url", "http://127.0.0.1:bad"])
def test_an_endpoint_that_is_no_url_is_a_matter_of_settings(
    endpoint: str, s3: S3Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told before anything is sent."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    with pytest.raises(SettingsError, match="AWS_"):
        s3.put_text("a.txt", "a")


def test_a_server_that_is_not_there_is_told_within_seconds(
    s3: S3Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run must not hang because an address is wrong."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")
        started = time.monotonic()

        with pytest.raises(StorageError, match="AWS_ENDPOINT_URL") as caught:
            s3.put_text("a.txt", "a")

    assert caught.value.retryable
    assert time.monotonic() - started < 20


def test_threads_may_share_a_store(s3: S3Blobs) -> None:
    """The first use makes the connection, also when several come first at once."""
    threads = [threading.Thread(target=s3.put_text, args=(f"{n}.txt", "a")) for n in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list(s3.names(""))) == 8


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SlowDown", StorageError),
        (500, "InternalError", StorageError),
        (429, "TooManyRequests", StorageError),
        (400, "RequestTimeout", StorageError),
        (400, "BadDigest", StorageError),
        (0, "", StorageError),
        (404, "NoSuchKey", BlobMissingError),
        (404, "NoSuchBucket", BlobRefusedError),
        (403, "AccessDenied", BlobRefusedError),
        (400, "ExpiredToken", BlobRefusedError),
        (403, "QuotaExceeded", BlobRefusedError),
        (507, "InsufficientStorage", BlobRefusedError),
    ],
)
def test_what_passes_is_told_from_what_a_person_has_to_mend(
    status: int, code: str, kind: type[StorageError]
) -> None:
    """Patience mends a busy server, and no wrong key."""
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    with pytest.raises(kind) as caught, explained("store", "a.txt", "s3://bucket"):
        raise ClientError(answer, "PutObject")
    assert caught.type is kind
    assert caught.value.retryable is (kind is StorageError)


@pytest.fixture
def line(s3_server: S3Server, s3: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The line between *s3*, which loses patience soon, and its server."""
    with FaultProxy(s3_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", replace(s3_server, port=proxy.port).endpoint)
        s3.silent_seconds = 0.5
        yield proxy


def test_a_line_that_breaks_for_a_moment_is_not_noticed(
    s3: S3Blobs, line: FaultProxy, tmp_path: Path
) -> None:
    """Requests are tried again, the conditional ones too."""
    line.inject(Fault("refuse", times=2))
    stored = s3.put_text("a.txt", "content")
    line.inject(Fault("reset", times=2))

    assert s3.find("a.txt") == stored
    assert s3.local("a.txt", tmp_path).read_text() == "content"
    assert line.struck >= 2


@pytest.mark.parametrize("fault", [Fault("refuse"), Fault("blackhole")], ids=lambda fault: fault.kind)
def test_a_line_that_stays_broken_is_told_and_worth_another_try(
    fault: Fault, s3: S3Blobs, line: FaultProxy
) -> None:
    """Nobody waits for ever, also where nothing comes back at all."""
    line.inject(fault)

    with pytest.raises(StorageError, match=r"'a\.txt'.*AWS_ENDPOINT_URL") as caught:
        s3.put_text("a.txt", "content")

    assert caught.value.retryable
    line.heal()
    assert s3.put_text("a.txt", "content") == s3.find("a.txt")


def test_a_write_succeeds_though_its_answer_is_lost(s3: S3Blobs, line: FaultProxy) -> None:
    """The server has it; the second try is told that the name is taken, by ourselves."""
    line.inject(Fault("lose", request=b"PUT ", times=1))

    stored = s3.put_text("a.txt", "content")

    assert line.struck == 1
    assert s3.find("a.txt") == stored


def test_a_big_write_succeeds_though_its_last_answer_is_lost(
    s3: S3Blobs, line: FaultProxy, big: Path
) -> None:
    """The upload is complete, so the second try finds no upload; the file is there."""
    complete = f"POST /{s3.bucket}/{s3.prefix}clips/big.mp4?uploadId="
    line.inject(Fault("lose", request=complete.encode(), times=1))

    stored = s3.put("clips/big.mp4", big)

    assert line.struck == 1
    assert s3.find("clips/big.mp4") == stored
    assert _uploads(s3) == []


def test_half_a_download_is_not_kept(s3: S3Blobs, line: FaultProxy, big: Path, tmp_path: Path) -> None:
    """It is fetched again when the line holds, and never taken for the file."""
    s3.put("clips/big.mp4", big)
    line.inject(Fault("cut", after_bytes=100_000))

    with pytest.raises(StorageError) as caught:
        s3.local("clips/big.mp4", tmp_path / "cache")

    assert caught.value.retryable
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    line.heal()
    assert s3.local("clips/big.mp4", tmp_path / "cache").read_bytes() == big.read_bytes()


def test_damage_on_the_line_is_read_again(
    s3: S3Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is damaged twice lies so in the store."""
    s3.put_text("a.txt", "content")
    fetch, times = s3.client.download_file, iter(range(9))

    def garble_once(bucket: str, key: str, path: str) -> None:
        fetch(bucket, key, path)
        if next(times) == 0:
            Path(path).write_text("cOntent")

    monkeypatch.setattr(s3.client, "download_file", garble_once)

    assert s3.local("a.txt", tmp_path).read_text() == "content"


def test_what_a_killed_writer_leaves_is_swept(s3: S3Blobs) -> None:
    """Its parts show in no list. Those of others stay, and the young ones unless nobody writes now."""
    mine, theirs = (
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=f"{s3.prefix}{name}")["UploadId"]
        for name in ("clips/a.mp4", "backups/monday.tar")
    )

    young = s3.sweep()
    told = s3.sweep(idle=True, dry=True)
    before = len(_uploads(s3))
    swept = s3.sweep(idle=True)

    assert young == ()
    assert told == swept == (f"clips/a.mp4 (upload {mine})",)
    assert before == 2
    assert [upload["UploadId"] for upload in _uploads(s3)] == [theirs]
    s3.client.abort_multipart_upload(Bucket=s3.bucket, Key=f"{s3.prefix}backups/monday.tar", UploadId=theirs)


def test_old_uploads_are_swept_beside_others(s3: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sends one file for more than a day."""
    monkeypatch.setattr(
        s3, "_uploads", lambda: iter([("clips/a.mp4", "1", DAY + 1), ("clips/b.mp4", "2", 9.0)])
    )

    assert s3.sweep(dry=True) == ("clips/a.mp4 (upload 1)",)
