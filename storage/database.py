"""Opens the catalog's database, SQLite or PostgreSQL, and brings it to this version's tables."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from schemas.errors import OldDatabaseError, SettingsError

MIGRATIONS = Path(__file__).with_name("migrations")
HEAD = max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The newest migration; read from the file names, for importing Alembic takes most of a second."""

READING = {"reading": True}
"""Execution options of a connection that only reads, so that it waits for no writer."""

_CURE = "use sqlite:///folder/file or postgresql://user:password@host/database"
_MIGRATION_LOCK = 0x7265656C  # "reel"
_SECONDS_TO_WAIT = 30
_POSTGRES_DEFAULTS = {
    "connect_timeout": "5",
    # A line that is cut says nothing; without these a query would wait for an answer for hours.
    "tcp_user_timeout": "5000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
}
_SECONDS_IN_TRANSACTION = 15
"""Longest idle time inside a transaction: a stopped process must not hold rows for longer than its lease."""


def read_url(text_url: str) -> URL:
    """Return *text_url* with our driver and time-outs.

    Raises SettingsError if it names no database that we use.
    """
    try:
        url = make_url(text_url)
    except (ArgumentError, ValueError):
        # Its text is in none of our messages: part of a password may have been taken for the port.
        raise SettingsError(f"REELMILL_DATABASE_URL is no URL of a database; {_CURE}") from None
    kind = url.get_backend_name()
    if kind in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg", query={**_POSTGRES_DEFAULTS, **url.query})
    if kind != "sqlite" or url.database in {None, "", ":memory:"}:
        raise SettingsError(f"REELMILL_DATABASE_URL={shown(url)!r}: {_CURE}")
    return url.set(drivername="sqlite")


def shown(url: URL) -> str:
    """Return *url* for people: without the password, and without options, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def connect(url: URL) -> Engine:
    """Return an engine for *url*; nothing is opened yet. Raises SettingsError if the driver is missing."""
    try:
        engine = create_engine(url, pool_pre_ping=sqlite_file(url) is None, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise SettingsError(f"cannot use {shown(url)}: pip install 'reelmill[postgres]'") from error
    if sqlite_file(url):
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _set_up_postgres)
    return engine


def revision(engine: Engine) -> str:
    """Return the migration that the database is at; empty if it has no tables of ours."""
    with engine.connect().execution_options(**READING) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def is_there(url: URL) -> bool:
    """Tell whether a catalog of this version is at *url*, without creating or changing anything.

    Raises SettingsError if the database cannot be reached, OldDatabaseError if an older Reelmill made its
    tables.
    """
    file = sqlite_file(url)
    if file and not file.exists():
        return False
    engine = connect(url)
    try:
        with explained(url):
            found = revision(engine)
    finally:
        engine.dispose()
    if found and found < HEAD:
        raise OldDatabaseError(
            f"the database {shown(url)} is of an older Reelmill: `reelmill run` brings it up to date"
        )
    return found != ""


def migrate(engine: Engine) -> None:
    """Bring the database to HEAD; of several processes one does it and the others wait.

    Raises SettingsError if a newer Reelmill has changed the database, or it cannot be reached or written.
    """
    file = sqlite_file(engine.url)
    with explained(engine.url):
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
        if _is_current(engine):
            return
        with changing_tables(engine) as connection:
            _upgrade(connection)


@contextmanager
def changing_tables(engine: Engine) -> Iterator[Connection]:
    """Have a transaction that may change tables, while others wait."""
    if file := sqlite_file(engine.url):
        with _sqlite_to_ourselves(engine, file) as connection, connection.begin():
            yield connection
        return
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        yield connection


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Raise the database's errors from inside as SettingsError, without the password."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise SettingsError(
            f"cannot open the database {shown(url)}: {reason(error)}; check REELMILL_DATABASE_URL "
            f"and that the database can be reached and written"
        ) from error


def reason(error: Exception) -> str:
    """Return the driver's own words, without SQLAlchemy's statement and parameters."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _is_current(engine: Engine) -> bool:
    found = revision(engine)
    if found > HEAD:
        raise SettingsError(
            f"the database {shown(engine.url)} is of a newer Reelmill ({found}, here {HEAD}): "
            f"install that one, or set REELMILL_DATABASE_URL to another database"
        )
    return found == HEAD


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 (slow to import, and needed once in a database's life)
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, HEAD)


@contextmanager
def _sqlite_to_ourselves(engine: Engine, file: Path) -> Iterator[Connection]:
    """Hold the database's folder, since a change to WAL does not wait for other connections.

    To change a constraint SQLite copies the table and drops the old one, which rows that point there forbid;
    so on this connection they do not count. It is closed after.
    """
    handle = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with engine.connect() as connection:
            connection.detach()
            # By the driver: SQLAlchemy would begin a transaction first, and inside one both do nothing.
            for pragma in ("journal_mode = WAL", "foreign_keys = OFF"):
                connection.connection.cursor().execute(f"PRAGMA {pragma}")
            yield connection
    finally:
        os.close(handle)


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late to lock, so it is switched off; _begin_sqlite sends ours.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_SECONDS_TO_WAIT * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    # A row that a power cut takes is adopted again from its file, so no commit waits for the disk.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _set_up_postgres(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{_SECONDS_IN_TRANSACTION}s'")
    cursor.close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins by reading cannot wait for a writer later: SQLite refuses it at once.
    reading = connection.get_execution_options().get("reading", False)
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
