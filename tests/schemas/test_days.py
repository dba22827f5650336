"""Days as locales write them."""

from datetime import datetime

import pytest

from schemas.days import last_day


@pytest.mark.parametrize(
    ("end", "tag", "text"),
    [
        ("2026-12-24T23:59:59+01:00", "en-US", "December 24"),
        ("2026-12-24T23:59:59+01:00", "en-GB", "24 December"),
        ("2026-12-24T23:59:59+01:00", "de-DE", "24. Dezember"),
        ("2026-12-24T23:59:59+01:00", "ja-JP", "12\u670824\u65e5"),
        ("2026-12-24T23:59:59+01:00", "fa", "\u06f2\u06f4 \u062f\u0633\u0627\u0645\u0628\u0631"),
        ("2026-12-25T00:00:00+01:00", "en-US", "December 24"),
        ("2026-12-25T00:00:01+13:00", "en-US", "December 25"),
    ],
)
def test_the_last_day_is_that_of_the_sales_own_time_zone(end: str, tag: str, text: str) -> None:
    """What ends at midnight does not reach the next day."""
    assert last_day(datetime.fromisoformat(end), tag) == text
