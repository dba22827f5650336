"""Whole pictures and videos, and what is left of them when they are cut."""

from pathlib import Path

import av
import numpy as np
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


@pytest.fixture(scope="module", name="voice")
def _voice(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a FLAC of several frames, the last of them short."""
    path = tmp_path_factory.mktemp("voice") / "voice.flac"
    noise = np.random.default_rng(1).integers(-3000, 3000, (1, 700_001), np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path.read_bytes()


@pytest.mark.parametrize("lost", [0, 1, 2, 50, 3000, 60_000, 1_200_000])
def test_a_voice_is_whole_only_to_its_last_frame(lost: int, voice: bytes, path: Path) -> None:
    """Its number is over 127, which FLAC codes in two bytes."""
    path.write_bytes(voice[: len(voice) - lost])

    assert is_whole(path) == (lost == 0)


def test_a_voice_that_ends_with_a_whole_frame_that_is_not_its_last_is_cut(voice: bytes, path: Path) -> None:
    """Its checksum is right, its number is not."""
    ends = [place for place in range(42, len(voice)) if voice.startswith(b"\xff\xf8", place)]
    cut = [voice[:place] for place in ends[-40:]]

    for content in cut:
        path.write_bytes(content)
        assert not is_whole(path)


@pytest.mark.parametrize(
    "text", ["WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", "1\n00:00:00,000 --> 00:00:01,000\nHi\n"]
)
def test_captions_are_whole_up_to_the_end_of_a_line(text: str, path: Path) -> None:
    """More their outline does not tell."""
    path.write_text(text)
    whole = is_whole(path)
    path.write_text(text[:-1])

    assert whole
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
