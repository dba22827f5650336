"""Tells what a video file says of itself, without decoding it."""

from itertools import pairwise
from pathlib import Path

from actors.video import open_media
from schemas.errors import MediaError
from schemas.record import Record


class VideoFacts(Record):
    """What the video stream of a file says of itself."""

    width: int
    height: int
    fps: float
    constant_rate: bool
    frames: int
    codec: str
    pixel_format: str
    keyframe_seconds_max: float
    kbps: int


def probe_video(path: Path) -> VideoFacts:
    """Measure the first video stream of *path* from its packets; nothing is decoded."""
    with open_media(path) as container:
        if not container.streams.video:
            raise MediaError(f"{path.name}: has no video stream")
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        context = stream.codec_context
        base = float(stream.time_base or 0)
        shown = sorted(packet.pts for packet in packets if packet.pts is not None)
        steps = {after - before for before, after in pairwise(shown)}
        fps = 1 / (base * min(steps)) if steps else float(stream.average_rate or 0)
        keys = [packet.pts * base for packet in packets if packet.is_keyframe and packet.pts is not None]
        end = (shown[-1] * base + 1 / fps) if shown else 0.0
        size = sum(packet.size for packet in packets)
        return VideoFacts(
            width=context.width,
            height=context.height,
            fps=round(fps, 3),
            constant_rate=len(steps) <= 1,
            frames=len(packets),
            codec=context.codec.name,
            pixel_format=context.pix_fmt or "",
            keyframe_seconds_max=round(
                max(b - a for a, b in zip(keys, [*keys[1:], end], strict=True)) if keys else 0, 3
            ),
            kbps=round(size * 8 / 1000 * fps / max(1, len(packets))),
        )
