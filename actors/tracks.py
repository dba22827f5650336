"""Joins the sound of takes to the track of a clip: stereo, 48 kHz, as long as the pictures.

Sound is float32 [samples, channels], full scale 1.
"""

from typing import NamedTuple

import av
import numpy as np

from actors.synth import RATE, Sound
from schemas.errors import GenerationError

_LACK_MAX = 0.1
"""Seconds of sound that may be missing at the end; models count in grains of some hundredths."""
_FADE = RATE // 200
"""Samples in which a sound ends that ends too early."""


class Heard(NamedTuple):
    """The sound of one take."""

    start: float
    """Where it begins in the clip, in seconds."""
    sound: Sound
    """At 48 kHz, stereo."""


def resampled(sound: Sound, rate: int) -> Sound:
    """Return *sound* of *rate*, mono or stereo, as stereo at 48 kHz."""
    pair = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]
    if rate == RATE:
        return np.ascontiguousarray(pair, dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(pair.T, dtype=np.float32), format="fltp", layout="stereo"
    )
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    parts = [part.to_ndarray() for piece in (frame, None) for part in resampler.resample(piece)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T, dtype=np.float32)


def joined_track(takes: list[Heard], seconds: float) -> Sound:
    """Return the sound of *takes*, in order, as a track of *seconds*; where two overlap, they cross-fade.

    Raises GenerationError where much is missing at the end, or a sample is no number.
    """
    total = round(seconds * RATE)
    track, end = np.zeros((total, 2), np.float32), 0
    for take in takes:
        start = round(take.start * RATE)
        part = take.sound[: max(0, total - start)].copy()
        both = max(0, min(end - start, len(part)))
        rising = (np.arange(both, dtype=np.float32)[:, None] + 1) / (both + 1)
        track[start : start + both] *= 1 - rising
        part[:both] *= rising
        track[start : start + len(part)] += part
        end = start + len(part)
    return _whole(track, end)


def _whole(track: Sound, end: int) -> Sound:
    """Return *track*, which is heard until sample *end*, faded there if that is too early."""
    lack = (len(track) - end) / RATE
    if lack > _LACK_MAX:
        raise GenerationError(f"the sound is {lack:.2f} s shorter than the pictures")
    if not np.isfinite(track).all():
        raise GenerationError("the sound holds samples that are no numbers; use another seed")
    if lack > 0:
        fade = min(_FADE, end)
        track[end - fade : end] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return np.clip(track, -1, 1)
