"""Finds the beats and bars of music: onsets, their period, the beats that follow it, and where bars begin.

Beats by dynamic programming after D. Ellis, "Beat Tracking by Dynamic Programming" (J. New Music Research
36, 2007); onsets by the rise of a log spectrum against its neighbours, after S. Böck and G. Widmer, "Maximum
Filter Vibrato Suppression for Onset Detection" (DAFx 2013).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from actors.synth import RATE, Sound

Curve = NDArray[np.float64]

HOP = RATE // 200
"""Samples in which rhythm is seen: 5 ms."""
_WINDOW = 2048
_BLOCK = 1000
"""Hops that are transformed at once."""
_BANDS = np.unique(np.geomspace(1.5, 680, 40).round().astype(int))
"""Edges of the bands in bins of 23 Hz: 35 Hz to 16 kHz."""
_REGISTERS = ((150, 1.0), (2000, 1.0), (24_000, 0.4))
"""Hz up to which kick and bass, voices and chords, hats and shakers are heard, and what each counts."""
_FLOOR = 10 ** (-30 / 20)
"""What is added to the strength of a band, as a share of the strongest: what is softer hardly counts."""
_LAG = 3
"""Hops over which a rise is measured."""
_EARLY = 1
"""Hops by which a window of 43 ms sees an attack before it comes, the lag counted."""
_TEMPI = (50.0, 200.0)
_TEMPO = 115.0
"""Beats a minute that are likeliest, and how many octaves wide likelihood is."""
_OCTAVES = 0.8
_TIGHTNESS = 400.0
"""How much a beat that comes late or early costs."""
_PULSE_MIN = 0.25
"""How alike onsets must be after a beat for the music to have one: 1 repeats exactly, noise has 0."""
_SHARES = (1.0, 1 / 3, 1 / 2, 2 / 3, 3 / 2, 2.0, 3.0)
"""Periods that are mistaken for one another."""
_MINUTE = 60 * RATE / HOP
_BEATS_MIN = 8
_COMMON_TIME = 4
_FOURS = 1.3
"""How much likelier bars of four are."""


class Rhythm(NamedTuple):
    """Where music beats."""

    beats: Curve
    """Seconds; [beats]."""
    bar: int
    """Beats in a bar."""
    places: NDArray[np.int64]
    """Place of each beat in its bar, from 0."""
    features: NDArray[np.float32]
    """What is heard from each beat to the next: [beats, values], for comparing by distance."""


class Spectrogram(NamedTuple):
    """What is seen every hop."""

    onsets: Curve
    """How much begins: [hops], mean 1."""
    low: Curve
    """The same of kick and bass."""
    bands: NDArray[np.float32]
    """Logarithm of the strength in each band: [hops, bands]."""
    chroma: NDArray[np.float32]
    """Strength of the twelve notes: [hops, 12]."""


def find_rhythm(sound: Sound, bars: tuple[int, ...] = (4, 3)) -> Rhythm | None:
    """Return the beats of *sound*, grouped in one of *bars*; None where it has no steady pulse."""
    if len(sound) < 2 * RATE:
        return None
    seen = _look(sound)
    beats = _best_beats(seen, _likeness(seen.onsets))
    if len(beats) < _BEATS_MIN:
        return None
    features = _features(seen, beats)
    bar, first = _bars(seen, beats, features, bars)
    return Rhythm(beats * HOP / RATE, bar, (np.arange(len(beats)) - first) % bar, features)


def _look(sound: Sound) -> Spectrogram:
    """Transform *sound* hop by hop; only bands and notes are kept."""
    # Unequal shares, so that what lies in opposite phase on both sides is not lost.
    mono = np.pad((0.6 * sound[:, 0] + 0.4 * sound[:, 1]).astype(np.float32), _WINDOW // 2)
    windows = sliding_window_view(mono, _WINDOW)[::HOP]
    shape = np.hanning(_WINDOW).astype(np.float32)
    bands, chroma = [], []
    for start in range(0, len(windows), _BLOCK):
        strength = np.abs(np.fft.rfft(windows[start : start + _BLOCK] * shape, axis=1)) * (4 / _WINDOW)
        bands.append(np.sqrt(np.add.reduceat(strength**2, _BANDS, axis=1)[:, :-1]).astype(np.float32))
        chroma.append((strength[:, _NOTED] @ _NOTES).astype(np.float32))
    heard = np.concatenate(bands)
    level = np.log10(heard / (np.percentile(heard.max(axis=1), 95) + 1e-6) + _FLOOR)
    before = np.pad(level, ((0, 0), (1, 1)), mode="edge")
    before = np.maximum(np.maximum(before[:, :-2], before[:, 1:-1]), before[:, 2:])
    rise = (level[_LAG:] - before[:-_LAG]).clip(0)
    rise = np.pad(rise, ((_LAG + _EARLY, 0), (0, 0)))[: len(level)]
    edges = [0, *(int(np.searchsorted(_BANDS * _BIN, hertz)) for hertz, _ in _REGISTERS)]
    parts = [rise[:, a:b].mean(axis=1) for a, b in pairwise(edges)]
    onsets = sum(share * part for part, (_, share) in zip(parts, _REGISTERS, strict=True))
    return Spectrogram(_evened(np.asarray(onsets)), _evened(parts[0]), level, np.concatenate(chroma))


_BIN = RATE / _WINDOW
_HERTZ = np.arange(_WINDOW // 2 + 1) * _BIN
_NOTED = np.abs(np.log2(_HERTZ.clip(1) / 640)) < 1.74  # noqa: PLR2004 (190 to 2140 Hz)
"""Bins in which notes can be told from each other."""


def _notes() -> NDArray[np.float32]:
    pitch = 12 * np.log2(_HERTZ[_NOTED] / 440)
    away = np.abs((pitch[:, None] - np.arange(12) + 6) % 12 - 6)
    return np.exp(-(away**2) / 0.5).astype(np.float32)


_NOTES = _notes()


def _evened(rise: NDArray[np.float32]) -> Curve:
    """Return *rise* less its surroundings, mean 1."""
    values = rise.astype(np.float64)
    around = np.convolve(np.pad(values, 100, mode="edge"), np.full(201, 1 / 201), mode="valid")
    values = np.maximum(0, values - around)
    return np.asarray(values / (values.mean() + 1e-9), dtype=np.float64)


def _likeness(onsets: Curve) -> Curve:
    """Return how alike *onsets* are to themselves some hops later: 1 at 0."""
    smooth = np.convolve(onsets, np.hanning(11) / np.hanning(11).sum(), mode="same")
    smooth -= smooth.mean()
    size = 2 ** int(np.ceil(np.log2(2 * len(smooth))))
    alike = np.fft.irfft(np.abs(np.fft.rfft(smooth, size)) ** 2, size)[: len(smooth)]
    return np.asarray(alike / max(1e-9, alike[0]) * len(smooth) / (len(smooth) - np.arange(len(smooth))))


def _best_beats(seen: Spectrogram, alike: Curve) -> Curve:
    """Return the hops of the beats; none where nothing comes again after any period.

    The likeliest period may be two, three or one and a half times the one that people tap, and begin between
    the beats: the beats that fall on strong onsets, every other one too, are taken.
    """
    lags = np.arange(_MINUTE / _TEMPI[1], min(_MINUTE / _TEMPI[0], len(alike) / 4))
    if not len(lags):
        return np.zeros(0)
    at = np.arange(len(alike))
    found = sum(np.interp(lags * times, at, alike) / times for times in (1, 2, 3, 4))
    first = lags[int(np.argmax(found * _likely(lags)))]
    strength = np.convolve(seen.onsets + seen.low, np.hanning(9) / np.hanning(9).sum(), mode="same")
    best, most = np.zeros(0), 0.0
    for share in _SHARES:
        if not lags[0] <= first * share <= lags[-1]:
            continue
        period = _refined(first * share, alike)
        beats = _track(seen.onsets, period)
        for shift in (0.0, period / 2):
            likeness = float(np.interp(period, at, alike))
            score = np.sqrt(_strength(strength, beats + shift)) * float(_likely(period))
            if likeness >= _PULSE_MIN and score > most:
                best, most = beats + shift, score
    return _heard(seen.onsets, best)


def _likely(lags: Curve | float) -> Curve:
    return np.exp(-0.5 * (np.log2(_MINUTE / np.asarray(lags) / _TEMPO) / _OCTAVES) ** 2)


def _refined(lag: float, alike: Curve) -> float:
    near = np.arange(-3, 3.01, 0.1)
    fine = sum(np.interp((lag + near) * times, np.arange(len(alike)), alike) for times in (1, 2, 4))
    return float(lag + near[int(np.argmax(fine))])


def _strength(onsets: Curve, beats: Curve) -> float:
    """Return how strong *onsets* are on the weaker half of *beats*, counted in twos."""
    heard = np.interp(beats, np.arange(len(onsets)), onsets)
    return float(min(heard[::2].mean(), heard[1::2].mean())) if len(beats) >= _BEATS_MIN else 0.0


def _track(onsets: Curve, period: float) -> Curve:
    """Return the hops of the beats: those whose onsets are strong and whose distances are near *period*."""
    smooth = np.convolve(onsets, np.hanning(7) / np.hanning(7).sum(), mode="same")
    smooth = np.minimum(smooth, 4 * np.percentile(smooth, 95)) / (smooth.std() + 1e-9)
    back = np.arange(round(period / 2), round(2 * period) + 1)
    cost = _TIGHTNESS * np.log(back / period) ** 2
    total, came = smooth.copy(), np.full(len(smooth), -1)
    for hop in range(back[0], len(smooth)):
        reach = back[: np.searchsorted(back, hop, side="right")]
        chain = total[hop - reach] - cost[: len(reach)]
        best = int(np.argmax(chain))
        if chain[best] > 0:
            total[hop], came[hop] = smooth[hop] + chain[best], hop - reach[best]
    hop = int(len(total) - round(period) + np.argmax(total[-round(period) :]))
    beats = [hop]
    while came[beats[-1]] >= 0:
        beats.append(int(came[beats[-1]]))
    return np.array(beats[::-1], dtype=np.float64)


def _heard(onsets: Curve, beats: Curve) -> Curve:
    """Return *beats* moved to the onset that is there, without those before the first and after the last."""
    if not len(beats):
        return beats
    reach = min(8, round(float(np.median(np.diff(beats))) / 8))
    beats = beats[beats < len(onsets)]
    padded = np.pad(onsets, reach)
    around = sliding_window_view(padded, 2 * reach + 1)[beats.astype(int)]
    strong = around.max(axis=1)
    heard = np.flatnonzero(strong > 0.25 * np.median(strong))
    moved = np.where(strong > 1, beats + around.argmax(axis=1) - reach, beats)
    return np.asarray(moved[heard[0] : heard[-1] + 1], dtype=np.float64)


def _features(seen: Spectrogram, beats: Curve) -> NDArray[np.float32]:
    """Return what is heard from each beat to the next: bands in 20 dB, notes, both without what is rare."""
    edges = np.append(beats, beats[-1] + np.median(np.diff(beats))).astype(int).clip(0, len(seen.bands))
    rows = []
    for begin, end in pairwise(edges):
        part = slice(begin, max(begin + 1, end))
        notes = seen.chroma[part].mean(axis=0) if begin < len(seen.chroma) else np.zeros(12, np.float32)
        bands = seen.bands[part].mean(axis=0) if begin < len(seen.bands) else seen.bands[-1]
        rows.append(np.concatenate([bands / np.sqrt(len(bands)), notes / (np.linalg.norm(notes) + 1e-4)]))
    return np.array(rows, dtype=np.float32)


def _bars(
    seen: Spectrogram, beats: Curve, features: NDArray[np.float32], bars: tuple[int, ...]
) -> tuple[int, int]:
    """Return which of *bars* the beats are grouped in, and the first beat that begins one."""
    at = beats.astype(int).clip(0, len(seen.onsets) - 1)
    accents = [sliding_window_view(np.pad(curve, 4), 9)[at].max(axis=1) for curve in (seen.onsets, seen.low)]
    notes = features[:, -12:]
    change = np.append(0, np.linalg.norm(np.diff(notes, axis=0), axis=1))
    accent = sum((curve - curve.mean()) / (curve.std() + 1e-3) for curve in (*accents, 1.5 * change))
    found = {}
    for bar in bars:
        means = [float(np.mean(np.asarray(accent)[phase::bar])) for phase in range(bar)]
        # The share of the spread that the places in the bar explain; four places explain more by chance.
        found[bar, int(np.argmax(means))] = (
            float(np.var(means)) / (bar - 1) * (_FOURS if bar == _COMMON_TIME else 1),
            max(means),
        )
    return max(found, key=lambda key: found[key])
