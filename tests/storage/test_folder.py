"""A folder as blob store: what a full or forbidden disk leaves behind."""

import errno
import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import BlobMissingError, BlobRefusedError, StorageError
from storage.aside import aside
from storage.folder import LocalBlobs

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.getuid() == 0 and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], stderr=subprocess.DEVNULL
    )
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_full_disk_is_told_and_leaves_nothing_behind(small_disk: Path, tmp_path: Path) -> None:
    """Half a file would eat the space that the cure asks to free."""
    big, small = tmp_path / "big", tmp_path / "small"
    big.write_bytes(bytes(4 * MIB))
    small.write_bytes(bytes(MIB))
    blobs = LocalBlobs(small_disk)

    with pytest.raises(BlobRefusedError, match=r"'ads/a\.mp4'.*free space"):
        blobs.put("ads/a.mp4", big)

    assert _files(small_disk) == []
    assert blobs.put("ads/a.mp4", small).bytes == MIB


def _put_with_limit(root: Path, source: Path, told: "multiprocessing.SimpleQueue[str]") -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
    try:
        LocalBlobs(root).put("ads/a.mp4", source)
    except BlobRefusedError as error:
        told.put(str(error))


def test_a_write_that_the_system_cuts_leaves_nothing_behind(tmp_path: Path) -> None:
    """The same without root: the child may write one MiB of the four."""
    source, root = tmp_path / "source", tmp_path / "blobs"
    source.write_bytes(bytes(4 * MIB))
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    child = context.Process(target=_put_with_limit, args=(root, source, told))

    child.start()
    child.join(60)

    assert child.exitcode == 0
    assert "ulimit" in told.get()
    assert _files(root) == []


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    """``a`` cannot be both a file and the folder of ``a/b``."""
    blobs = LocalBlobs(tmp_path)
    blobs.put_text("a", "file")

    with pytest.raises(BlobRefusedError, match=r"cannot store 'a/b'"):
        blobs.put_text("a/b", "text")

    assert blobs.read_text("a") == "file"


def test_files_that_are_not_published_yet_are_no_blobs(tmp_path: Path) -> None:
    """A worker killed while it copies leaves a file that nobody may take for finished."""
    (tmp_path / ".incoming" / "x").mkdir(parents=True)
    (tmp_path / ".incoming" / "x" / "file").write_bytes(b"half")

    assert list(LocalBlobs(tmp_path).names("")) == []


def test_published_files_can_be_read_by_others(tmp_path: Path) -> None:
    """Temporary files are private by default; ads are not."""
    blobs = LocalBlobs(tmp_path)
    old = os.umask(0o022)
    try:
        blobs.put_text("a.txt", "a")
    finally:
        os.umask(old)

    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, BlobRefusedError) for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)),
        *((code, StorageError) for code in (errno.EIO, errno.ESTALE, errno.EMFILE)),
    ],
)
def test_a_disk_that_refuses_is_told_from_one_that_stumbles(
    code: int, kind: type[StorageError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what may pass is worth another try."""

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(kind) as caught:
        LocalBlobs(tmp_path).put_text("a.txt", "a")
    assert caught.type is kind
    assert _files(tmp_path) == []


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from storage import folder
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], die)
folder.LocalBlobs(Path(sys.argv[1])).put_text("ads/a.mp4", "whole")
"""


@pytest.mark.parametrize("moment", ["fsync", "link"])
def test_a_writer_that_is_killed_publishes_nothing(moment: str, tmp_path: Path) -> None:
    """What it leaves is no blob, and the next sweep removes it; what lives is left alone."""
    subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE, tmp_path, moment], check=False, cwd=Path(__file__).parents[2]
    )
    blobs = LocalBlobs(tmp_path)
    with aside(tmp_path / ".incoming"):
        left = blobs.sweep(dry=True)
        swept = blobs.sweep()
        alive = list((tmp_path / ".incoming").iterdir())

    assert len(left) == 1
    assert left == swept
    assert len(alive) == 1
    assert _files(tmp_path) == []


def test_no_name_leads_through_a_link_to_a_folder(tmp_path: Path) -> None:
    """Else a repair could remove what lies elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.mp4").write_text("precious")
    (tmp_path / "blobs" / "ads").mkdir(parents=True)
    (tmp_path / "blobs" / "ads" / "link").symlink_to(tmp_path / "elsewhere")

    assert list(LocalBlobs(tmp_path / "blobs").names("")) == []


def test_a_folder_in_place_of_a_file_is_for_a_person_to_mend(tmp_path: Path) -> None:
    """No second try would move it away, so none is made, and the ad that wants the name fails at once."""
    blobs = LocalBlobs(tmp_path / "blobs")
    (tmp_path / "blobs" / "ads" / "a.mp4").mkdir(parents=True)
    (tmp_path / "a.mp4").write_bytes(b"an ad")

    with pytest.raises(BlobRefusedError, match="a folder is in the way of a file: move it away"):
        blobs.put("ads/a.mp4", tmp_path / "a.mp4")


@pytest.mark.parametrize("at", ["ads", "ads/a.mp4"])
def test_a_link_in_the_store_gives_nothing_away(tmp_path: Path, at: str) -> None:
    """Whoever may write to the folder may put links there; a browser is not led out by them."""
    outside, root = tmp_path / "outside", tmp_path / "blobs"
    for folder in (outside, (root / at).parent):
        folder.mkdir(parents=True, exist_ok=True)
    (outside / "a.mp4").write_text("secret")
    (root / at).symlink_to(outside if at == "ads" else outside / "a.mp4")

    with pytest.raises(BlobMissingError):
        LocalBlobs(root).read_range("ads/a.mp4", 0, 6)


def test_what_is_no_file_does_not_hold_a_reader_up(tmp_path: Path) -> None:
    """Opening a pipe waits for somebody who writes to it."""
    os.mkfifo(tmp_path / "pipe.mp4")

    with pytest.raises(BlobMissingError):
        LocalBlobs(tmp_path).read_range("pipe.mp4", 0, 6)
