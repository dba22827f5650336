"""Draws films as strangers send them: of any rate, turned, stretched, cut off, or none at all."""

import struct
import subprocess
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from actors.video import ffmpeg_path

_BASE = Fraction(1, 60_000)


def draw_film(
    path: Path,
    times: Iterable[Fraction],
    *,
    lasts: Fraction = Fraction(1, 30),
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
) -> Path:
    """Write a film to *path* with a frame at each of *times*, in seconds; the last one *lasts*.

    Each frame is grey; frame n has the brightness `grey_of(n)`.
    """
    moments = [*times]
    ends = [*moments[1:], moments[-1] + lasts] if moments else []
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "4", "bf": "0"} if codec == "libx264" else {}
        stream.codec_context.time_base = _BASE
        spans = {
            round(begin / _BASE): round((end - begin) / _BASE)
            for begin, end in zip(moments, ends, strict=True)
        }
        for number, (begin, span) in enumerate(spans.items()):
            picture = np.full((size[1], size[0], 3), grey_of(number), np.uint8)
            frame: Any = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base, frame.duration = begin, _BASE, span
            _mux(container, stream.encode(frame), spans)
        _mux(container, stream.encode(), spans)
    return path


def _mux(container: Any, packets: list[Any], spans: dict[int, int]) -> None:
    """Write *packets*, each with its length of *spans*, which encoders forget."""
    for packet in packets:
        packet.duration = spans[packet.pts]
        container.mux(packet)


def grey_of(number: int) -> int:
    """Return the brightness of a film's frame."""
    return 20 + number * 7 % 200


def evenly(count: int, fps: Fraction) -> list[Fraction]:
    """Return when *count* frames are shown."""
    return [n / fps for n in range(count)]


def draw_corners(path: Path, *, turn: int = 0, pixel: str = "1") -> Path:
    """Write a film of 96x64 whose upper left quarter is white, the rest black.

    Its header has players turn it *turn* degrees to the left, and make each pixel *pixel* times as wide.
    """
    plain = path.with_suffix(".plain.mp4")
    white = "color=black:s=96x64:r=24:d=0.5,drawbox=0:0:48:32:white:fill"
    _ffmpeg("-f", "lavfi", "-i", f"{white},setsar={pixel}", "-pix_fmt", "yuv420p", plain)
    _ffmpeg("-display_rotation", str(turn), "-i", plain, "-c", "copy", path)
    return path


def _ffmpeg(*arguments: object) -> None:
    command = [ffmpeg_path(None), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def tell_length(path: Path, seconds: float) -> Path:
    """Have the header of the Matroska film at *path* say that it lasts *seconds*."""
    data = bytearray(path.read_bytes())
    place = data.index(b"\x44\x89\x88") + 3
    data[place : place + 8] = struct.pack(">d", seconds * 1000)
    path.write_bytes(data)
    return path


def cut_off(path: Path, share: float = 0.5) -> Path:
    """Leave the first *share* of the file at *path*."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
