"""Brings sound to a loudness under a true peak, and rehearses the encoding until the ad measures so."""

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from actors.sound.loudness import (
    CELL,
    SILENCE,
    Curve,
    Loudness,
    energy,
    gated,
    measure,
    true_peaks,
)
from actors.sound.reading import write_wav
from actors.synth import RATE, Sound
from actors.video import aac, run_ffmpeg

_HEADROOM = 1.5
"""dB left at first for AAC, which raises peaks by 0 to 2 dB and no rule tells by how much."""
_REHEARSALS = 5
_LUFS_MARGIN = 0.5
_PEAK_MARGIN = 0.2
"""How much better than asked a rehearsal must be: other meters differ by as much."""
_PEAK_STEP = 0.5
"""dB taken off beyond the excess, because the next encoding overshoots elsewhere."""
_GAIN_MAX = 60.0
"""dB; what needs more is noise."""
_GAIN_STEP = 0.01
_RELEASES = (80.0, 400.0, 2000.0)
"""dB/s at which the limiter lets go: the slowest that reaches the loudness is the one least heard."""
_LOOK_AHEAD = 5
"""Cells before a peak in which the gain goes down."""


def write_mastered(
    sound: Sound, to: Path, *, lufs: float, true_peak_max: float, kbps: int, ffmpeg_exe: str
) -> None:
    """Write *sound* as the WAV *to*, so that as AAC of *kbps* it has *lufs* and stays under *true_peak_max*.

    The encoding is rehearsed, and mastered again by what it changed.
    """
    aim, ceiling = lufs, true_peak_max - _HEADROOM
    for _ in range(_REHEARSALS):
        write_wav(to, master(sound, lufs=aim, true_peak_max=ceiling))
        if not sound.any():
            break
        heard = _rehearsed(to, kbps, ffmpeg_exe)
        excess = heard.true_peak + _PEAK_MARGIN - true_peak_max
        if excess <= 0 and abs(heard.lufs - lufs) <= _LUFS_MARGIN:
            break
        aim += lufs - heard.lufs
        ceiling -= excess + _PEAK_STEP if excess > 0 else 0


def _rehearsed(sound: Path, kbps: int, ffmpeg_exe: str) -> Loudness:
    """Return how loud the WAV *sound* is once it has been AAC."""
    coded = sound.with_suffix(".rehearsal.m4a")
    try:
        # As the ad's own encoding does it, so that the rehearsal is the performance.
        options = [text for name, value in aac(kbps).items() for text in (f"-{name}", str(value))]
        source = ("-loglevel", "error", "-f", "wav", "-i", f"file:{sound}")
        run_ffmpeg([ffmpeg_exe, *source, *options, f"file:{coded}"], "sound")
        return measure(coded, ffmpeg_exe)
    finally:
        coded.unlink(missing_ok=True)


def master(sound: Sound, *, lufs: float, true_peak_max: float) -> Sound:
    """Bring *sound* to *lufs* by gain and a limiter that looks ahead, its true peak under *true_peak_max*.

    Silence stays silence. What is too sparse for *lufs* even under hard limiting ends as loud as it can be.
    """
    power = energy(sound)
    if gated(power) <= SILENCE:
        return sound
    room = true_peak_max - true_peaks(sound)
    for release in _RELEASES:
        curve = _limited(room, _GAIN_MAX, release)
        if gated(power * 10 ** (curve / 10)) >= lufs:
            curve = _limited(room, _boost(power, room, lufs, release), release)
            break
    centres = (np.arange(len(curve)) + 0.5) * CELL
    gain = np.interp(np.arange(len(sound)), centres, 10 ** (curve / 20))
    return np.asarray(sound * gain[:, None], dtype=np.float32)


def _boost(power: Curve, room: Curve, lufs: float, release: float) -> float:
    """Return the gain (dB) that gives *lufs* after the limiter, by bisection."""
    low, high = -_GAIN_MAX, _GAIN_MAX
    while high - low > _GAIN_STEP:
        middle = (low + high) / 2
        if gated(power * 10 ** (_limited(room, middle, release) / 10)) < lufs:
            low = middle
        else:
            high = middle
    return high


def _limited(room: Curve, boost: float, release: float) -> Curve:
    """Return the gain (dB) of every cell: *boost*, lowered ahead of each peak that would exceed its *room*.

    A minimum over the look-ahead on both sides, then smoothed by a window that is narrower by one cell: so
    the gain at a peak, and half way to its neighbours, is never above what the peak allows.
    """
    needed = np.pad(np.minimum(0, room - boost), _LOOK_AHEAD, mode="edge")
    held = sliding_window_view(needed, 2 * _LOOK_AHEAD + 1).min(axis=1)
    ramp = release * CELL / RATE * np.arange(len(held))
    rising = np.minimum.accumulate(held - ramp) + ramp
    window = np.hanning(2 * _LOOK_AHEAD + 1)[1:-1]
    padded = np.pad(np.minimum(0, rising), _LOOK_AHEAD - 1, mode="edge")
    return boost + np.convolve(padded, window / window.sum(), mode="valid")
