"""What every blob store must do, on a folder and on a real S3 server."""

import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import (
    BlobConflictError,
    BlobDamagedError,
    BlobMissingError,
    BlobNameError,
    BlobRefusedError,
    ReelmillError,
    SettingsError,
    StorageError,
)
from schemas.media import StoredFile
from storage.blobs import BlobStore, open_blobs, publish

BAD_NAMES = (
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a//b",
    "a/",
    "./a",
    ".incoming/x",
    "a\\b",
    "a\0b",
    "x" * 900,
)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A file to store."""
    path = tmp_path / "video.mp4"
    path.write_bytes(b"moving pictures" * 1000)
    return path


def test_a_stored_file_is_found_with_its_facts(blobs: BlobStore, video: Path) -> None:
    """Put and find agree on name, length and SHA-256."""
    digest = hashlib.sha256(video.read_bytes()).hexdigest()

    stored = blobs.put("ads/a.mp4", video)

    assert stored == StoredFile(name="ads/a.mp4", sha256=digest, bytes=15_000)
    assert blobs.find("ads/a.mp4") == stored


def test_a_stored_file_is_read_back_on_this_machine(blobs: BlobStore, video: Path, tmp_path: Path) -> None:
    """A program needs a path, wherever the store is; a second look finds the same one."""
    blobs.put("clips/a.mp4", video)

    first = blobs.local("clips/a.mp4", tmp_path / "cache")
    second = blobs.local("clips/a.mp4", tmp_path / "cache")

    assert first == second
    assert first.read_bytes() == video.read_bytes()
    assert not list(tmp_path.rglob(".incoming-*"))


def test_text_is_read_back(blobs: BlobStore) -> None:
    """Sidecars are text in any script."""
    blobs.put_text("ads/a.json", '{"hook": "唤醒清晨"}')

    assert blobs.read_text("ads/a.json") == '{"hook": "唤醒清晨"}'


def test_an_empty_file_is_a_file(blobs: BlobStore) -> None:
    """Nothing in it is not the same as not there."""
    assert blobs.put_text("empty.txt", "").bytes == 0
    assert blobs.read_text("empty.txt") == ""


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, 3, b"345"), (8, 100, b"89"), (10, 1, b""), (99, 5, b"")],
)
def test_a_piece_of_a_file_is_read(blobs: BlobStore, start: int, length: int, expected: bytes) -> None:
    """A player asks for a video in pieces; nobody holds the whole of it."""
    blobs.put_text("ads/a.mp4", "0123456789")

    assert blobs.read_range("ads/a.mp4", start, length) == expected


def test_names_are_listed_by_prefix(blobs: BlobStore) -> None:
    """A prefix need not end at a slash, and other folders stay out."""
    for name in ("ads/ab.json", "ads/ac.json", "ads/b/c.json", "clips/ab.json"):
        blobs.put_text(name, name)

    assert list(blobs.names("ads/a")) == ["ads/ab.json", "ads/ac.json"]
    assert set(blobs.names("ads/")) == {"ads/ab.json", "ads/ac.json", "ads/b/c.json"}
    assert len(list(blobs.names(""))) == 4
    assert list(blobs.names("nothing/")) == []


def test_a_deleted_file_is_gone_and_may_be_deleted_again(blobs: BlobStore) -> None:
    """Clearing up can be repeated."""
    blobs.put_text("a.txt", "a")

    blobs.delete("a.txt")
    blobs.delete("a.txt")

    assert blobs.find("a.txt") is None
    assert list(blobs.names("")) == []


def test_what_is_absent_is_named(blobs: BlobStore, tmp_path: Path) -> None:
    """Reading nothing is an error, asking for it is not."""
    assert blobs.find("ads/none.mp4") is None
    with pytest.raises(BlobMissingError, match=r"ads/none\.mp4.*run its campaign again"):
        blobs.read_text("ads/none.mp4")
    with pytest.raises(BlobMissingError, match=r"ads/none\.mp4.*run its campaign again"):
        blobs.local("ads/none.mp4", tmp_path / "cache")
    with pytest.raises(BlobMissingError, match=r"ads/none\.mp4.*run its campaign again"):
        blobs.read_range("ads/none.mp4", 0, 1)


def test_the_same_content_may_be_stored_twice(blobs: BlobStore, video: Path) -> None:
    """A worker that lost the answer tries again and must succeed."""
    assert blobs.put("ads/a.mp4", video) == blobs.put("ads/a.mp4", video)


def test_other_content_does_not_take_a_name(blobs: BlobStore) -> None:
    """Same key, same thing: other bytes under it mean that something is wrong."""
    blobs.put_text("a.txt", "first")

    with pytest.raises(BlobConflictError, match=r"'a\.txt'.*other bytes"):
        blobs.put_text("a.txt", "second")
    assert blobs.read_text("a.txt") == "first"


def test_content_is_replaced_when_asked(blobs: BlobStore, tmp_path: Path) -> None:
    """A repair puts the right bytes in place; a cached copy of the old ones is not served."""
    blobs.put_text("a.txt", "first")
    blobs.local("a.txt", tmp_path / "cache")

    blobs.put_text("a.txt", "other", replace=True)

    assert blobs.read_text("a.txt") == "other"
    assert blobs.local("a.txt", tmp_path / "cache").read_text() == "other"


def test_of_many_writers_one_wins(blobs: BlobStore) -> None:
    """Eight threads want one name for eight contents."""

    def attempt(number: int) -> int | None:
        try:
            blobs.put_text("race.txt", f"content {number}")
        except BlobConflictError:
            return None
        return number

    with ThreadPoolExecutor(8) as threads:
        winners = [number for number in threads.map(attempt, range(8)) if number is not None]

    assert len(winners) == 1
    assert blobs.read_text("race.txt") == f"content {winners[0]}"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leaves_the_store_is_refused(name: str, blobs: BlobStore, tmp_path: Path) -> None:
    """Parts of names come from briefs, and briefs from strangers."""
    with pytest.raises(BlobNameError, match="cannot name a blob"):
        blobs.put_text(name, "x")
    with pytest.raises(BlobNameError, match="cannot name a blob"):
        blobs.find(name)
    with pytest.raises(BlobNameError, match="cannot name a blob"):
        blobs.local(name, tmp_path)
    with pytest.raises(BlobNameError, match="cannot name a blob"):
        blobs.read_range(name, 0, 1)
    with pytest.raises(BlobNameError, match="cannot name a blob"):
        blobs.delete(name)


def test_a_source_that_is_absent_is_named(blobs: BlobStore, tmp_path: Path) -> None:
    """The message has both the name and the path."""
    with pytest.raises(StorageError, match=r"ads/a\.mp4.*nowhere\.mp4"):
        blobs.put("ads/a.mp4", tmp_path / "nowhere.mp4")


def test_bytes_that_are_no_text_are_damage(blobs: BlobStore, tmp_path: Path) -> None:
    """A sidecar that is not UTF-8 is told by its name."""
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    blobs.put("ads/a.json", tmp_path / "raw")

    with pytest.raises(BlobDamagedError, match=r"ads/a\.json.*damaged"):
        blobs.read_text("ads/a.json")


def test_a_store_travels_to_workers(blobs: BlobStore) -> None:
    """Ray pickles it, also after use; the connection stays behind."""
    blobs.put_text("a.txt", "a")

    travelled: BlobStore = pickle.loads(pickle.dumps(blobs))  # noqa: S301 (our own)

    assert travelled.read_text("a.txt") == "a"


@pytest.mark.parametrize("where", ["ftp://host/x", "s3://", "s3:///prefix"])
def test_a_place_that_is_no_store_is_refused(where: str) -> None:
    """The cure is in the message."""
    with pytest.raises(SettingsError, match=r"use a folder or s3://bucket/prefix"):
        open_blobs(where)


def test_errors_say_whether_trying_again_helps() -> None:
    """The dispatcher asks the class, not the message; what it gets came back from another process."""
    lasting = [BlobNameError, BlobMissingError, BlobDamagedError, BlobConflictError, BlobRefusedError]
    kinds: list[type[ReelmillError]] = [StorageError, *lasting]

    travelled = [pickle.loads(pickle.dumps(kind("why"))) for kind in kinds]  # noqa: S301 (our own)

    assert [(type(error), str(error)) for error in travelled] == [(kind, "why") for kind in kinds]
    assert [kind.retryable for kind in kinds] == [True, False, False, False, False, False]


def _video(path: Path, frames: bytes) -> Path:
    """Write what looks like a whole MP4."""
    boxes = ((b"ftyp", b"isom"), (b"moov", b"index"), (b"mdat", frames))
    path.write_bytes(b"".join((8 + len(content)).to_bytes(4) + kind + content for kind, content in boxes))
    return path


def test_what_is_published_is_stored(blobs: BlobStore, tmp_path: Path) -> None:
    """Once or twice."""
    path = _video(tmp_path / "video", b"frames")

    facts = [publish(blobs, "clips/a.mp4", path) for _ in range(2)]

    assert facts == [blobs.find("clips/a.mp4")] * 2


def test_the_first_whole_file_keeps_its_name(blobs: BlobStore, tmp_path: Path) -> None:
    """A writer that comes late learns what is there, and changes nothing that a row may speak of."""
    first = publish(blobs, "clips/a.mp4", _video(tmp_path / "first", b"frames"))

    second = publish(blobs, "clips/a.mp4", _video(tmp_path / "second", b"other frames"))

    assert second == first == blobs.find("clips/a.mp4")


def test_what_is_not_whole_makes_way(blobs: BlobStore, tmp_path: Path) -> None:
    """No row can want it."""
    whole = _video(tmp_path / "whole", b"frames")
    (tmp_path / "cut").write_bytes(whole.read_bytes()[:-1])
    blobs.put("clips/a.mp4", tmp_path / "cut")

    published = publish(blobs, "clips/a.mp4", whole)

    assert published == blobs.find("clips/a.mp4")
    assert published.bytes == whole.stat().st_size


def test_of_many_who_publish_all_tell_of_the_same_file(blobs: BlobStore, tmp_path: Path) -> None:
    """Whoever writes the row writes what is there."""
    paths = [_video(tmp_path / f"video{number}", b"frames" * number) for number in range(8)]

    with ThreadPoolExecutor(8) as threads:
        facts = set(threads.map(lambda path: publish(blobs, "clips/a.mp4", path), paths))

    assert facts == {blobs.find("clips/a.mp4")}


def test_names_that_others_gave_are_not_listed(blobs: BlobStore, tmp_path: Path) -> None:
    """What a store could not be asked for by its name is no blob."""
    blobs.put_text("ads/a.mp4", "a")
    (tmp_path / "blobs" / "ads" / ".hidden").mkdir(parents=True)
    (tmp_path / "blobs" / "ads" / ".hidden" / "b.mp4").write_text("b")
    (tmp_path / "blobs" / "ads" / "back\\slash.mp4").write_text("c")

    assert list(blobs.names("ads/")) == ["ads/a.mp4"]


def test_a_store_in_which_nobody_died_has_nothing_to_sweep(blobs: BlobStore) -> None:
    """Published files are none of its business."""
    blobs.put_text("ads/a.mp4", "a")

    assert blobs.sweep(idle=True) == ()
    assert list(blobs.names("")) == ["ads/a.mp4"]


class _Moody:
    """A store that fails a few times before it takes a file."""

    def __init__(self, *errors: StorageError) -> None:
        self._errors = list(errors)

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:  # noqa: ARG002
        if self._errors:
            raise self._errors.pop(0)
        return StoredFile(name=name, sha256="", bytes=path.stat().st_size)


def test_publishing_waits_for_a_store_that_is_away(video: Path) -> None:
    """What was made may have cost hours of a GPU."""
    moody: Any = _Moody(StorageError("no answer"), StorageError("no answer"))

    assert publish(moody, "clips/a.mp4", video).bytes == video.stat().st_size


def test_publishing_does_not_wait_for_a_store_that_refuses(video: Path) -> None:
    """A person has to mend that."""
    moody: Any = _Moody(BlobRefusedError("the disk is full"))

    with pytest.raises(BlobRefusedError, match="full"):
        publish(moody, "clips/a.mp4", video)
