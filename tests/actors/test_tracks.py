"""Tests of the sound of takes: resampled, joined, as long as the pictures."""

import numpy as np
import pytest

from actors.tracks import RATE, Heard, joined_track, resampled
from schemas.errors import GenerationError


def tone(seconds: float, rate: int, channels: int = 2) -> np.ndarray:
    """A tone of 440 Hz."""
    wave = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate).astype(np.float32)
    return np.repeat(wave[:, None] * 0.5, channels, axis=1)


@pytest.mark.parametrize(
    ("rate", "channels"), [(24_000, 2), (24_000, 1), (16_000, 2), (48_000, 2), (44_100, 2)]
)
def test_a_tone_stays_the_same_tone(rate: int, channels: int) -> None:
    """Neither its length, its pitch nor its place changes."""
    made, wanted = resampled(tone(0.5, rate, channels), rate), tone(0.5, RATE)

    assert made.shape == wanted.shape
    assert np.abs(made - wanted)[200:-200].max() < 0.01


def test_takes_that_overlap_cross_fade() -> None:
    """Two takes of the same tone join to one tone."""
    whole = tone(1.0, RATE)
    parts = [Heard(0.0, whole[:30_000]), Heard(0.5, whole[24_000:])]

    assert np.abs(joined_track(parts, 1.0) - whole).max() < 1e-5


def test_a_track_that_ends_a_little_early_fades_into_silence() -> None:
    """There is no click where the model stopped."""
    track = joined_track([Heard(0.0, np.ones((46_000, 2), np.float32))], 1.0)

    assert len(track) == RATE
    assert track[46_000:].max() == 0
    assert np.abs(np.diff(track[:, 0])).max() < 0.01


def test_a_track_that_is_too_long_is_cut() -> None:
    """It ends with the pictures."""
    assert len(joined_track([Heard(0.0, tone(2.0, RATE))], 1.0)) == RATE


def test_a_track_that_is_much_too_short_is_refused() -> None:
    """Half a clip without sound is no sound."""
    with pytest.raises(GenerationError, match=r"the sound is 0\.50 s shorter than the pictures"):
        joined_track([Heard(0.0, tone(0.5, RATE))], 1.0)


def test_samples_that_are_no_numbers_are_refused() -> None:
    """They would silence the whole ad."""
    with pytest.raises(GenerationError, match="no numbers"):
        joined_track([Heard(0.0, np.full((RATE, 2), np.nan, np.float32))], 1.0)
