"""What SQLite and PostgreSQL say differently."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from storage.tables import Base, Moment

BATCH = 500
"""Rows or keys in one statement; both databases have a limit on its parameters."""

_WRITERS_LOCK = 0x6D696C6C  # "mill"

T = TypeVar("T")


def insert(connection: Connection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what to do on a conflict."""
    return sqlite.insert(table) if _is_sqlite(connection) else postgresql.insert(table)


def insert_new(connection: Connection, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert those of *rows*, each with the columns of *table*, that are not there."""
    # With RETURNING many rows are one statement; without, PostgreSQL's driver sends one for each.
    entry = insert(connection, table).on_conflict_do_nothing().returning(literal(1))
    for batch in batches(rows):
        connection.execute(entry, batch)


class clock(FunctionElement[datetime]):  # noqa: N801 (reads as the SQL function that it is)
    """The database's time: hosts' clocks differ, so leases go by the one that they share."""

    type = Moment()
    inherit_cache = True


@compiles(clock, "sqlite")
def _sqlite_clock(*_: object, **__: object) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"  # as SQLAlchemy writes a time: %f has milliseconds


@compiles(clock, "postgresql")
def _postgres_clock(*_: object, **__: object) -> str:
    return "clock_timestamp()"


def now(connection: Connection) -> datetime:
    """Return the database's time."""
    return connection.scalars(select(clock())).one()


def queue_up(connection: Connection) -> None:
    """Wait for others who change many rows: two of them could each hold what the other needs next.

    On SQLite whoever writes is alone anyway.
    """
    if not _is_sqlite(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))


def batches(items: Iterable[T], most: int = BATCH) -> Iterator[list[T]]:
    """Cut *items* into lists of *most*, by default what fits in one statement."""
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
