"""Music and speech drawn to measure: the beats are known to the sample."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.synth import RATE, Sound

Piece = tuple[Sound, NDArray[np.float64]]


def draw_piece(
    bpm: float, bar: int, seconds: float, *, late: float = 0.5, silence: float = 0.0, rubato: float = 0.0
) -> Piece:
    """Draw kick, wood, hats, a chord a bar, and return the beats; *late* places the hat within its beat."""
    rng, beat = np.random.default_rng(0), 60 / bpm
    track = np.zeros(round(seconds * RATE))
    beats = [silence + 0.1]
    while beats[-1] + beat < seconds - 0.5:
        beats.append(beats[-1] + beat * (1 + rubato * rng.uniform(-1, 1)))
    tick = np.arange(RATE // 12) / RATE
    kick = 0.5 * np.sin(2 * np.pi * 60 * tick) * np.exp(-tick / 0.04)
    wood = 0.13 * np.sin(2 * np.pi * 1800 * tick) * np.exp(-tick / 0.01)
    for number, at in enumerate(beats):
        add(track, at, wood if number % bar else kick)
        add(track, at + late * beat, 0.04 * rng.standard_normal(len(tick)) * np.exp(-tick / 0.008))
        if number % bar == 0:
            time = np.arange(round(bar * beat * RATE)) / RATE
            root = 220 * 2 ** ((0, 7, 9, 5)[number // bar % 4] / 12)
            tones = sum(np.sin(2 * np.pi * root * 2 ** (step / 12) * time) for step in (0, 4, 7))
            add(track, at, 0.07 * np.asarray(tones) * np.minimum(1, time / 0.005) * np.exp(-time / 1.5))
    return np.repeat(track[:, None], 2, axis=1).astype(np.float32), np.array(beats)


def add(track: NDArray[np.float64], seconds: float, wave: NDArray[np.float64]) -> None:
    """Add *wave* at *seconds*; what lies beyond the end is cut."""
    start = round(seconds * RATE)
    track[start : start + len(wave)] += wave[: max(0, len(track) - start)]


@pytest.fixture
def piece() -> Callable[..., Piece]:
    """Return the function that draws music."""
    return draw_piece


@pytest.fixture
def speech() -> Callable[..., Sound]:
    """Return a function that draws syllables of a low buzz: mono, words of 0.4 s at the given seconds."""

    def _speech(seconds: float, *words: float, level: float = 0.2) -> Sound:
        time = np.arange(round(0.4 * RATE)) / RATE
        buzz = sum(np.sin(2 * np.pi * 140 * number * time) / number for number in range(1, 20))
        word = level * np.asarray(buzz) * np.sin(np.pi * np.minimum(1, time / 0.4)) ** 0.5
        track = np.zeros(round(seconds * RATE))
        for at in words:
            add(track, at, word)
        return track[:, None].astype(np.float32)

    return _speech
