"""Finds when the words of a text are said in a recording of it.

Where a voice speaks the language here, it says the text too, and the two are laid over each other by dynamic
time warping (Sakoe and Chiba, 1978; the way of the program aeneas). Elsewhere the letters share the time
between pauses, and pauses go to the stops where they fit best.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from actors.synth import RATE, Sound
from actors.voice.pace import PAUSES, letters_seconds
from actors.voice.pieces import Piece
from actors.voice.waves import levels
from schemas.media import Word

_HOP = 0.02
_WINDOW = 2048
_BANDS = 24
_LEVEL_STEP = 0.005
_PAUSE_MIN = 0.09
"""Seconds of quiet that are a pause and no consonant."""
_PAUSE_LEVEL = 0.06
_NO_STOP = 0.6
"""Seconds of misplacement that a pause without a stop costs."""


class Spoken(Protocol):
    """A text said by a voice, its words timed."""

    @property
    def sound(self) -> Sound:
        """The sound."""
        ...

    @property
    def words(self) -> tuple[Word, ...]:
        """When each word is said."""
        ...


def align(sound: Sound, pieces: Sequence[Piece], model: Spoken | None) -> tuple[Word, ...]:
    """Return when each of *pieces* is said in *sound*; *model* is the same text said by another voice."""
    seconds = len(sound) / RATE
    times = _warped(sound, model) if model else _shared(sound, pieces)
    found, least = [], 0.0
    for piece, (start, end) in zip(pieces, times, strict=True):
        begin = min(max(start, least), seconds)
        least = min(max(end, begin), seconds)
        found.append(Word(text=piece.written, start=round(begin, 3), end=round(least, 3)))
    return tuple(found)


def _warped(sound: Sound, model: Spoken) -> list[tuple[float, float]]:
    path = _path(_features(model.sound), _features(sound))
    ours, theirs = path[:, 0] * _HOP, path[:, 1] * _HOP
    # Where one voice lingers the path is steep: the middle of the step is the fairest guess.
    return [
        (float(np.interp(word.start, ours, theirs)), float(np.interp(word.end, ours, theirs)))
        for word in model.words
    ]


def _features(sound: Sound) -> NDArray[np.float64]:
    """Return log band energies and their change, float64 [frames, 2 * bands], each band scaled."""
    hop = round(_HOP * RATE)
    mono = np.pad(sound.mean(axis=1), (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[::hop][: len(sound) // hop + 1]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2
    energy = np.log(power @ _filters().T + 1e-7)
    energy = (energy - energy.mean(axis=0)) / (energy.std(axis=0) + 1e-6)
    return (
        np.hstack([energy, 2 * np.gradient(energy, axis=0)])
        if len(energy) > 1
        else np.hstack([energy, energy])
    )


def _filters() -> NDArray[np.float64]:
    """Return triangles on the mel scale from 80 to 7600 Hz: float64 [bands, bins]."""
    edges = 700 * (10 ** (np.linspace(np.log10(1 + 80 / 700), np.log10(1 + 7600 / 700), _BANDS + 2)) - 1)
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.minimum(rising, falling).clip(0), dtype=np.float64)


def _path(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cheapest way through both, int64 [steps, 2]."""
    square = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1) - 2 * ours @ theirs.T
    cost = np.sqrt(square.clip(0))
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    # Along anti-diagonals, whose cells do not depend on each other.
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        best = np.minimum(
            total[row - 1, column - 1], np.minimum(total[row - 1, column], total[row, column - 1])
        )
        total[row, column] = best + cost[row - 1, column - 1]
    steps, row_at, column_at = [], rows, columns
    while row_at > 0 and column_at > 0:
        steps.append((row_at - 1, column_at - 1))
        options = ((row_at - 1, column_at - 1), (row_at - 1, column_at), (row_at, column_at - 1))
        row_at, column_at = min(options, key=lambda cell: total[cell])
    return np.array(steps[::-1])


def _shared(sound: Sound, pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Share the time between pauses by letters."""
    seconds = len(sound) / RATE
    pauses = _pauses(sound)
    lengths = np.array([letters_seconds(piece.said) for piece in pieces])
    spoken = seconds - sum(end - start for start, end in pauses)
    ends = lengths.cumsum() * (spoken / lengths.sum())
    before = np.array([start - sum(e - s for s, e in pauses[:at]) for at, (start, _) in enumerate(pauses)])
    owners = _owners(before, ends[:-1], [bool(PAUSES[piece.stop]) for piece in pieces[:-1]])
    knots = [
        (0.0, 0.0),
        *((float(ends[owner]), float(at)) for owner, at in zip(owners, before, strict=True)),
        (float(ends[-1]), spoken),
    ]
    clock = np.interp([0.0, *ends], [ours for ours, _ in knots], [theirs for _, theirs in knots])
    shifts = [
        sum(end - start for owner, (start, end) in zip(owners, pauses, strict=True) if owner < at)
        for at in range(len(pieces))
    ]
    return [(float(clock[at] + shifts[at]), float(clock[at + 1] + shifts[at])) for at in range(len(pieces))]


def _pauses(sound: Sound) -> list[tuple[float, float]]:
    """Return begin and end of every quiet stretch inside *sound*."""
    level = levels(sound)
    quiet = np.concatenate([[False], level < np.percentile(level, 90) * _PAUSE_LEVEL, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    stretches = zip(edges[::2] * _LEVEL_STEP, edges[1::2] * _LEVEL_STEP, strict=True)
    last = len(level) * _LEVEL_STEP
    return [(float(s), float(e)) for s, e in stretches if e - s >= _PAUSE_MIN and s > 0 and e < last]


def _owners(pauses: NDArray[np.float64], ends: NDArray[np.float64], stops: Sequence[bool]) -> list[int]:
    """Return, for each pause, the piece after which it falls: in order, near its end, at a stop if any."""
    if not len(pauses) or not len(ends):
        return []
    cost = np.abs(pauses[:, None] - ends) + np.where(stops, 0, _NO_STOP)
    total, came = cost[0], []
    for row in cost[1:]:
        best = np.minimum.accumulate(total)
        came.append([int(np.flatnonzero(total[: at + 1] == best[at])[0]) for at in range(len(ends))])
        total = best + row
    owners = [int(np.argmin(total))]
    for back in reversed(came):
        owners.append(back[owners[-1]])
    return owners[::-1]
