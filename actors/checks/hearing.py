"""Measures an ad's sound after decoding: length, dead channels, gaps, clipping."""

from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from actors.sound.loudness import SILENCE, measure
from actors.video import open_media
from schemas.errors import MediaError
from schemas.facts import HeardFacts

_WINDOW = 0.05
"""Seconds in which silence is looked for."""
_SILENT = 10 ** (-66 / 20)
"""Peak below which a window is silent: the last two bits of a CD."""
_DEAD = 10 ** (-60 / 20)
"""Root mean square below which a channel is dead, where another is a hundred times as loud."""
_ALIVE = 100
_FULL_SCALE = 0.9999


class Heard(NamedTuple):
    """The first audio stream of a file; without one, everything is 0, and silent."""

    codec: str
    rate: int
    channels: int
    lufs: float
    true_peak: float
    facts: HeardFacts


def hear(path: Path, ffmpeg_exe: str) -> Heard:
    """Measure the sound of the file at *path*. Raises MediaError where it cannot be decoded."""
    with open_media(path) as media:
        if not media.streams.audio:
            return Heard("", 0, 0, SILENCE, SILENCE, HeardFacts())
        stream = media.streams.audio[0]
        codec, rate, profile = stream.codec_context.name, stream.rate or 0, str(stream.profile or "")
        try:
            parts = [_samples(frame) for frame in media.decode(stream)]
        except av.FFmpegError as error:
            raise MediaError(f"{path.name}: the sound cannot be decoded: {error}") from error
        bits = _bits(path)
    sound = np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)
    seconds = sound.shape[1] / rate if rate else 0.0
    loudness = measure(path, ffmpeg_exe)
    facts = HeardFacts(
        profile=profile,
        seconds=round(seconds, 3),
        kbps=round(bits / 1000 / seconds) if seconds else 0,
        dead_channels=_dead_channels(sound),
        gap=_gap(sound, round(rate * _WINDOW)),
        clipped=int(np.count_nonzero(np.abs(sound) >= _FULL_SCALE)),
        offset=round(float(np.abs(sound.mean(axis=1)).max(initial=0)) if sound.size else 0.0, 4),
    )
    return Heard(codec, rate, stream.channels, loudness.lufs, loudness.true_peak, facts)


def _samples(frame: "av.AudioFrame") -> NDArray[np.float32]:
    """Return float32 [channels, samples], full scale 1."""
    values: NDArray[np.generic] = frame.to_ndarray()
    full = np.float32(2 ** (values.dtype.itemsize * 8 - 1) if values.dtype.kind == "i" else 1)
    values = values.astype(np.float32) / full
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    return np.asarray(values, dtype=np.float32)


def _bits(path: Path) -> int:
    with open_media(path) as media:
        return sum(packet.size for packet in media.demux(media.streams.audio[0])) * 8


def _dead_channels(sound: NDArray[np.float32]) -> tuple[int, ...]:
    power = np.sqrt(np.mean(np.square(sound), axis=1)) if sound.size else np.zeros(len(sound))
    loudest = power.max(initial=0)
    dead = (power < _DEAD) & (power * _ALIVE < loudest)
    return tuple(int(channel) for channel in np.flatnonzero(dead))


def _gap(sound: NDArray[np.float32], window: int) -> float:
    """Return the longest silence in seconds, to a window."""
    count = sound.shape[1] // window if window else 0
    if not count:
        return 0.0
    peaks = np.abs(sound[:, : count * window]).reshape(len(sound), count, window).max(axis=(0, 2))
    return round(longest_run(peaks < _SILENT) * _WINDOW, 2)


def longest_run(flags: NDArray[np.bool_]) -> int:
    """Return how many *flags* in a row are set at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
