"""Reads video of a brief, or a clip made before, as pictures of the size and rate that a model wants."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.framing import window_of
from actors.video import open_media
from schemas.errors import MediaError
from schemas.layout import Box
from schemas.placements import FPS
from schemas.record import Record
from schemas.wording import shown

Picture = NDArray[np.uint8]

SIDE_MIN, SIDE_MAX = 64, 4096
SECONDS_MAX = 600.0
_RATE_MAX = 240
"""Frames a second; what has more is no film, and takes too long to look through."""
_STREAMS_MAX = 8
_CONTAINERS = {"mov": "mp4", "matroska": "mkv"}
_LACKING_MAX = 0.5
"""Seconds that may be missing of what a file says that it lasts; streams end unevenly."""
_AGAIN = "export it again as MP4"


class Seen(NamedTuple):
    """A frame, and when it is seen, in seconds from the first."""

    frame: av.VideoFrame
    begin: Fraction
    end: Fraction
    stretch: Fraction
    """How many times wider than high its pixels are."""


class Footage(Record):
    """What a video is, as far as it can be told without decoding all of it."""

    width: int
    """As it is shown: turned and stretched where the file says so."""
    height: int
    seconds: float
    """What its frames last, whatever its header says."""
    container: str
    """Suffix of its kind of file, ``mp4`` or ``mkv``."""


def probe_footage(path: Path) -> Footage:
    """Look at the video *path*, which comes from a stranger: bounds first, its packets, then one frame.

    Raises MediaError for what is no video, too large, too long, cut off, or cannot be decoded.
    """
    try:
        container = open_media(path)
    except MediaError as error:
        raise _refusal(path, "is broken or no video", "use an MP4, MOV, MKV or WebM file") from error
    with container:
        kind = next(
            (_CONTAINERS[name] for name in container.format.name.split(",") if name in _CONTAINERS), ""
        )
        stream = _film(container)
        if not kind or stream is None or len(container.streams) > _STREAMS_MAX:
            raise _refusal(path, "is no video that can be used", "use an MP4, MOV, MKV or WebM file")
        _refuse_size(path, stream.codec_context.width, stream.codec_context.height)
        told = float((container.duration or 0) / av.time_base)
        _refuse_length(path, told)
        seconds = _lasting(path, container, stream, told)
        _refuse_length(path, seconds)
    width, height = _first_size(path)
    return Footage(width=width, height=height, seconds=round(seconds, 3), container=kind)


def pictures(path: Path, *, fps: Fraction) -> Iterator[Picture]:
    """Yield the pictures of *path* at a constant rate, RGB ``uint8 [H, W, 3]``, as they are shown.

    A picture is repeated or left out where the file has another rate. Raises MediaError.
    """
    return map(_upright, frames_at(path, fps=fps))


def frames_at(path: Path, *, fps: Fraction) -> Iterator[Seen]:
    """Yield the frames of *path* at a constant rate.

    Each is the one that is seen at the middle of its time, so that none comes late and a picture that stands
    for long stands as long here: a video of N seconds gives N x fps frames, rounded. Raises MediaError.
    """
    due, step = 1 / fps / 2, 1 / fps
    before: Seen | None = None
    for seen in all_frames(path):
        while before is not None and due < seen.begin:
            yield before
            due += step
        before = seen
    while before is not None and due < before.end:
        yield before
        due += step


def all_frames(path: Path) -> Iterator[Seen]:
    """Yield every frame of *path*; one that does not say how long it lasts does so as the one before.

    Raises MediaError for what grows beyond the bounds of `probe_footage`, and for what cannot be decoded.
    """
    with open_media(path) as container:
        stream = _film(container)
        if stream is None:
            raise _refusal(path, "has no picture", "use an MP4, MOV, MKV or WebM file")
        stream.thread_count = 1
        start: Fraction | None = None
        at, step = Fraction(0), Fraction(1, FPS)
        try:
            for frame in container.decode(stream):
                now = at + step if frame.pts is None else frame.pts * (frame.time_base or Fraction(1, FPS))
                start = now if start is None else start
                at, step = now - start, max(now - start - at, Fraction(0)) or step
                stretch = _stretch(stream)
                _refuse_growth(path, frame, at, stretch)
                lasts = (frame.duration or 0) * (frame.time_base or Fraction(0)) or step
                yield Seen(frame, at, at + min(lasts, Fraction(SECONDS_MAX)), stretch)
        except av.FFmpegError as error:
            raise _refusal(path, f"cannot be decoded, {error.strerror}", _AGAIN) from error


def covering(picture: Picture, width: int, height: int, subject: Box | None = None) -> Picture:
    """Return *picture* scaled to cover *width* x *height*, about *subject* where the ratio differs."""
    tall, wide = picture.shape[:2]
    if (wide, tall) == (width, height):
        return picture
    left, top, *sides = window_of((wide, tall), (width, height), subject, cover=True)
    box = (left, top, left + sides[0], top + sides[1])
    image = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS, box)
    return np.asarray(image, dtype=np.uint8)


def _film(container: "av.container.InputContainer") -> av.VideoStream | None:
    """Return the stream that moves; a cover picture is none."""
    cover = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & cover), None)


def _lasting(
    path: Path, container: "av.container.InputContainer", film: av.VideoStream, told: float
) -> float:
    """Return how many seconds the packets of *film* last; refuse a file that ends before what it *told*."""
    begin, end, last, count = math.inf, -math.inf, -math.inf, 0
    try:
        for packet in container.demux():
            if packet.pts is None or packet.is_discard:
                continue
            ends = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            last = max(last, ends)
            if packet.stream_index == film.index:
                begin, end, count = (
                    min(begin, float(packet.pts * packet.time_base)),
                    max(end, ends),
                    count + 1,
                )
                if count > SECONDS_MAX * _RATE_MAX:
                    raise _refusal(path, f"has over {_RATE_MAX} frames a second", _AGAIN)
    except av.FFmpegError as error:
        raise _refusal(path, f"is broken or cut off, {error.strerror}", _AGAIN) from error
    if not count:
        raise _refusal(path, "has no frame", _AGAIN)
    if told - last > max(_LACKING_MAX, told / 20):
        raise _refusal(path, f"is cut off: {last:.1f} s of {told:.1f} s are there", _AGAIN)
    return end - begin


def _first_size(path: Path) -> tuple[int, int]:
    """Return width and height of the first picture of *path*, as it is shown."""
    for seen in islice(all_frames(path), 1):
        picture = _upright(seen)
        _refuse_size(path, picture.shape[1], picture.shape[0])
        return picture.shape[1], picture.shape[0]
    raise _refusal(path, "has no frame", _AGAIN)


def _refuse_size(path: Path, width: int, height: int) -> None:
    if not (min(width, height) >= SIDE_MIN and max(width, height) <= SIDE_MAX):
        cure = f"scale it to {SIDE_MIN} to {SIDE_MAX} pixels a side"
        raise _refusal(path, f"has {width} x {height} pixels", cure)


def _refuse_length(path: Path, seconds: float) -> None:
    if seconds > SECONDS_MAX:
        raise _refusal(path, f"lasts {seconds:.0f} s", f"cut it to {SECONDS_MAX:.0f} s at most")


def _refuse_growth(path: Path, frame: av.VideoFrame, at: Fraction, stretch: Fraction) -> None:
    """Refuse what was promised otherwise when the file was probed."""
    _refuse_length(path, float(at))
    width = round(frame.width * stretch)
    if not (0 < width <= SIDE_MAX and frame.height <= SIDE_MAX):
        raise _refusal(path, f"has a picture of {width} x {frame.height} pixels", _AGAIN)


def _stretch(stream: av.VideoStream) -> Fraction:
    return Fraction(stream.sample_aspect_ratio or 1)


def _upright(seen: Seen) -> Picture:
    frame = seen.frame
    width = round(frame.width * seen.stretch)
    picture = np.asarray(frame.to_ndarray(format="rgb24", width=width, height=frame.height), dtype=np.uint8)
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _refusal(path: Path, what: str, cure: str) -> MediaError:
    return MediaError(f"{shown(path.name)} {what}; {cure}")
