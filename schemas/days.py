"""Days as the locale writes them."""

from datetime import datetime, timedelta

from babel.dates import format_skeleton

from schemas.money import in_digits_of, parse_locale


def last_day(end: datetime, tag: str) -> str:
    """Return day and month of the last moment before *end*, in its own time zone, as the locale *tag* does.

    What ends at midnight has the day before as its last. The order is CLDR's, and so are the words.
    """
    locale = parse_locale(tag)
    if locale is None:
        raise ValueError(f"unknown locale {tag!r}")
    day = (end - timedelta(microseconds=1)).date()
    return in_digits_of(locale, format_skeleton("MMMMd", day, locale=locale))
