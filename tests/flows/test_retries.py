"""What follows from a failed attempt."""

from collections import Counter

import pytest

from flows.retries import Again, GiveUp, Tries
from schemas.work import Verdict


def test_what_is_wrong_itself_is_not_tried_again() -> None:
    """Its reason stands as it is."""
    assert Tries().note("permanent", "no such picture") == GiveUp("failed", "no such picture")


def test_a_transient_error_is_tried_again_ever_later() -> None:
    """Over half a minute, for a store that fails over; then five attempts have ended so."""
    tries = Tries()
    *pauses, last = (tries.note("transient", "no answer") for _ in range(5))

    assert pauses == [Again(2), Again(4), Again(8), Again(16)]
    assert last == GiveUp("failed", "no answer (5 attempts)")


def test_out_of_memory_is_answered_with_smaller_settings() -> None:
    """Each time a step smaller, and not for ever."""
    tries = Tries()
    ends = [tries.note("memory", "it does not fit") for _ in range(4)]

    assert ends[:3] == [Again(0)] * 3
    assert ends[3] == GiveUp("failed", "it does not fit (4 attempts)")
    assert tries.shrink == 4


@pytest.mark.parametrize(
    ("first", "second"), [("crash", "crash"), ("timeout", "crash"), ("crash", "timeout")]
)
def test_two_crashes_or_hangs_mean_quarantine(first: Verdict, second: Verdict) -> None:
    """A healthy item is rarely under a worker that dies twice."""
    tries = Tries()

    assert tries.note(first, "it died") == Again(0)
    assert tries.note(second, "it died") == GiveUp("quarantined", "it stopped 2 workers: it died")


def test_a_lost_node_is_not_the_items_fault() -> None:
    """It has a budget of its own, and leaves that of crashes alone."""
    tries = Tries()
    ends = [tries.note("lost", "its node died") for _ in range(5)]

    assert ends[:4] == [Again(0)] * 4
    assert ends[4] == GiveUp("quarantined", "its node died (5 attempts)")
    assert tries.note("crash", "it died") == Again(0)


def test_ends_in_runs_that_died_count_on() -> None:
    """An item that takes a worker along each time a run dies is not tried for ever."""
    tries = Tries(Counter({"crash": 1, "lost": 1}))

    assert tries.suspect
    assert isinstance(tries.note("crash", "it died"), GiveUp)
