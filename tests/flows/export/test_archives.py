"""Archives: the same bytes each time, no part over its size, nothing lost."""

import tarfile
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from flows.export.archives import Archives, Member
from flows.export.request import Archive

KINDS = [kind for kind in get_args(Archive) if kind]


def _members(folder: Path, count: int, size: int) -> list[tuple[Member, ...]]:
    """Return *count* ads of two files each."""
    made = []
    for n in range(count):
        files = [(f"{'long-name' * 12}-{n}.mp4", size), (f"{n}.srt", 9)]
        for name, length in files:
            (folder / name).write_bytes(bytes([n]) * length)
        made.append(tuple(Member(name, folder / name, length) for name, length in files))
    return made


def _pack(folder: Path, kind: Archive, most: int, ads: list[tuple[Member, ...]]) -> list[Path]:
    folder.mkdir()
    archives = Archives(folder, "ads", kind, most)
    closed = [archives.add(members) for members in ads]
    return [path for path in (*closed, archives.close()) if path]


def _contents(path: Path) -> dict[str, bytes]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_parts_hold_everything_once_and_are_the_same_again(tmp_path: Path, kind: Archive) -> None:
    """The files of an ad stay together; a part that holds one more than it may would be over its size."""
    ads = _members(tmp_path, 7, 40_000)

    parts = _pack(tmp_path / "first", kind, 100_000, ads)
    again = _pack(tmp_path / "again", kind, 100_000, ads)

    contents = [_contents(part) for part in parts]
    assert [part.name for part in parts] == [f"ads-{n}.{kind}" for n in range(1, 5)]
    assert all(part.stat().st_size <= 100_000 for part in parts)
    assert [len(files) for files in contents] == [4, 4, 4, 2]
    assert [name for files in contents for name in files] == [member.name for ad in ads for member in ad]
    assert all(
        content == members.path.read_bytes()
        for ad in ads
        for members in ad
        for content in [next(files[members.name] for files in contents if members.name in files)]
    )
    assert [part.read_bytes() for part in parts] == [part.read_bytes() for part in again]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_larger_than_a_part_does_not_fit(tmp_path: Path, kind: Archive) -> None:
    """Without a size everything does."""
    (large,) = _members(tmp_path, 1, 200_000)

    assert not Archives(tmp_path, "ads", kind, 100_000).fits(large)
    assert Archives(tmp_path, "ads", kind, 0).fits(large)
