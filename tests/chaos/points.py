"""The points at which a fault strikes: drawn by lot, and the same for the same seed."""

from random import Random
from typing import NamedTuple, get_args

from tests.chaos.site import Place
from tests.chaos.strikes import STRIKES

SEED = 20261122
_A_ROUND = 5
"""Faults that one campaign has to bear."""
_WEIGHTS: dict[Place, int] = {"folder": 1, "folder, cluster": 1, "servers, cluster": 3}
_QUICK_WEIGHTS: dict[Place, int] = {"folder": 1, "folder, cluster": 0, "servers, cluster": 4}
_CLIPS_END = 0.25
"""Share of the work by which the last clips are begun: faults in their making come before."""
_AT_ONCE, _AT_THE_END = 0.15, 0.05
"""Shares of the points that strike while a run starts, or when all is made and the run not over."""
_SECONDS_TO_START = 5.0
_SECONDS_TO_SPREAD = 0.3
_SLOW = {"frozen", "s3-silent", "postgres-silent", "postgres-reset"}
"""Faults that the quick list leaves to the long one."""


class Point(NamedTuple):
    """A fault and its moment."""

    number: int
    fault: str
    after: float
    """Share of the campaign's things that are made by then."""
    delay: float
    """Seconds that pass beyond that."""


class Round(NamedTuple):
    """A campaign from its start to its end, with what befalls it."""

    place: Place
    points: tuple[Point, ...]


def all_points(seed: int = SEED) -> list[Round]:
    """Return the whole list, in rounds."""
    faults = [name for name, strike in STRIKES.items() for _ in range(strike.share)]
    return _rounds(faults, Random(seed), _WEIGHTS)  # noqa: S311 (it is to be repeated, not to be secret)


def quick_points(seed: int = SEED) -> list[Round]:
    """Return a short list: almost every fault once."""
    faults = [name for name in STRIKES if name not in _SLOW]
    return _rounds(faults, Random(seed), _QUICK_WEIGHTS)  # noqa: S311 (the same)


def _rounds(faults: list[str], dice: Random, weights: dict[Place, int]) -> list[Round]:
    """Give each of *faults* a place and a moment, and put a few into each round."""
    at: dict[Place, list[str]] = {place: [] for place in get_args(Place)}
    for fault in faults:
        at[_place(fault, dice, weights)].append(fault)
    rounds = []
    number = 1
    for place, there in at.items():
        dice.shuffle(there)
        for start in range(0, len(there), _A_ROUND):
            moments = sorted(_moment(fault, dice) for fault in there[start : start + _A_ROUND])
            points = (
                Point(number + n, fault, after, delay) for n, (after, delay, fault) in enumerate(moments)
            )
            rounds.append(Round(place, tuple(points)))
            number += len(moments)
    return rounds


def _place(fault: str, dice: Random, weights: dict[Place, int]) -> Place:
    fitting = {place: weight for place, weight in weights.items() if STRIKES[fault].needs in place}
    return dice.choices(list(fitting), list(fitting.values()))[0]


def _moment(fault: str, dice: Random) -> tuple[float, float, str]:
    if fault.startswith("clip"):
        return dice.uniform(0, _CLIPS_END), 0.0, fault
    lot = dice.random()
    if fault in {"driver", "term", "int", "second", "s3", "postgres"}:
        if lot < _AT_ONCE:
            return 0.0, dice.uniform(0, _SECONDS_TO_START), fault
        if lot > 1 - _AT_THE_END:
            return 1.0, 0.0, fault
    return dice.uniform(0, 0.9), dice.uniform(0, _SECONDS_TO_SPREAD), fault
