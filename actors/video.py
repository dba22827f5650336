"""Reads video files frame by frame, and says how they are written.

A frame is planar yuv420p (BT.709, limited range) in one flat uint8 array of width * height * 3 / 2 values;
`planes` gives its three parts as views. What is read or written passes frame by frame.
"""

import math
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

import av
import imageio_ffmpeg
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from schemas.errors import MediaError
from schemas.record import Record

Frame = NDArray[np.uint8]

_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,matroska,webm,mp3,wav,ogg,flac",
}


class Encoding(Record):
    """x264 settings; one thread and cpu-independent code, so that the same frames give the same bytes."""

    preset: str
    crf: int
    kbps: int = 0
    """Bit rate that is kept, padded where pictures need less, kbit/s; 0 encodes by quality, as *crf* says."""
    lossless_sound: bool = False
    """ALAC in place of AAC."""
    sound_kbps: int = 192
    """Bit rate of AAC, kbit/s."""


DELIVERY = Encoding(preset="faster", crf=18)
MEZZANINE = Encoding(preset="ultrafast", crf=12, lossless_sound=True)
"""Clips between generator and composer: above 52 dB, and without CABAC three times quicker to decode."""
BASE = Encoding(preset="ultrafast", crf=4, lossless_sound=True)
"""Clips to enlarge, which enlarges the encoder's traces too: above 52 dB even where there is grain."""


ALAC: dict[str, str | int] = {
    "c:a": "alac",
    "sample_fmt": "s16p",
    "ar": 48_000,
    "ac": 2,
    "flags:a": "+bitexact",
}
"""How the sound of a clip is: it is mixed and encoded again."""


def x264_options(encoding: Encoding) -> dict[str, str]:
    """Return the options of libx264 by name, but for size, rate and groups of pictures."""
    exact = {"preset": encoding.preset, "profile": "high", "x264-params": "cpu-independent=1"}
    if not encoding.kbps:
        return exact | {"crf": str(encoding.crf)}
    rate = f"{encoding.kbps}k"
    kept = {"b": rate, "maxrate": rate, "bufsize": rate, "nal-hrd": "cbr"}
    return exact | kept


def aac(kbps: int) -> dict[str, str | int]:
    """Return how the sound of an ad is encoded, as ffmpeg's options by name."""
    return {"c:a": "aac", "b:a": f"{kbps}k", "ar": 48_000, "ac": 2, "flags:a": "+bitexact"}


def ffmpeg_path(setting: str | None) -> str:
    """Return the ffmpeg to run: the one of the settings, else the one that the wheel carries."""
    return setting or str(imageio_ffmpeg.get_ffmpeg_exe())


def planes(frame: Frame, width: int, height: int) -> tuple[Frame, Frame, Frame]:
    """Return views of the Y, U and V planes: [height, width] and twice [height / 2, width / 2]."""
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + chroma].reshape(half),
        frame[luma + chroma :].reshape(half),
    )


def open_media(path: Path) -> "av.container.InputContainer":
    """Open a local file for reading; playlists and network addresses inside it are refused."""
    try:
        return av.open(f"file:{path}", options=_OPEN_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path.name}: cannot be opened as media: {error}") from error


def read_frames(path: Path, first: int = 0) -> Iterator[Frame]:
    """Yield the frames of a yuv420p file of constant rate, in order, from number *first* on."""
    with open_media(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        try:
            frames = container.decode(stream)
            if first:
                pace = Fraction(stream.average_rate or 1) * Fraction(stream.time_base or 1)
                container.seek(math.floor(first / pace), stream=stream)
                frames = (frame for frame in frames if round((frame.pts or 0) * pace) >= first)
            for frame in frames:
                yield _flat(frame)
        except av.FFmpegError as error:
            raise MediaError(f"{path.name}: cannot be decoded: {error}") from error


def _flat(picture: av.VideoFrame) -> Frame:
    frame = np.empty(picture.width * picture.height * 3 // 2, np.uint8)
    for plane, part in zip(picture.planes, planes(frame, picture.width, picture.height), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        part[...] = rows[: part.shape[0], : part.shape[1]]
    return frame


def grab_picture(path: Path, seconds: float, *, every: int = 1) -> NDArray[np.uint8]:
    """Return the frame that is shown at *seconds*, RGB uint8 [H, W, 3], without reading all before it.

    *every* takes one pixel of so many, across and down.
    """
    with open_media(path) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 1)
        container.seek(int(seconds / base), stream=stream)
        picture = None
        for frame in container.decode(stream):
            if picture is not None and float(frame.pts or 0) * base > seconds:
                break
            picture = frame
        if picture is None:
            raise MediaError(f"{path.name}: has no frame at {seconds:.2f} s")
        reduced = picture.reformat(
            width=max(1, picture.width // every),
            height=max(1, picture.height // every),
            format="rgb24",
            interpolation=Interpolation.POINT if every > 1 else None,
        )
        return np.asarray(reduced.to_ndarray(), dtype=np.uint8)


def start_ffmpeg(
    command: list[str], log: IO[bytes], *, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start ffmpeg with its words going to *log*: an unread pipe would stop it for good."""
    safe = [command[0], "-nostdin", "-hide_banner", "-y", *command[1:]]
    return subprocess.Popen(safe, stdin=stdin, stdout=subprocess.DEVNULL, stderr=log, bufsize=0)  # noqa: S603


def run_ffmpeg(command: list[str], what: str, *, seconds_max: float = 300) -> str:
    """Run ffmpeg and return its last words. Raises as `ffmpeg_failure`; MediaError when it takes too long."""
    with tempfile.TemporaryFile() as log, start_ffmpeg(command, log) as process:
        try:
            code = process.wait(seconds_max)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise MediaError(f"{what}: ffmpeg did not end within {seconds_max:g} s") from error
        words = tail(log, 4000)
    if code:
        raise ffmpeg_failure(what, code, words[-600:])
    return words


def ffmpeg_failure(what: str, code: int, words: str) -> MediaError | ChildProcessError:
    """Return the error for an ffmpeg that ended with *code*: MediaError, unless a signal killed it.

    Then *what* it worked on may be good, and the next attempt succeed: it is what the kernel does to the
    largest process when memory runs out.
    """
    if code < 0:
        return ChildProcessError(f"{what}: ffmpeg was killed by {signal.Signals(-code).name}")
    return MediaError(f"{what}: ffmpeg ended with {code}: {words}")


def tail(log: IO[bytes], size: int = 600) -> str:
    """Return the last words in *log*, on one line."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - size))
    return " | ".join(log.read().decode(errors="replace").split("\n")).strip(" |")
