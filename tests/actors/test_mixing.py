"""Shots are heard over the music, which steps back for them."""

import numpy as np

from actors.mixing import Placed, mix
from actors.synth import RATE, Sound


def tone(seconds: float, hertz: float, level: float) -> Sound:
    """Return a sine in both channels."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * times))[:, None].repeat(2, axis=1).astype(np.float32)


def strength(sound: Sound, hertz: float) -> float:
    """Return how strong *hertz* is in *sound*."""
    times = np.arange(len(sound)) / RATE
    return float(2 * np.abs(np.mean(sound[:, 0] * np.exp(-2j * np.pi * hertz * times))))


def test_music_steps_back_under_a_shot_and_returns() -> None:
    """By 12 dB, and not for longer than the shot sounds."""
    music, shot = tone(6, 440, 0.2), tone(2, 1000, 0.2)

    mixed = mix(music, [Placed(2 * RATE, shot)])

    before, under, after = (mixed[round(s * RATE) : round((s + 1) * RATE)] for s in (0.5, 2.5, 4.5))
    assert np.isclose(strength(before, 440), 0.2, rtol=0.02)
    assert np.isclose(strength(under, 440), 0.05, rtol=0.05)
    assert np.isclose(strength(after, 440), 0.2, rtol=0.02)
    assert strength(under, 1000) > 0.15
    assert strength(after, 1000) < 0.01


def test_a_quiet_shot_is_brought_to_the_music() -> None:
    """Models speak at any level."""
    mixed = mix(tone(3, 440, 0.2), [Placed(0, tone(3, 1000, 0.04))])

    assert np.isclose(strength(mixed[RATE : 2 * RATE], 1000), 0.2, rtol=0.1)


def test_without_music_the_shot_is_as_it_was() -> None:
    """Silence has no level to be brought to."""
    shot = tone(1, 1000, 0.3)

    mixed = mix(np.zeros((2 * RATE, 2), np.float32), [Placed(RATE // 2, shot)])

    middle = slice(RATE, RATE + RATE // 4)
    assert np.allclose(mixed[middle], shot[RATE // 2 : RATE // 2 + RATE // 4], atol=1e-6)
    assert not mixed[: RATE // 2].any()


def test_what_lies_beyond_the_end_is_cut() -> None:
    """The ad is as long as its music; no click at the start of a shot."""
    mixed = mix(
        np.zeros((RATE, 2), np.float32),
        [Placed(RATE // 2, tone(9, 1000, 0.3)), Placed(2 * RATE, tone(1, 1, 1))],
    )

    assert len(mixed) == RATE
    assert np.abs(np.diff(mixed[:, 0])).max() < 0.05


def test_no_shot_leaves_the_music_alone() -> None:
    """Bit by bit."""
    music = tone(1, 440, 0.2)

    assert mix(music, []) is music
