"""Reads sound from files of strangers, and writes WAV: float32 [samples, 2] at 48 kHz, full scale 1."""

import wave
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np

from actors.synth import RATE, Sound
from actors.video import open_media
from schemas.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer

_RATES = range(8_000, 192_001)
"""Sample rates that are read: a rate of 1 Hz would make gigabytes of a small file."""
_TAIL_SECONDS_MAX = 1200
"""How much is decoded at most to reach the end of a track whose header lies about its length."""


class Track(NamedTuple):
    """The beginning of a piece of music and, where there is one apart from it, its ending."""

    sound: Sound
    gap: int
    """Sample before which music was left out; 0 where the sound is in one piece."""
    whole: bool
    """Whether *sound* ends as the file does."""


def read_sound(path: Path, *, seconds_max: float = 600) -> Sound:
    """Decode a local file to float32 [samples, 2] at 48 kHz, at most *seconds_max* of it.

    Raises MediaError for a file that is no sound, names other files, or holds values that are no numbers.
    """
    with open_media(path) as container:
        return _checked(path, _first(_decoded(path, container), round(seconds_max * RATE))[0])


def read_track(path: Path, *, head: float, tail: float) -> Track:
    """Decode the first *head* seconds of a track and its last *tail* seconds, and nothing between.

    Only the head comes of a file in which nothing can be sought. Raises MediaError as `read_sound`.
    """
    with open_media(path) as container:
        parts, whole = _first(_decoded(path, container), round((head + tail) * RATE))
    begin = _checked(path, parts)
    if whole:
        return Track(begin, 0, whole=True)
    begin = begin[: round(head * RATE)].copy()
    end = _ending(path, round(tail * RATE), head)
    if end is None:
        return Track(begin, 0, whole=False)
    return Track(np.concatenate([begin, end]), len(begin), whole=True)


def _first(parts: Iterator[Sound], limit: int) -> tuple[list[Sound], bool]:
    """Return the first *limit* samples of *parts*, and whether that is all there is."""
    kept: list[Sound] = []
    count = 0
    for part in parts:
        kept.append(part[: limit - count])
        count += len(part)
        if count > limit:
            return kept, False
    return kept, True


def _ending(path: Path, samples: int, head: float) -> Sound | None:
    """Return the last *samples* of the file, None where they cannot be reached past second *head*.

    A wrong length in the header leads too far back or past the end; the file's real end decides.
    """
    with open_media(path) as container:
        stream = container.streams.audio[0]
        length = float(container.duration or 0) / av.time_base
        begin = length - samples / RATE - 2
        if begin <= head or not stream.time_base:
            return None
        try:
            container.seek(int(begin * av.time_base))
            parts = _last(_decoded(path, container), samples)
        except (av.FFmpegError, MediaError):
            return None
    if sum(map(len, parts)) < samples:
        return None
    sound = np.concatenate(parts)[-samples:]
    return sound if np.isfinite(sound).all() else None


def _last(parts: Iterator[Sound], samples: int) -> deque[Sound]:
    kept: deque[Sound] = deque()
    held = seen = 0
    for part in parts:
        kept.append(part)
        held, seen = held + len(part), seen + len(part)
        while held - len(kept[0]) >= samples:
            held -= len(kept.popleft())
        if seen > _TAIL_SECONDS_MAX * RATE:
            return deque()
    return kept


def _checked(path: Path, parts: list[Sound]) -> Sound:
    if not sum(map(len, parts)):
        raise MediaError(f"{path.name}: holds no sound")
    sound = np.concatenate(parts)
    if not np.isfinite(sound).all():
        raise MediaError(f"{path.name}: holds samples that are no numbers")
    return sound


def _decoded(path: Path, container: "InputContainer") -> Iterator[Sound]:
    """Yield what is left of *container*, resampled. Raises MediaError."""
    if not container.streams.audio:
        raise MediaError(f"{path.name}: has no audio stream")
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
    try:
        for frame in container.decode(container.streams.audio[0]):
            if frame.sample_rate not in _RATES:
                raise MediaError(f"{path.name}: sample rate {frame.sample_rate} Hz; use 8000 to 192000")
            for part in resampler.resample(frame):
                yield np.asarray(part.to_ndarray(), dtype=np.float32).reshape(-1, 2)
        for part in resampler.resample(None):
            yield np.asarray(part.to_ndarray(), dtype=np.float32).reshape(-1, 2)
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(f"{path.name}: cannot be decoded: {error}") from error


def write_wav(path: Path, sound: Sound) -> None:
    """Write float32 [samples, 2] as WAV of 24 bits; what exceeds full scale is clipped."""
    whole = (np.clip(sound, -1, 1).astype(np.float64) * (2**23 - 1)).round().astype("<i4", order="C")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(RATE)
        file.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
