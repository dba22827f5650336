"""Weighted fair queueing."""

from collections import Counter

from flows.fairness import FairQueue


def serve(queue: FairQueue[str, str], turns: int, weights: dict[str, float] | None = None) -> list[str]:
    """Take *turns* items of cost 1 and return whose they were."""
    shares = weights or {}
    served = [queue.take(lambda party, _: 1 / shares.get(party, 1)) for _ in range(turns)]
    return [turn[0] for turn in served if turn]


def filled(**numbers: int) -> FairQueue[str, str]:
    """Return a queue with that many items a party."""
    queue: FairQueue[str, str] = FairQueue()
    for party, number in numbers.items():
        for item in range(number):
            queue.put(party, f"{party}{item}")
    return queue


def test_equal_parties_take_turns() -> None:
    """A long queue keeps nobody waiting."""
    queue = filled(long=100, short=5)

    assert Counter(serve(queue, 10)) == {"long": 5, "short": 5}


def test_a_weight_is_a_share() -> None:
    """Three times the weight is three times the items."""
    queue = filled(urgent=100, weekly=100)

    assert Counter(serve(queue, 40, {"urgent": 3})) == {"urgent": 30, "weekly": 10}


def test_who_comes_late_starts_at_the_present() -> None:
    """It neither waits for the past nor catches it up."""
    queue = filled(early=100)
    serve(queue, 50)
    for item in range(50):
        queue.put("late", f"late{item}")

    assert Counter(serve(queue, 20)) == {"early": 10, "late": 10}


def test_who_comes_back_has_saved_nothing_up() -> None:
    """Idle time is no credit."""
    queue = filled(steady=100, idle=1)
    serve(queue, 60)
    for item in range(50):
        queue.put("idle", f"again{item}")

    assert Counter(serve(queue, 20)) == {"steady": 10, "idle": 10}


def test_one_partys_items_go_by_rank_and_then_first_come() -> None:
    """Later stages first."""
    queue: FairQueue[str, str] = FairQueue()
    for rank, item in ((2, "shot"), (0, "ad"), (2, "next shot"), (1, "enlarged")):
        queue.put("a", item, (rank,))
    taken = [queue.take(lambda *_: 1.0) for _ in range(4)]

    assert [turn[1] for turn in taken if turn] == ["ad", "enlarged", "shot", "next shot"]


def test_a_removed_party_leaves_its_items() -> None:
    """They are handed back to whoever removes it."""
    queue = filled(gone=2, stays=1)

    assert queue.remove("gone") == ["gone0", "gone1"]
    assert len(queue) == queue.waiting("stays") == 1
    assert queue.remove("gone") == []
