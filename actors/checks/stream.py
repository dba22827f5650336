"""Measures an ad's streams from packets and headers; nothing is decoded."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from actors.checks.boxes import read_boxes
from actors.checks.tags import FULL_RANGE, color_name
from actors.video import open_media
from schemas.errors import CheckError, MediaError
from schemas.facts import ContainerFacts, StreamFacts

_PROGRESSIVE = {0, 1}
_IDR = 5
_UNIT_KIND = 0x1F
_LOCAL_PATH = re.compile(r"(?:^|[\s\"'=(:])(?:file:/|~/|[A-Za-z]:[\\/]\w|\\\\\w|/(?:[\w.@-]+/)+[\w.@-]+)")
_TICKS_SURE = 10
"""Ticks a frame from which on a rounding of one tick is no irregularity."""
_TIME_BASE = 1_000_000
"""Ticks a second in which containers tell their length."""


class Streams(NamedTuple):
    """What the headers and packets of a file tell."""

    container: ContainerFacts
    stream: StreamFacts
    moov_first: bool
    width: int
    height: int
    codec: str
    pixel_format: str
    fps: float
    frames: int
    hidden: int
    """Frames that an edit list leaves out."""
    seconds: float
    keyframe_seconds_max: float
    kbps: int


class _Packet(NamedTuple):
    pts: int
    duration: int
    size: int
    key: bool
    hidden: bool
    refreshes: bool
    """Whether nothing after it refers to what lies before it."""


def read_streams(path: Path) -> Streams:
    """Measure the file at *path*. Raises CheckError where there is no picture to measure."""
    try:
        with open_media(path) as media:
            if not media.streams.video:
                raise CheckError(f"{path.name}: has no video stream")
            return _read(path, media, media.streams.video[0])
    except MediaError as error:
        raise CheckError(f"{path.name}: cannot be measured: {error}") from error


def _read(path: Path, media: Any, video: Any) -> Streams:  # noqa: ANN401 (PyAV's types miss what is read)
    boxes, context = read_boxes(path), video.codec_context
    packets = list(_packets(media, video))
    if not packets:
        raise CheckError(f"{path.name}: cannot be measured: no frame can be read")
    base = float(video.time_base)
    shown = sorted(packets, key=lambda packet: packet.pts)
    # MP4 tells the length of the last frame in the order of decoding.
    shown[-1] = shown[-1]._replace(duration=packets[-1].duration)
    step = median(b.pts - a.pts for a, b in pairwise(shown)) if len(shown) > 1 else shown[0].duration
    fps = _rate(shown, step, base)
    seconds = (shown[-1].pts - shown[0].pts + (shown[-1].duration or step)) * base
    lost = video.frames - len(packets)
    hidden = sum(packet.hidden for packet in packets)
    container = ContainerFacts(
        brand=boxes.brand,
        seconds=round(boxes.seconds or (media.duration or 0) / _TIME_BASE, 3),
        streams=(*map(_name, media.streams), *(["chapters"] if media.chapters() else [])),
        edits=(*boxes.edits, *([f"{hidden} hidden frames"] if hidden else [])),
        private_tags=tuple(_private(media.metadata, *(stream.metadata for stream in media.streams))),
        damage=boxes.damage or (f"{lost} of {video.frames} frames are missing" if lost > 0 else ""),
    )
    keys = [packet for packet in shown if packet.key]
    ends = [*(key.pts for key in keys[1:]), shown[-1].pts + step]
    return Streams(
        container=container,
        stream=_stream(video, packets, shown, step),
        moov_first=boxes.moov_first,
        width=context.width,
        height=context.height,
        codec=context.codec.name,
        pixel_format=(context.pix_fmt or "").replace("yuvj", "yuv"),
        fps=fps,
        frames=len(packets),
        hidden=hidden,
        seconds=round(seconds, 3),
        keyframe_seconds_max=round(
            max((end - key.pts for key, end in zip(keys, ends, strict=True)), default=0) * base, 3
        ),
        kbps=round(sum(packet.size for packet in packets) * 8 / 1000 / seconds) if seconds else 0,
    )


def _packets(media: Any, video: Any) -> Iterator[_Packet]:  # noqa: ANN401 (as above)
    """Yield the packets of *video* in the order of decoding."""
    extra = video.codec_context.extradata or b""
    length = (extra[4] & 3) + 1 if video.codec_context.codec.name == "h264" and extra[:1] == b"\1" else 0
    for packet in media.demux(video):
        if packet.pts is not None:
            refreshes = packet.is_keyframe and (not length or _IDR in _units(bytes(packet), length))
            yield _Packet(
                packet.pts,
                packet.duration or 0,
                packet.size,
                packet.is_keyframe,
                packet.is_discard or packet.pts < 0,
                refreshes,
            )


def _units(data: bytes, length: int) -> set[int]:
    """Return the kinds of the H.264 units in *data*, each behind its size of *length* bytes."""
    kinds, place = set(), 0
    while place + length < len(data):
        kinds.add(data[place + length] & _UNIT_KIND)
        place += length + int.from_bytes(data[place : place + length])
    return kinds


def _rate(shown: list[_Packet], step: float, base: float) -> float:
    """Return the frames a second: of most, where some are irregular, else over all."""
    span, irregular = shown[-1].pts - shown[0].pts, _irregular(shown, step)
    if span and not 0 < irregular < len(shown) / 2:
        return round((len(shown) - 1) / (span * base), 3)
    return round(1 / (step * base), 3) if step else 0.0


def _irregular(shown: list[_Packet], step: float) -> int:
    """Count the frames that are not shown as long as most; a tick is rounding."""
    slack = 1 if step >= _TICKS_SURE else 0
    spans = [*(b.pts - a.pts for a, b in pairwise(shown)), shown[-1].duration or step]
    return sum(abs(span - step) > slack for span in spans)


def _stream(video: Any, packets: list[_Packet], shown: list[_Packet], step: float) -> StreamFacts:  # noqa: ANN401
    context = video.codec_context
    aspect = video.sample_aspect_ratio or context.sample_aspect_ratio
    return StreamFacts(
        profile=str(context.profile or ""),
        sample_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect else "1:1",
        interlaced=context.field_order not in _PROGRESSIVE,
        primaries=color_name(context.color_primaries),
        transfer=color_name(context.color_trc),
        matrix=color_name(context.colorspace),
        full_range=context.color_range == FULL_RANGE or (context.pix_fmt or "").startswith("yuvj"),
        irregular_frames=_irregular(shown, step),
        starts_with_keyframe=packets[0].key and packets[0].refreshes,
        open_gops=_open_gops(packets),
    )


def _open_gops(packets: list[_Packet]) -> int:
    """Count the keyframes after the first across which frames refer to each other."""
    later = [number for number, packet in enumerate(packets) if packet.key and number]
    return sum(
        not packets[number].refreshes
        or any(packet.pts < packets[number].pts for packet in packets[number + 1 : number + 4])
        for number in later
    )


def _name(stream: Any) -> str:  # noqa: ANN401 (PyAV's streams have no common codec)
    context = stream.codec_context
    return f"{stream.type} {context.name}" if context else stream.type


def _private(*tables: Mapping[str, str]) -> Iterator[str]:
    """Yield the tags that tell a path of the machine where the file was made."""
    for name, value in ((name, value) for table in tables for name, value in table.items()):
        if _LOCAL_PATH.search(value):
            yield f"{name}={value}"
