"""Weighted fair queueing between campaigns.

Source: start-time fair queueing, Goyal, Vin, Cheng 1996: each party has a virtual time that grows by cost /
weight with what it takes; the earliest is served next, and who comes late or back starts at the present.
"""

import heapq
from collections.abc import Callable, Hashable
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
P = TypeVar("P", bound=Hashable)


class FairQueue(Generic[P, T]):
    """Serves parties in proportion to their weights, and each party's items by rank, then first come."""

    def __init__(self) -> None:
        self._waiting: dict[P, list[tuple[tuple[int, ...], int, T]]] = {}
        self._times: dict[P, float] = {}
        self._present = 0.0
        self._arrivals = count()

    def __len__(self) -> int:
        """Return how many items wait."""
        return sum(len(items) for items in self._waiting.values())

    def waiting(self, party: P) -> int:
        """Return how many items wait for *party*."""
        return len(self._waiting.get(party, ()))

    def put(self, party: P, item: T, rank: tuple[int, ...] = ()) -> None:
        """Queue *item* for *party*; a lower *rank* goes first."""
        items = self._waiting.setdefault(party, [])
        if not items:
            self._times[party] = max(self._times.get(party, 0.0), self._present)
        heapq.heappush(items, (rank, next(self._arrivals), item))

    def take(self, cost: Callable[[P, T], float]) -> tuple[P, T] | None:
        """Return whose turn it is and what; *cost* over weight is charged. None when nothing waits."""
        waiting = [party for party, items in self._waiting.items() if items]
        if not waiting:
            return None
        party = min(waiting, key=self._times.__getitem__)
        _, _, item = heapq.heappop(self._waiting[party])
        self._present = self._times[party]
        self._times[party] += cost(party, item)
        return party, item

    def remove(self, party: P) -> list[T]:
        """Forget *party*; return what waited for it."""
        self._times.pop(party, None)
        return [item for _, _, item in self._waiting.pop(party, [])]
