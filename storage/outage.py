"""Rides out a database that is away for a while: restarted, failed over, cut off."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

PATIENCE_SECONDS = 30.0
"""A restart takes a few seconds, a failover up to half a minute."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

_AWAY = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01")
"""PostgreSQL's codes: connection failed, shutting down, crashed, starting up, too many connections; and two
that ask for the transaction again. https://www.postgresql.org/docs/current/errcodes-appendix.html"""

T = TypeVar("T")


def ride_out(do: Callable[[], T]) -> T:
    """Return what *do* returns, calling it again while the database is away, for PATIENCE_SECONDS.

    *do* must bear to be repeated: a COMMIT may have worked though its answer was lost.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    for pause in _pauses():
        try:
            return do()
        except DBAPIError as error:
            if not is_away(error) or time.monotonic() + pause > end:
                raise
        time.sleep(pause)
    raise AssertionError  # the pauses never end


def is_away(error: DBAPIError) -> bool:
    """Tell whether *error* came from a database that may be back soon: no wrong statement, no full disk."""
    if error.connection_invalidated:
        return True
    # SQLite's errors have no such code, and its file does not come back; psycopg's have none (None) where
    # no server answered.
    code = getattr(error.orig, "sqlstate", "")
    return (isinstance(error, OperationalError) and code is None) or str(code).startswith(_AWAY)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
