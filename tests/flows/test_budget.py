"""The cap on GPU-seconds."""

from flows.budget import Budget


def test_an_ad_is_admitted_whole_or_not_at_all() -> None:
    """Half an ad is money lost."""
    budget = Budget(100)

    assert budget.admits({"a": 60, "b": 30})
    assert not budget.admits({"c": 5, "d": 6})
    assert budget.admits({"c": 5})


def test_what_is_shared_is_promised_once() -> None:
    """The second ad that shows a shot adds nothing."""
    budget = Budget(100)

    assert budget.admits({"a": 90})
    assert budget.admits({"a": 90, "b": 10})


def test_ads_that_need_no_gpu_are_always_admitted() -> None:
    """All their shots may be there."""
    assert Budget(0, spent=50).admits({})


def test_earlier_runs_have_spent_too() -> None:
    """A rerun does not get a second budget."""
    assert not Budget(100, spent=95).admits({"a": 10})


def test_nothing_starts_at_the_cap() -> None:
    """Spent and running count, so that each worker passes it by one item at most."""
    budget = Budget(100, spent=70)

    assert budget.may_start(running=29)
    assert not budget.may_start(running=30)


def test_no_cap_admits_everything() -> None:
    """Nothing is held back, nothing is said."""
    budget = Budget(None)

    assert budget.admits({"a": 1e9})
    assert budget.may_start(running=1e12)
    assert budget.sentence == ""


def test_the_sentence_says_what_more_would_cost() -> None:
    """What two held ads share is counted once, and what is promised not at all."""
    budget = Budget(100, spent=80)
    budget.admits({"promised": 20})
    budget.hold({"a": 30, "promised": 20})
    budget.hold({"a": 30, "b": 10.4})

    assert budget.sentence == (
        "2 ads stay planned: budget.gpu_seconds is 100, 80 are spent; about 41 more would make the rest: "
        "set it to 121, then run again"
    )
