"""Music is cut on its beats, joined without a click, and ends as if it were meant to."""

from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np
import pytest

from actors.sound import cutting
from actors.sound.cutting import fit_music
from actors.sound.reading import Track
from actors.sound.routes import Route, find_route
from actors.synth import RATE, Sound, make_bed
from actors.video import ffmpeg_path
from schemas.errors import MediaError

FFMPEG = ffmpeg_path(None)


def fit(track: Sound, seconds: float) -> Sound:
    """Cut a whole track."""
    return fit_music(Track(track, 0, whole=True), seconds, FFMPEG)


def sine(seconds: float, level: float = 0.5, hertz: float = 997.0) -> Sound:
    """Draw a sine on both sides."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.repeat(level * np.sin(2 * np.pi * hertz * time), 2).reshape(-1, 2).astype(np.float32)


def clicks(seconds: float) -> Sound:
    """Draw a metronome: 50 ms of wood twice a second, nothing between."""
    time = np.arange(RATE // 20) / RATE
    click = np.zeros(RATE // 2)
    click[: len(time)] = 0.5 * np.sin(2 * np.pi * 1800 * time) * np.exp(-time / 0.01)
    return np.repeat(np.tile(click, round(2 * seconds)), 2).reshape(-1, 2).astype(np.float32)


@cache
def played(mood: Literal["upbeat", "calm"]) -> Sound:
    """Play 30 s of a bed once for all tests."""
    return make_bed(mood, 30, 1)


def level(sound: Sound, begin: float, end: float) -> float:
    """Return dB of what lies between two seconds, counted from the end where negative."""
    part = sound[round(begin * RATE) : round(end * RATE) or None]
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> list[Route]:
    """Return the ways through the music that were chosen."""
    found: list[Route] = []

    def _find(*arguments: object) -> Route | None:
        route = find_route(*arguments)  # type: ignore[arg-type]
        found.extend([route] if route else [])
        return route

    monkeypatch.setattr(cutting, "find_route", _find)
    return found


@pytest.mark.parametrize(
    ("bpm", "bar", "drawn", "seconds"),
    [(60, 4, 20, 15), (75, 3, 8, 15), (92, 4, 15, 24), (128, 4, 20, 6), (145, 3, 15, 24), (180, 4, 8, 6)],
)
def test_it_starts_on_a_bar_and_ends_on_a_beat(
    piece: Callable[..., tuple[Sound, np.ndarray]],
    routes: list[Route],
    bpm: float,
    bar: int,
    drawn: float,
    seconds: float,
) -> None:
    """The last attack that is heard is a beat of the grid within 30 ms; within 0.6 s of it all is still."""
    track, _ = piece(bpm, bar, drawn)
    fitted = fit(track, seconds)

    route = routes[-1]
    beat = 60 / bpm / route.speed
    last = seconds - route.release
    strength = np.abs(fitted[:, 0]).reshape(-1, RATE // 1000).max(axis=1)
    begins = np.flatnonzero(strength > 0.05)
    assert len(fitted) == round(seconds * RATE)
    assert begins[0] / 1000 == pytest.approx(0.02, abs=0.015)
    assert abs((last - 0.02) / beat - round((last - 0.02) / beat)) * beat < 0.03
    assert 0.3 <= route.release <= 0.6
    assert 0.97 <= route.speed <= 1.03
    assert level(fitted, last - 0.02, last + 0.1) > level(fitted, 0, seconds) - 12
    assert level(fitted, -0.05, 0) < level(fitted, 0, seconds) - 30


@pytest.mark.parametrize(("seconds", "mood"), [(6, "upbeat"), (35, "upbeat"), (12, "calm")])
def test_an_ending_of_its_own_is_moved_to_the_end(
    routes: list[Route], seconds: float, mood: Literal["upbeat", "calm"]
) -> None:
    """The last chord of 30 s of music closes an ad of any length."""
    bed = played(mood)
    fitted = fit(bed, seconds)

    route = routes[-1]
    ring = round(min(0.4, route.release) * RATE)
    hit = round((seconds - route.release) * RATE)
    original = [bed[at : at + ring, 0] for at in range(27 * RATE, len(bed) - ring, 240)]
    heard = fitted[hit : hit + ring, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(ring)))
    alike = [np.corrcoef(spectrum, np.abs(np.fft.rfft(part * np.hanning(ring))))[0, 1] for part in original]
    assert route.times == 1
    assert 0.4 <= route.release <= 2.5
    assert max(alike) > 0.8
    assert level(fitted, -0.02, 0) < -45


def test_joins_do_not_click(piece: Callable[..., tuple[Sound, np.ndarray]], routes: list[Route]) -> None:
    """No step between samples exceeds those of the music, though it is looped five times."""
    track, _ = piece(75, 3, 8)
    fitted = fit(track, 30)

    assert routes[-1].times > 1
    assert np.abs(np.diff(fitted, axis=0)).max() < 1.1 * np.abs(np.diff(track, axis=0)).max()


def test_a_track_with_a_gap_is_joined_across_it(routes: list[Route]) -> None:
    """Beginning and ending of a long track, with nothing decoded between."""
    bed = played("upbeat")
    track = Track(np.concatenate([bed[: 16 * RATE], bed[-12 * RATE :]]), 16 * RATE, whole=True)
    fitted = fit_music(track, 8, FFMPEG)

    assert len(fitted) == 8 * RATE
    assert routes[-1].times == 1
    assert np.abs(np.diff(fitted, axis=0)).max() < 1.1 * np.abs(np.diff(bed, axis=0)).max()


def test_rubato_is_faded(piece: Callable[..., tuple[Sound, np.ndarray]], routes: list[Route]) -> None:
    """What has no beat has no last one."""
    fitted = fit(piece(112, 4, 20, rubato=0.3)[0], 12)

    assert not routes
    assert np.abs(fitted[-1]).max() < 1e-6


def test_music_starts_at_its_first_onset() -> None:
    """A silent intro is skipped, and the attack stays whole."""
    track = np.concatenate([np.zeros((2 * RATE, 2), dtype=np.float32), clicks(6)])

    fitted = fit(track, 4)

    assert 0.015 < np.argmax(np.abs(fitted[:, 0]) > 0.2) / RATE < 0.03


def test_a_short_track_is_looped_without_a_click() -> None:
    """The join is no steeper than the music itself."""
    fitted = fit(sine(1.3, 0.5, hertz=333), 7)

    steepest = np.abs(np.diff(fitted[:, 0])).max()
    assert steepest < 1.5 * 0.5 * 2 * np.pi * 333 / RATE
    assert np.sqrt(np.mean(fitted[RATE : 6 * RATE] ** 2)) == pytest.approx(0.354, rel=0.05)


def test_a_loop_keeps_the_beat() -> None:
    """Clicks at 120 bpm stay half a second apart over the join."""
    fitted = fit(clicks(4)[: round(3.8 * RATE)], 9)

    onsets = np.flatnonzero(np.abs(fitted[:, 0]) > 0.2)
    beats = onsets[np.flatnonzero(np.diff(onsets, prepend=-RATE) > RATE // 10)]
    assert np.diff(beats) == pytest.approx(RATE / 2, abs=RATE / 200)


def test_music_fades_at_both_ends() -> None:
    """No ad begins or ends with a click."""
    fitted = fit(sine(5), 3)

    assert np.abs(fitted[0]).max() == 0
    assert np.abs(fitted[-1]).max() < 1e-6


def test_silent_music_stays_silent_and_a_blip_is_refused() -> None:
    """Nothing is amplified out of nothing, and nothing is looped into a buzz."""
    assert not fit(np.zeros((RATE, 2), dtype=np.float32), 2).any()
    with pytest.raises(MediaError, match="too short to loop"):
        fit(sine(0.2), 2)
