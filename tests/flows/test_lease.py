"""Holding a campaign: the heartbeat, and who may take over."""

import threading
import time
from collections.abc import Callable

import pytest

from flows import lease
from schemas.errors import CampaignBusyError, StorageError
from storage import runs
from storage.catalog import Catalog
from storage.rows import Signal
from tests.storage.drawn import draw_plan
from tests.storage.owners import move_away, start_and_die

PLAN = draw_plan("one")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hearts beat fast, and nobody looks at his watch for long."""
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(lease, "_GLANCE_SECONDS", 0.05)


def _until(true: Callable[[], bool]) -> None:
    """Wait; the test's own time-out ends what never comes."""
    while not true():
        time.sleep(0.01)


def test_a_campaign_is_held_as_long_as_the_block(catalog: Catalog) -> None:
    """Its heart beats, and stops with it; how the run ended is for the caller to say."""
    with lease.held(catalog, PLAN, "{}") as held:
        first = catalog.live_runs()[0].beat_at
        _until(lambda: catalog.live_runs()[0].beat_at > first)
        assert (held.run, held.state) == (catalog.campaigns()[0].run, "running")

    assert not any("heartbeat" in thread.name for thread in threading.enumerate())
    assert [run.run for run in catalog.live_runs()] == [held.run]


def test_who_asks_to_cancel_is_heard(catalog: Catalog) -> None:
    """Within a beat; the lease stays, for the run has to end in order."""
    with lease.held(catalog, PLAN, "{}") as held:
        catalog.ask_to_cancel(PLAN.campaign)
        _until(lambda: held.state == "cancelled")

        assert [run.run for run in catalog.live_runs()] == [held.run]


def test_a_lease_that_was_taken_over_is_lost(catalog: Catalog) -> None:
    """A process that was stopped for too long learns so with its first beat."""
    with lease.held(catalog, PLAN, "{}") as held:
        catalog.end_run(held.run, "lost")
        catalog.start_run(PLAN, "{}")
        _until(lambda: held.state == "lost")


def test_a_heartbeat_outlives_a_database_that_is_away(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease lasts for ten beats."""
    beats = iter([StorageError("away"), StorageError("away"), "cancelled"])

    def beat(_: int) -> Signal:
        word = next(beats, "cancelled")
        if isinstance(word, StorageError):
            raise word
        return "cancelled"

    monkeypatch.setattr(catalog, "beat", beat)
    with lease.held(catalog, PLAN, "{}") as held:
        _until(lambda: held.state == "cancelled")


def test_a_heartbeat_that_hangs_is_left_behind(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line was cut; whoever leaves the block does not wait for that to be noticed."""
    cut, over = threading.Event(), threading.Event()

    def beat(_: int) -> Signal:
        cut.set()
        over.wait()
        return "running"

    monkeypatch.setattr(catalog, "beat", beat)
    monkeypatch.setattr(lease, "_SECONDS_TO_JOIN", 0.05)
    with lease.held(catalog, PLAN, "{}"):
        cut.wait()

    over.set()


def test_a_campaign_that_is_being_made_is_refused(catalog: Catalog) -> None:
    """As soon as the other's heart is seen to beat."""
    with lease.held(catalog, PLAN, "{}"), pytest.raises(CampaignBusyError), lease.held(catalog, PLAN, "{}"):
        pytest.fail("two runs hold one campaign")


def test_an_owner_elsewhere_that_stays_silent_is_taken_over(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last sign is young, so it is given the rest of the lease to show another."""
    dead = catalog.start_run(PLAN, "{}")
    move_away(catalog, dead)
    monkeypatch.setattr(runs, "LEASE_SECONDS", 1.0)

    with lease.held(catalog, PLAN, "{}") as held:
        assert held.run > dead
        assert [run.run for run in catalog.live_runs()] == [held.run]


def test_an_owner_that_died_here_is_taken_over_at_once(catalog: Catalog, catalog_url: str) -> None:
    """Its process is gone, so nothing has to be waited for."""
    dead, _ = start_and_die(catalog_url, PLAN)

    with lease.held(catalog, PLAN, "{}") as held:
        assert held.run > dead


def test_a_campaign_that_comes_free_meanwhile_is_taken(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run ends while this one waits to see whether it lives."""
    other = catalog.start_run(PLAN, "{}")
    monkeypatch.setattr(lease.time, "sleep", lambda _: catalog.end_run(other, "done"))

    with lease.held(catalog, PLAN, "{}") as held:
        assert held.run > other


def test_what_was_quarantined_is_tried_again_where_asked(catalog: Catalog) -> None:
    """`held` hands the wish on."""
    first = catalog.start_run(PLAN, "{}")
    catalog.fail(catalog.claim("ad", PLAN.ads[0].key, first).attempt, "crash", "x", state="quarantined")
    catalog.end_run(first, "failed")

    with lease.held(catalog, PLAN, "{}", retry=True):
        assert [row.state for row in catalog.rows()] == ["planned"]
