"""Whole pictures and videos, and what is left of them when they are cut."""

from pathlib import Path

import pytest
from PIL import Image

from storage.wholeness import is_whole


def box(kind: bytes, content: bytes, *, wide: bool = False) -> bytes:
    """Return a box of an MP4."""
    if wide:
        return (1).to_bytes(4) + kind + (16 + len(content)).to_bytes(8) + content
    return (8 + len(content)).to_bytes(4) + kind + content


VIDEO = box(b"ftyp", b"isom") + box(b"moov", b"index") + box(b"mdat", b"frames" * 100, wide=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file may lie."""
    return tmp_path / "file"


def test_a_whole_picture_and_a_whole_video_are_whole(path: Path, tmp_path: Path) -> None:
    """The name says nothing, the bytes do."""
    path.write_bytes(VIDEO)
    Image.new("RGB", (30, 20)).save(tmp_path / "picture", "png")

    assert is_whole(path)
    assert is_whole(tmp_path / "picture")


@pytest.mark.parametrize("lost", [1, 50, 600, len(VIDEO) - 5, len(VIDEO)])
def test_a_video_that_is_cut_is_not_whole(lost: int, path: Path) -> None:
    """Wherever it is."""
    path.write_bytes(VIDEO[:-lost])

    assert not is_whole(path)


@pytest.mark.parametrize("lost", [1, 12, 40])
def test_a_picture_that_is_cut_is_not_whole(lost: int, path: Path) -> None:
    """Its end is missing."""
    Image.effect_noise((30, 20), 50).save(path, "png")
    path.write_bytes(path.read_bytes()[:-lost])

    assert not is_whole(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a text, longer than a box's head",
        bytes(64),
        VIDEO + b"more",
        box(b"ftyp", b"isom") + box(b"mdat", b""),
        box(b"ftyp", b"") + box(b"moov", b"") + (3).to_bytes(4) + b"mdat",
        box(b"ftyp", b"") + box(b"moov", b"") + (1).to_bytes(4) + b"mdat",
    ],
)
def test_anything_else_is_not_whole(content: bytes, path: Path) -> None:
    """No file at all, a text, zeros, more than the boxes say, no index, boxes of impossible sizes."""
    path.write_bytes(content)

    assert not is_whole(path)
