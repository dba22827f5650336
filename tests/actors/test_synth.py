"""The synthesiser's beds, judged by the numbers that an ear would complain about."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.synth import _STYLES as STYLES
from actors.synth import RATE, Score, make_bed
from schemas.errors import MediaError

Sound = NDArray[np.float32]
MOODS = ("upbeat", "calm")


@pytest.fixture(scope="module", params=MOODS)
def bed(request: pytest.FixtureRequest) -> Sound:
    """Ten seconds of each mood."""
    return make_bed(request.param, 10, seed=1)


def band_share(sound: Sound, low: float, high: float) -> float:
    """Return which part of the power lies between *low* and *high* Hz."""
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return power[(hertz >= low) & (hertz < high)].sum() / power.sum()


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("seconds", [1.0, 6.0, 14.976])
def test_a_bed_has_exactly_the_length_that_was_asked(mood: Literal["upbeat", "calm"], seconds: float) -> None:
    """The tempo gives way, not the length."""
    bed = make_bed(mood, seconds)

    assert bed.shape == (round(seconds * RATE), 2)
    assert bed.dtype == np.float32


def test_a_bed_begins_and_ends_in_silence(bed: Sound) -> None:
    """Neither end clicks, and the last hit fades."""
    tail = np.sqrt(np.mean(bed[-RATE // 10 :] ** 2))

    assert np.abs(bed[0]).max() < 1e-4
    assert np.abs(bed[-1]).max() < 1e-4
    assert tail < 0.1 * np.sqrt(np.mean(bed**2))


def test_a_bed_neither_clips_nor_leans_to_one_side_of_zero(bed: Sound) -> None:
    """Peaks stay under full scale and there is no DC."""
    assert np.abs(bed).max() == pytest.approx(0.7)
    assert np.abs(bed.mean(axis=0)).max() < 1e-3


def test_a_bed_is_balanced_as_recorded_music_is(bed: Sound) -> None:
    """Bass, middle and air have shares like those of seven recorded tracks that were measured."""
    assert 0.15 < band_share(bed, 20, 120) < 0.6
    assert 0.2 < band_share(bed, 120, 500) < 0.7
    assert 0.08 < band_share(bed, 500, 2000) < 0.5
    assert 0.0005 < band_share(bed, 2000, 20_000) < 0.1


def test_a_bed_is_as_wide_as_a_mix(bed: Sound) -> None:
    """The sides differ, but are one piece of music."""
    assert 0.3 < np.corrcoef(bed.T)[0, 1] < 0.98


def test_a_bed_keeps_its_level_and_its_punch(bed: Sound) -> None:
    """Second by second it stays within 3 dB; peaks stand 8 to 14 dB above the mean."""
    seconds = bed[: 9 * RATE].reshape(9, -1)
    levels = 20 * np.log10(np.sqrt(np.mean(seconds**2, axis=1)))
    crest = 20 * np.log10(np.abs(bed).max() / np.sqrt(np.mean(bed**2)))

    assert np.ptp(levels) < 3
    assert 8 < crest < 14


@pytest.mark.parametrize("mood", MOODS)
def test_the_same_arguments_give_the_same_samples(mood: Literal["upbeat", "calm"]) -> None:
    """An ad that is made again sounds the same."""
    assert make_bed(mood, 3, seed=5).tobytes() == make_bed(mood, 3, seed=5).tobytes()


def test_another_seed_gives_another_piece() -> None:
    """A campaign need not sound the same everywhere."""
    assert make_bed("upbeat", 3, seed=1).tobytes() != make_bed("upbeat", 3, seed=2).tobytes()


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("seconds", range(5, 61, 5))
def test_every_piece_ends_on_its_tonic_near_its_tempo(
    mood: Literal["upbeat", "calm"], seconds: float
) -> None:
    """The dominant resolves, and no length bends the tempo by more than a tenth."""
    score = Score(style=STYLES[mood], seconds=seconds, seed=0)

    assert score.chords[-1][0] == 0
    assert score.chords[-2][0] == 7
    assert 60 / score.beat == pytest.approx(score.style.bpm, rel=0.1)


def test_an_unknown_mood_is_refused_with_the_known_ones() -> None:
    """The message is the cure."""
    with pytest.raises(MediaError, match="known: upbeat, calm"):
        make_bed("gloomy", 3)
