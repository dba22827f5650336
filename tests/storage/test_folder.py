"""A folder as blob store: what a full or forbidden disk leaves behind."""

import multiprocessing
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import StorageError
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

    with pytest.raises(StorageError, match=r"'ads/a\.mp4'.*free space"):
        blobs.put("ads/a.mp4", big)

    assert _files(small_disk) == []
    assert blobs.put("ads/a.mp4", small).bytes == MIB


def _put_with_limit(root: Path, source: Path, told: "multiprocessing.SimpleQueue[str]") -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
    try:
        LocalBlobs(root).put("ads/a.mp4", source)
    except StorageError as error:
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

    with pytest.raises(StorageError, match=r"cannot store 'a/b'"):
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
