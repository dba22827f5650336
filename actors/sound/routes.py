"""Chooses the way through a piece of music: start, end, and what is left out or repeated between."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.sound.loudness import Curve
from actors.sound.rhythm import Rhythm

SPEED_CHANGE_MAX = 0.03
"""How much the tempo may give way: half a semitone's worth, at the same pitch."""
_STARTS = 6
"""Bars that are tried as the first."""
_JOIN_COST = 0.2
"""Of each join, in distances between beats: neighbouring bars of one song are 0.1 to 0.5 apart."""
_BAR_COST = 1.5
"""Of a join between different places in the bar; half of it over half a bar of four."""
_OFF_BAR_COST = 0.3
"""Of an end between bars; half of it in the middle of a bar of four."""
_SPEED_COST = 0.3
"""Of the greatest change of tempo."""
_RELEASE_COST = 0.1
_SHORT_LOOP_COST = 0.3
"""Of repeating less than two bars."""


class Ending(NamedTuple):
    """Where the music may end."""

    first: int
    """Number of the first beat that may be the one that ends it, and of the last."""
    last: int
    shortest: float
    """Seconds from the last beat to the end, at least and at most."""
    longest: float


class Route(NamedTuple):
    """A way through the beats: from *start* to *leave*, *times* over from *enter* to *leave*, on to *end*."""

    start: int
    leave: int
    enter: int
    times: int
    """0 goes straight from start to end."""
    end: int
    speed: float
    release: float
    """Seconds from the last beat to the end, in the ad."""

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """First and last beat of each part, in order."""
        if not self.times:
            return [(self.start, self.end)]
        loops = [(self.enter, self.leave)] * (self.times - 1)
        return [(self.start, self.leave), *loops, (self.enter, self.end)]


def find_route(rhythm: Rhythm, ending: Ending, seconds: float, first: int, gap: int) -> Route | None:
    """Return the way that takes *seconds* from its first beat to its end and costs least; None if none does.

    It begins on a bar at beat *first* or later. Before beat *gap*, if that is not 0, music was left out.
    """
    starts = [beat for beat in range(first, len(rhythm.beats)) if rhythm.places[beat] == 0][:_STARTS]
    likeness = _distances(rhythm)
    best, least = None, np.inf
    for number, start in enumerate(starts):
        for end in range(max(ending.first, start + 2), ending.last + 1):
            cost, route = _cheapest(rhythm, ending, seconds, (start, end), gap, likeness)
            cost += 0.05 * number + _off_bar(rhythm, end) * (ending.first < ending.last)
            if cost < least:
                best, least = route, cost
    return best


def _cheapest(
    rhythm: Rhythm, ending: Ending, seconds: float, ends: tuple[int, int], gap: int, distances: Curve
) -> tuple[float, Route]:
    """Return the cheapest way between two beats, and what it costs."""
    beats, (start, end) = rhythm.beats, ends
    whole = beats[end] - beats[start]
    straight = _tempo(ending, seconds, np.array(whole))
    best, least = Route(start, start, start, 0, end, *map(float, straight[:2])), float(straight[2])
    if start < gap <= end:
        least = np.inf
    leave, enter = np.meshgrid(np.arange(len(beats)), np.arange(len(beats)), indexing="ij")
    skipped = beats[None, :] - beats[:, None]
    usual = seconds - (ending.shortest + ending.longest) / 2
    again = np.maximum(1, np.round((usual - whole) / np.maximum(1e-6, -skipped)))
    times = np.where(skipped > 0, 1, again)
    speed, release, cost = _tempo(ending, seconds, whole - times * skipped)
    cost = (
        cost
        + times * (_JOIN_COST + distances)
        + _SHORT_LOOP_COST * ((leave > enter) & (leave - enter < 2 * rhythm.bar))
    )
    shut = (leave < start + rhythm.bar) | (enter > end - 2) | (enter < start) | (leave > end)
    shut |= (np.abs(leave - enter) < rhythm.bar) | (leave < 1) | (enter < 1)
    if gap:
        shut |= (leave >= gap) | (enter <= gap)
    cost = np.where(shut, np.inf, cost)
    at = np.unravel_index(int(np.argmin(cost)), cost.shape)
    if cost[at] < least:
        best = Route(start, int(at[0]), int(at[1]), int(times[at]), end, float(speed[at]), float(release[at]))
        least = float(cost[at])
    return least, best


def _tempo(ending: Ending, seconds: float, length: Curve) -> tuple[Curve, Curve, Curve]:
    """Return speed, release and cost of playing *length* seconds of beats in an ad of *seconds*."""
    release = np.clip(seconds - length, ending.shortest, ending.longest)
    speed = length / np.maximum(1e-6, seconds - release)
    change = np.abs(speed - 1) / SPEED_CHANGE_MAX
    spread = ending.longest - ending.shortest
    lost = (ending.longest - release) / spread if spread else np.zeros_like(release)
    cost = np.where(change <= 1, _SPEED_COST * change**2 + _RELEASE_COST * lost, np.inf)
    return speed, release, cost


def _distances(rhythm: Rhythm) -> Curve:
    """Return how much a join from the row's beat to the column's is heard: [beats, beats]."""
    features = rhythm.features.astype(np.float64)
    squares = np.sum(features**2, axis=1)
    apart = np.sqrt(np.maximum(0, squares[:, None] + squares[None, :] - 2 * features @ features.T))
    before = np.pad(apart, ((1, 0), (1, 0)), mode="edge")[:-1, :-1]
    off = (rhythm.places[None, :] - rhythm.places[:, None]) % rhythm.bar
    within = 0.05 * (rhythm.places[:, None] != 0)
    return np.asarray((apart + before) / 2 + _share(off, rhythm.bar) * _BAR_COST + within, dtype=np.float64)


def _share(off: NDArray[np.int64], bar: int) -> Curve:
    return np.asarray(np.where(off == 0, 0.0, np.where(2 * off == bar, 0.5, 1.0)), dtype=np.float64)


def _off_bar(rhythm: Rhythm, beat: int) -> float:
    return float(_share(rhythm.places[beat], rhythm.bar)) * _OFF_BAR_COST
