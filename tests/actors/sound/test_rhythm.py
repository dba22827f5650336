"""Beats and bars are found where they were drawn, and none where there are none."""

from collections.abc import Callable

import numpy as np
import pytest

from actors.sound.rhythm import find_rhythm
from actors.synth import _STYLES as STYLES
from actors.synth import RATE, Score, make_bed

CASES = [
    (60, 4, {"late": 0.6}),
    (75, 3, {}),
    (92, 4, {"silence": 3.0}),
    (112, 3, {"late": 0.67}),
    (128, 4, {}),
    (145, 3, {}),
    (160, 4, {}),
    (180, 4, {"late": 0.67}),
    (180, 3, {}),
]


@pytest.mark.parametrize(("bpm", "bar", "drawn"), CASES)
def test_beats_are_found_where_they_were_drawn(
    piece: Callable[..., tuple[np.ndarray, np.ndarray]], bpm: float, bar: int, drawn: dict[str, float]
) -> None:
    """Within 15 ms; of a quick piece every second or third beat will do, and bars begin with its bars."""
    track, beats = piece(bpm, bar, 20, **drawn)
    rhythm = find_rhythm(track)

    assert rhythm is not None
    away = np.abs(rhythm.beats[:, None] - beats).min(axis=1)
    inside = rhythm.beats < beats[-1] + 0.1
    bars = np.abs(rhythm.beats[inside & (rhythm.places == 0)][:, None] - beats[::bar]).min(axis=1)
    assert np.mean(away[inside] < 0.015) == 1
    assert np.mean(bars < 0.015) > 0.9


def test_the_beats_of_the_synthesiser_are_found() -> None:
    """Its shaker is loudest between the beats, as hats are in much music."""
    rhythm = find_rhythm(make_bed("upbeat", 15, 1))
    score = Score(style=STYLES["upbeat"], seconds=15, seed=1)

    assert rhythm is not None
    away = np.abs(rhythm.beats[:, None] - np.arange(score.hit + 1) * score.beat).min(axis=1)
    assert np.percentile(away, 95) < 0.03


@pytest.mark.parametrize("bpm", [75, 112, 160])
def test_rubato_has_no_beat(piece: Callable[..., tuple[np.ndarray, np.ndarray]], bpm: float) -> None:
    """Nor have hiss, a tone and silence."""
    hiss = np.random.default_rng(0).standard_normal((8 * RATE, 2)).astype(np.float32) * 0.1
    tone = np.repeat(np.sin(np.arange(8 * RATE) / 20), 2).reshape(-1, 2).astype(np.float32)

    assert find_rhythm(piece(bpm, 4, 24, rubato=0.3)[0]) is None
    assert find_rhythm(hiss) is None
    assert find_rhythm(tone) is None
    assert find_rhythm(np.zeros_like(tone)) is None
