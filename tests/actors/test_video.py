"""Writing and reading video: the same bytes each time, every plane in place, a bit rate that is kept."""

import hashlib
import re
import subprocess
import threading
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from actors.probing import probe_video
from actors.video import (
    MEZZANINE,
    Encoding,
    Frame,
    ffmpeg_path,
    planes,
    read_frames,
)
from actors.video_writer import PictureWriter, VideoWriter
from schemas.errors import MediaError

FFMPEG = ffmpeg_path(None)
WIDTH, HEIGHT = 66, 50
SIZE = {"width": WIDTH, "height": HEIGHT, "fps": 30}


def _frames(count: int, seed: int = 0) -> list[Frame]:
    """Return soft pictures that move, whose planes all differ."""
    rng = np.random.default_rng(seed)
    start = rng.integers(40, 180, WIDTH * HEIGHT * 3 // 2).astype(np.uint8)
    start[:] = np.linspace(60, 180, start.size)
    return [np.roll(start, 3 * number) for number in range(count)]


def _write(path: Path, frames: list[Frame], encoding: Encoding = MEZZANINE) -> Path:
    with VideoWriter(path, **SIZE, encoding=encoding, ffmpeg_exe=FFMPEG) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Every plane in its place, though a decoder pads its rows: 66 pixels are no multiple of 32."""
    frames = _frames(20)
    found = list(read_frames(_write(tmp_path / "a.mp4", frames)))

    assert len(found) == 20
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, found, strict=True)) < 12


@pytest.mark.parametrize("size", [(66, 50), (160, 90), (54, 98), (36, 64)])
def test_planes_do_not_run_into_each_other(size: tuple[int, int], tmp_path: Path) -> None:
    """Also where the rows of chroma are no whole rows of luma, as at a height of 1350."""
    width, height = size
    frame = np.empty(width * height * 3 // 2, np.uint8)
    for plane, value in zip(planes(frame, *size), (90, 60, 190), strict=True):
        plane[...] = value
    path = tmp_path / "a.mp4"
    with VideoWriter(
        path, width=width, height=height, fps=30, encoding=MEZZANINE, ffmpeg_exe=FFMPEG
    ) as writer:
        writer.write(frame)

    (found,) = read_frames(path)

    assert [set(np.unique(plane)) for plane in planes(found, *size)] == [{90}, {60}, {190}]


def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    """So a rerun changes nothing."""
    frames = _frames(12)
    digests = {
        hashlib.sha256(_write(tmp_path / f"{name}.mp4", frames).read_bytes()).hexdigest() for name in "ab"
    }

    assert len(digests) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "b.mp4"}


def test_a_bit_rate_is_kept_where_pictures_need_less(tmp_path: Path) -> None:
    """A still picture needs next to nothing; some placements ask for their rate all the same."""
    frames = [_frames(1)[0]] * 90
    kept = probe_video(_write(tmp_path / "kept.mp4", frames, Encoding(preset="faster", crf=18, kbps=800)))
    free = probe_video(_write(tmp_path / "free.mp4", frames, Encoding(preset="faster", crf=18)))

    assert kept.kbps == pytest.approx(800, rel=0.1)
    assert free.kbps < 200


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    """The message names both; no file is left."""
    with (
        pytest.raises(MediaError, match="a frame of 4 bytes where 4950 belong"),
        VideoWriter(tmp_path / "a.mp4", **SIZE, encoding=MEZZANINE, ffmpeg_exe=FFMPEG) as writer,
    ):
        writer.write(np.zeros(4, np.uint8))

    assert not list(tmp_path.iterdir())


def test_a_buffer_may_be_filled_again_while_its_frame_is_encoded(tmp_path: Path) -> None:
    """Encoding lags behind writing; the file is the one that frames of their own give."""
    frames = _frames(12)
    apart = _write(tmp_path / "apart.mp4", frames).read_bytes()
    buffer = np.empty_like(frames[0])
    with VideoWriter(tmp_path / "one.mp4", **SIZE, encoding=MEZZANINE, ffmpeg_exe=FFMPEG) as writer:
        for frame in frames:
            buffer[:] = frame
            writer.write(buffer)

    assert (tmp_path / "one.mp4").read_bytes() == apart


@pytest.mark.parametrize("count", [1, 12])
def test_what_goes_wrong_on_the_thread_of_the_encoder_is_raised_here(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a later write, or at the end where no write comes; no file and no thread is left."""

    def broken(*_: object) -> None:
        raise MediaError("a.mp4: cannot be encoded")

    monkeypatch.setattr(PictureWriter, "_encode", broken)

    with pytest.raises(MediaError, match="cannot be encoded"):
        _write(tmp_path / "a.mp4", _frames(count))
    assert not list(tmp_path.iterdir())
    assert not _encoders()


def test_no_thread_is_left_where_drawing_fails(tmp_path: Path) -> None:
    """A worker makes thousands of ads, some of which fail."""
    writer = VideoWriter(tmp_path / "a.mp4", **SIZE, encoding=MEZZANINE, ffmpeg_exe=FFMPEG)
    with suppress(MediaError), writer:
        writer.write(_frames(1)[0])
        started = _encoders()
        writer.write(np.zeros(4, np.uint8))

    assert len(started) == 1
    assert not _encoders()
    assert not list(tmp_path.iterdir())


def _encoders() -> list[str]:
    """Return the names of the threads that encode now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("x264")]


@pytest.mark.parametrize("joint", [3, 30, 31, 45, 61])
def test_a_film_that_is_joined_is_one_film(joint: int, tmp_path: Path) -> None:
    """Every frame is there at its time, decoding may begin at the joint, and the head may come from before.

    Two IDR pictures in a row have different numbers (H.264, 7.4.3): after 61 frames the head ends in one.
    """
    frames = _frames(90)
    size = SIZE | {"encoding": Encoding(preset="veryfast", crf=18)}
    first, again, whole = (tmp_path / f"{name}.mp4" for name in ("first", "again", "whole"))
    with PictureWriter(first, **size, joint=joint) as writer:
        for frame in frames:
            writer.write(frame)
    with PictureWriter(again, **size, joint=joint, head=writer.head) as tail:
        for frame in frames[joint:]:
            tail.write(frame)
    with PictureWriter(whole, **size) as plain:
        for frame in frames:
            plain.write(frame)
    facts, numbers = probe_video(first), _idr_numbers(first)
    read, wanted = list(read_frames(first)), list(read_frames(whole))
    off = [np.abs(one.astype(int) - two).mean() for one, two in zip(read, wanted, strict=True)]

    assert first.read_bytes() == again.read_bytes()
    assert (facts.frames, facts.fps, facts.constant_rate) == (len(frames), 30, True)
    assert max(off) < 1
    assert np.array_equal(next(read_frames(first, joint)), read[joint])
    assert numbers[joint] is not None
    assert all(one is None or one != two for one, two in pairwise(numbers))


def _idr_numbers(path: Path) -> list[int | None]:
    """Return the idr_pic_id of every picture in order of decoding; None where it is none."""
    command = [FFMPEG, "-i", path, "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    slices = re.split(r"\] Slice Header", told)[1:]
    found = (re.search(r"idr_pic_id +\S+ = (\d+)", part) for part in slices)
    return [int(one[1]) if one else None for one in found]
