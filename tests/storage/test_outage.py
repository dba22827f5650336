"""A database that goes away for a while is waited for; one that stays away, or is full, is told."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg.errors
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from schemas.errors import StorageError
from storage import outage
from storage.catalog import Catalog
from tests.servers import PostgresServer
from tests.storage.drawn import asset, draw_plan

PLAN = draw_plan(*(f"product {n}" for n in range(40)))


@pytest.fixture
def restartable(postgres_server: PostgresServer, postgres_url: str) -> Iterator[PostgresServer]:
    """The server of *postgres_url*; it runs again after the test."""
    assert f":{postgres_server.port}/" in postgres_url
    yield postgres_server
    if not postgres_server.process.pid:
        postgres_server.start()


def test_a_database_that_is_killed_and_started_again_loses_nothing(
    restartable: PostgresServer, postgres_url: str
) -> None:
    """Several threads are writing when it dies; they go on when it is back."""
    halfway = Event()
    with Catalog(postgres_url) as catalog, ThreadPoolExecutor(4) as threads:
        run = catalog.start_run(PLAN, "{}")

        def make(number: int) -> None:
            ad = PLAN.ads[number]
            catalog.finish(catalog.claim("ad", ad.key, run).attempt, asset(ad))
            if number == 10:
                halfway.set()

        making = threads.map(make, range(len(PLAN.ads)))
        halfway.wait()
        restartable.kill()
        restartable.start()
        list(making)
        catalog.end_run(run, "done")

        assert [(row.state, row.counts) for row in catalog.campaigns()] == [("done", {"done": 40})]
        with catalog._reading() as connection:
            assert (
                connection.execute(text("SELECT count(*) FROM attempts WHERE outcome = 'running'")).scalar()
                == 0
            )


def test_a_database_that_stays_away_is_told(
    restartable: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its address and the driver's own words."""
    monkeypatch.setattr(outage, "PATIENCE_SECONDS", 0.3)
    with Catalog(postgres_url) as catalog:
        run = catalog.start_run(PLAN, "{}")
        restartable.kill()

        with pytest.raises(StorageError, match=rf"127\.0\.0\.1:{restartable.port}.*refused.*run again"):
            catalog.end_run(run, "done")


def test_a_heartbeat_does_not_wait(
    restartable: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one comes in two seconds anyway, and whoever ends the run waits for its thread."""
    monkeypatch.setattr(time, "sleep", pytest.fail)
    with Catalog(postgres_url) as catalog:
        run = catalog.start_run(PLAN, "{}")
        restartable.process.kill()

        with pytest.raises(StorageError):
            catalog.beat(run)
        monkeypatch.undo()


def test_connections_that_an_administrator_ends_are_made_again(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """A failover does so too."""
    with Catalog(postgres_url) as catalog:
        run = catalog.start_run(PLAN, "{}")
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

        assert catalog.beat(run) == "running"
        assert catalog.claim("ad", PLAN.ads[0].key, run).attempt


def test_a_full_disk_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting would not make room; what was there stays, and there is room again after a clean-up."""
    with Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}") as catalog:
        with catalog._reading() as connection:
            connection.execute(text("PRAGMA max_page_count = 1"))

        monkeypatch.setattr(time, "sleep", pytest.fail)
        with pytest.raises(StorageError, match="full; see that it runs, has room"):
            catalog.start_run(PLAN, "{}")

        with catalog._reading() as connection:
            connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert catalog.start_run(PLAN, "{}")


def _wrapped(kind: type[DBAPIError], error: BaseException) -> DBAPIError:
    return kind("SELECT 1", {}, error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection refused"),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.CrashShutdown(),
        psycopg.errors.CannotConnectNow(),
        psycopg.errors.ConnectionFailure(),
        psycopg.errors.TooManyConnections(),
        psycopg.errors.DeadlockDetected(),
    ],
)
def test_what_may_pass_is_waited_for(error: BaseException) -> None:
    """The server's code tells; where no server answered there is none."""
    assert outage.is_away(_wrapped(OperationalError, error))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (OperationalError, psycopg.errors.DiskFull()),
        (OperationalError, sqlite3.OperationalError("database or disk is full")),
        (IntegrityError, psycopg.errors.CheckViolation()),
        (DBAPIError, psycopg.InterfaceError("the cursor is closed")),
    ],
)
def test_what_does_not_pass_is_not_waited_for(kind: type[DBAPIError], error: BaseException) -> None:
    """A full disk and a wrong statement are for people."""
    assert not outage.is_away(_wrapped(kind, error))


def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that starts is asked often at first, one that is gone seldom; after half a minute no more."""
    clock, pauses = [0.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    def ask() -> None:
        raise _wrapped(OperationalError, psycopg.OperationalError("connection refused"))

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(OperationalError):
        outage.ride_out(ask)

    assert pauses[:6] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    assert 28 < sum(pauses) <= outage.PATIENCE_SECONDS
