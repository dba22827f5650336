"""Words for people: times no finer than they are known, texts that steer no terminal."""

import pytest

from flows.spoken import about, counted, number, plain


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "a few seconds"),
        (5, "a few seconds"),
        (6, "about 10 s"),
        (41, "about 50 s"),
        (89, "about 1 min"),
        (200, "about 3 min"),
        (3590, "about 1 h"),
        (7_900, "about 2 h 10 min"),
        (86_000, "about 1 day"),
        (300_000, "about 3 days 11 h"),
    ],
)
def test_times_are_rounded_to_what_an_estimate_is_worth(seconds: float, said: str) -> None:
    """Nobody believes 3 min 17 s."""
    assert about(seconds) == said


def test_figures_are_readable() -> None:
    """Thousands stand apart, one of a kind has no plural, and what costs something is never 0."""
    assert (number(12_345.2), number(0.2), number(0)) == ("12,346", "1", "0")
    assert (counted(1, "ad"), counted(1200, "ad"), counted(0, "ad")) == ("1 ad", "1,200 ads", "0 ads")


def test_texts_become_one_line_that_steers_nothing() -> None:
    """An error may quote a file's name, and a name may hold anything."""
    assert plain("one\n two\t\x1b[2Jthree\u202efour") == "one two \\u001b[2Jthree\\u202efour"
    assert plain("قهوة 咖啡") == "قهوة 咖啡"


def test_long_texts_are_cut() -> None:
    """The whole of it stands in the catalog."""
    assert plain("x" * 1000, most=10) == "xxxxxxxxx…"
