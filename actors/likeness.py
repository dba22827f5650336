"""Says how far two prints of one ad are apart: picture by picture, and in sound."""

import math
import re
import tempfile
from pathlib import Path

import numpy as np

from actors.probing import probe_video
from actors.sound import Sound, read_sound
from actors.video import open_media, run_ffmpeg
from schemas.errors import MediaError
from schemas.record import Record

_FORMATS = "mov,mp4,m4a"
_FFMPEG_SECONDS_MAX = 1800
_FRAME = re.compile(r"^n:(\d+) .*All:([0-9.]+|nan|inf)", re.MULTILINE)
SAME_SOUND_DB = -120.0
"""What stands for no difference at all."""


class Likeness(Record):
    """How like two videos are, frame by frame."""

    ssim: float
    """Mean of all frames, 0 to 1; 1 is the same."""
    worst: float
    """Of the frame that differs most."""
    worst_frame: int
    """Its number, from 0."""
    frames: int


def measure_ssim(one: Path, other: Path, ffmpeg_exe: str) -> Likeness:
    """Return the structural similarity of two videos of one size and length, over Y, U and V.

    Measured by ffmpeg's ``ssim``, on blocks of 8 x 8 pixels. Source: Wang et al., Image Quality Assessment:
    From Error Visibility to Structural Similarity, IEEE TIP 13 (2004). Raises MediaError where they differ in
    size or length, or cannot be decoded.
    """
    shapes = [(facts.width, facts.height, facts.frames) for facts in map(probe_video, (one, other))]
    if shapes[0] != shapes[1]:
        first, second = (f"{width}x{height}, {frames} frames" for width, height, frames in shapes)
        raise MediaError(f"the pictures cannot be compared: one has {first}, the other {second}")
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "ssim"
        _run(one, other, f"[0:v:0][1:v:0]ssim=stats_file={_escaped(str(stats))}", ffmpeg_exe)
        values = [float(value) for _, value in _FRAME.findall(stats.read_text())]
    if not values:
        raise MediaError("the pictures cannot be compared: ffmpeg saw no frame")
    worst = min(range(len(values)), key=values.__getitem__)
    mean = sum(values) / len(values)
    return Likeness(ssim=mean, worst=values[worst], worst_frame=worst, frames=len(values))


def sound_difference(one: Path, other: Path) -> float | None:
    """Return how loud the difference of two sounds is beside the first of them, dB; None where none has any.

    The ratio of root mean squares, never below SAME_SOUND_DB; 0 and more says that they have nothing in
    common. Where one is longer, its end counts as difference. Raises MediaError.
    """
    sounds = [_sound(path) for path in (one, other)]
    if all(sound is None for sound in sounds):
        return None
    first, second = (np.zeros((0, 2), np.float32) if sound is None else sound for sound in sounds)
    length = max(len(first), len(second))
    first, second = (np.pad(sound, ((0, length - len(sound)), (0, 0))) for sound in (first, second))
    apart, loud = (
        float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) for part in (first - second, first)
    )
    if apart == 0:
        return SAME_SOUND_DB
    return max(SAME_SOUND_DB, 20 * math.log10(apart / loud)) if loud else 0.0


def _sound(path: Path) -> Sound | None:
    with open_media(path) as container:
        if not container.streams.audio:
            return None
    return read_sound(path)


def _run(one: Path, other: Path, graph: str, ffmpeg_exe: str) -> None:
    safe = ("-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS)
    inputs = [part for path in (one, other) for part in (*safe, "-i", f"file:{path}")]
    command = [ffmpeg_exe, "-nostats", "-loglevel", "error", *inputs, "-lavfi", graph, "-f", "null", "-"]
    run_ffmpeg(command, "comparing pictures", seconds_max=_FFMPEG_SECONDS_MAX)


def _escaped(text: str) -> str:
    """Return *text* as an option inside a filter graph (ffmpeg-filters, Notes on filtergraph escaping)."""
    option = re.sub(r"([\\':])", r"\\\1", text)
    return re.sub(r"([\\'\[\],;])", r"\\\1", option)
