"""A voice is fitted to the ad, and the music steps back for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actors.mixing import Placed
from actors.sound import (
    LONGER_PLANNED,
    RATE,
    Sound,
    fit_voice,
    loudness,
    make_sound,
    measure,
    read_sound,
    write_wav,
)
from actors.sound.ducking import VOICE_ABOVE, ducking, lay_over
from actors.sound.loudness import CELL, energy
from actors.sound.voice import VOICE_LUFS, laid_voice, speaking
from actors.video import ffmpeg_path
from schemas.errors import MediaError
from schemas.media import Word

FFMPEG = ffmpeg_path(None)
WORDS = (0.3, 0.9, 1.5, 4.0, 4.6)


def music(seconds: float, level: float = 0.1) -> Sound:
    """Draw a hum with overtones on both sides."""
    time = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * 330 * number * time) / number for number in range(1, 9))
    return np.repeat(level * np.asarray(tones)[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("seconds", "ad", "start", "speed"),
    [(4, 6, 0.3, 1), (5.6, 6, 0.18, 1), (6.5, 6, 0, 1.091), (6.9, 6, 0, 1.158), (34.4, 30, 0, 1.148)],
)
def test_a_voice_is_placed_or_played_faster(seconds: float, ad: float, start: float, speed: float) -> None:
    """It begins a little after the picture, ends before it, and words keep their places in it."""
    fit = fit_voice(seconds, ad)
    last = fit.words([Word(text="now", start=seconds - 1, end=seconds)])[0]

    assert fit.start == pytest.approx(start, abs=0.01)
    assert fit.speed == pytest.approx(speed, abs=0.001)
    assert last.end == fit.at(seconds) <= ad
    assert last.end - last.start == pytest.approx(1 / fit.speed)


def test_a_voice_that_is_far_too_long_is_refused_with_figures() -> None:
    """One that was planned and came out a quarter longer is still fitted; beyond that haste is heard."""
    fit = fit_voice(6 * LONGER_PLANNED * 1.25, 6)

    assert fit.at(6 * LONGER_PLANNED * 1.25) <= 6
    with pytest.raises(MediaError, match=r"takes 8\.70 s, the ad 6\.00 s: at most 8\.62 s"):
        fit_voice(8.7, 6)


def test_a_voice_played_faster_keeps_its_pitch_and_its_words(speech: Callable[..., Sound]) -> None:
    """Each word is heard where `VoiceFit.at` says, within 10 ms, at 140 Hz as before."""
    voice = speech(6.8, *WORDS, 6.2)
    fit = fit_voice(6.8, 6)
    laid = laid_voice(voice, 6 * RATE, fit, FFMPEG)

    steps = np.flatnonzero(np.diff((np.abs(laid[:, 0]).reshape(-1, 240).max(axis=1) > 0.02).astype(int)) > 0)
    expected = [fit.at(word) for word in (*WORDS, 6.2)]
    part = laid[round(fit.at(4.1) * RATE) :][: RATE // 4, 0]
    strongest = np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part)))[20:60])) + 20
    assert steps[:6] * 240 / RATE == pytest.approx(expected, abs=0.012)
    assert strongest * 4 == pytest.approx(140, abs=4)


def test_a_voice_is_levelled_and_freed_of_rumble(speech: Callable[..., Sound]) -> None:
    """Whatever its level, and even where it stands on a hum of 30 Hz; its ends do not click."""
    voice = speech(5, *WORDS, level=0.01)
    hum = 0.005 * np.sin(2 * np.pi * 30 * np.arange(len(voice)) / RATE)[:, None].astype(np.float32)
    fit = fit_voice(5, 6)
    laid = laid_voice(voice + hum, 6 * RATE, fit, FFMPEG)
    clean = laid_voice(voice, 6 * RATE, fit, FFMPEG)

    assert loudness(clean) == pytest.approx(VOICE_LUFS, abs=0.2)
    pause, word = laid[round(2.8 * RATE) : 4 * RATE], laid[round(4.35 * RATE) : round(4.65 * RATE)]
    assert 20 * np.log10(np.std(pause) / np.std(word)) < -30
    assert np.abs(laid[round(fit.start * RATE)]).max() < 1e-4


def test_a_wide_range_is_narrowed(speech: Callable[..., Sound]) -> None:
    """A word that is 20 dB louder than the others ends at most 13 dB louder."""
    voice = speech(5, 0.3, 0.9, 1.5, 2.2, level=0.02) + speech(5, 3.5, level=0.2)
    laid = laid_voice(voice, 6 * RATE, fit_voice(5, 6), FFMPEG)

    soft, loud = (laid[round(at * RATE) :][: RATE // 3] for at in (1.25, 3.85))
    assert 20 * np.log10(np.std(loud) / np.std(soft)) < 13


@pytest.mark.parametrize("level", [0.01, 0.4])
def test_the_voice_is_ten_lu_above_the_music_wherever_it_speaks(
    speech: Callable[..., Sound], level: float
) -> None:
    """In each second of speech, K-weighted, at any level of the music; and the music returns."""
    bed = music(9, level)
    voice = laid_voice(speech(8, *WORDS), 9 * RATE, fit_voice(8, 9), FFMPEG)
    mixed, turned = lay_over(voice, bed), lay_over(voice, -bed)
    over, under = energy((mixed + turned) / 2), energy((mixed - turned) / 2)

    spoken = speaking(energy(voice))
    for begin in (600, 4300):
        cells = np.flatnonzero(spoken[begin : begin + 1000]) + begin
        assert 10 * np.log10(over[cells].mean() / under[cells].mean()) >= VOICE_ABOVE - 0.5
    assert under[6000:].mean() == pytest.approx(energy(bed)[6000:].mean(), rel=0.02)


def test_music_steps_back_before_the_word_and_over_short_pauses(speech: Callable[..., Sound]) -> None:
    """150 ms before, held for pauses under 0.6 s, back 400 ms after; between phrases it returns."""
    voice = np.repeat(speech(7, *WORDS), 2, axis=1)
    curve = ducking(energy(voice), energy(music(7)))
    at = {
        seconds: curve[round(seconds * RATE / CELL)] for seconds in (0.1, 0.28, 0.8, 1.4, 2.7, 3.6, 4.5, 6.0)
    }

    assert at[0.1] == at[2.7] == at[3.6] == at[6.0] == 0
    assert at[0.28] < -5
    assert at[0.8] == at[1.4] < -5
    assert at[4.5] < -5
    assert np.abs(np.diff(curve)).max() < 0.5


def test_voice_shots_and_music_are_mastered_together(tmp_path: Path, speech: Callable[..., Sound]) -> None:
    """The WAV has the loudness that was asked, whatever lies in it."""
    write_wav(tmp_path / "track.wav", music(8))
    shots = [Placed(3 * RATE, music(1, 0.3)[:, ::-1])]
    make_sound(
        tmp_path / "track.wav", seconds=6, lufs=-23, true_peak_max=-2, to=tmp_path / "a.wav", shots=shots,
        voice=speech(5, *WORDS), kbps=256,
    )  # fmt: skip
    found = measure(tmp_path / "a.wav", FFMPEG)

    assert found.lufs == pytest.approx(-23, abs=1)
    assert found.true_peak <= -2


def test_silent_music_is_an_error_and_no_music_is_not(tmp_path: Path, speech: Callable[..., Sound]) -> None:
    """Silence only when asked for; a voice may stand alone."""
    write_wav(tmp_path / "still.wav", np.zeros((3 * RATE, 2), np.float32))
    with pytest.raises(MediaError, match=r"still\.wav: nothing is heard"):
        make_sound(tmp_path / "still.wav", seconds=2, lufs=-14, true_peak_max=-1, to=tmp_path / "a.wav")
    make_sound(None, seconds=4, lufs=-14, true_peak_max=-1, to=tmp_path / "b.wav", voice=speech(2, 0.3, 0.9))

    assert loudness(read_sound(tmp_path / "b.wav")) == pytest.approx(-14, abs=1)
