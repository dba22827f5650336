"""Lays the sound of shots over the music of an ad: the music steps back where they are heard.

Sound is float32 [samples, 2] at 48 kHz, full scale 1.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.synth import RATE, Sound

_DUCKED = 10 ** (-12 / 20)
"""What is left of the music under a shot's sound: 12 dB less."""
_RAMP = RATE // 5
"""Samples in which the music steps back and returns."""
_FADE = RATE // 50
"""Samples in which a shot's sound comes and goes, so that no cut clicks."""
_GAIN_MAX = 10.0
_HEARD = 10 ** (-50 / 20)
"""Level below which nothing counts as sound."""


class Placed(NamedTuple):
    """The sound of one shot."""

    start: int
    """First sample in the ad."""
    sound: Sound


def mix(music: Sound, shots: Iterable[Placed]) -> Sound:
    """Return *music*, as long as the ad, with the sound of *shots* over it; what lies beyond its end is cut.

    Each shot is brought to the level of the music before that steps back. Silence stays silence.
    """
    placed = [shot for shot in shots if shot.start < len(music) and shot.sound.any()]
    if not placed:
        return music
    room = np.ones(len(music), dtype=np.float32)
    voices = np.zeros_like(music)
    wanted = _level(music)
    for start, sound in placed:
        part = _faded(sound[: len(music) - start])
        level = _level(part)
        gain = min(_GAIN_MAX, wanted / level) if wanted and level else 1.0
        voices[start : start + len(part)] += part * np.float32(gain)
        room[max(0, start) : start + len(part)] = _DUCKED
    return (music * _eased(room)[:, None] + voices).astype(np.float32)


def _level(sound: Sound) -> float:
    """Return the root mean square of what is heard of *sound*; 0 for silence."""
    loud = sound[np.abs(sound).max(axis=1) > _HEARD]
    return float(np.sqrt(np.mean(np.square(loud, dtype=np.float64)))) if len(loud) else 0.0


def _faded(sound: Sound) -> Sound:
    length = min(_FADE, len(sound) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)[:, None]
    shaped = sound.copy()
    shaped[:length] *= ramp
    shaped[len(shaped) - length :] *= ramp[::-1]
    return shaped


def _eased(room: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth the steps of *room* over _RAMP samples, half before and half after."""
    padded = np.concatenate([np.full(_RAMP // 2, room[0]), room, np.full(_RAMP // 2, room[-1])])
    sums = np.concatenate([[0.0], np.cumsum(padded, dtype=np.float64)])
    return np.asarray((sums[_RAMP:] - sums[:-_RAMP])[: len(room)] / _RAMP, dtype=np.float32)
