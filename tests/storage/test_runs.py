"""Who may make a campaign, and until when: leases, takeovers, fences and cancelling, on both databases."""

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from schemas.errors import CampaignBusyError, LeaseLostError
from schemas.plan import Plan
from storage import runs
from storage.catalog import Catalog
from storage.owner import Owner
from storage.rows import Claim, RunEnd
from storage.runs import LEASE_SECONDS
from storage.tables import Attempt
from tests.storage.drawn import asset, clip, draw_plan
from tests.storage.owners import move_away, silence, start_and_die

PLAN = draw_plan("one", "two")
OTHER = draw_plan("one", campaign="kaffi/winter")
SHOT = PLAN.shots[0]


def _lasted(catalog: Catalog, seconds: list[float]) -> None:
    """Let the attempts, in order, have taken *seconds*."""
    with catalog._writing() as connection:
        numbers = connection.execute(select(Attempt.id).order_by(Attempt.id)).scalars().all()
        for number, took in zip(numbers, seconds, strict=True):
            connection.execute(update(Attempt).where(Attempt.id == number).values(seconds=took))


def _states(catalog: Catalog, plan: Plan = PLAN) -> list[str]:
    return [row.state for row in catalog.rows(plan.campaign)]


def test_a_campaign_has_one_live_run(catalog: Catalog) -> None:
    """The second is told who has it, since when nothing was heard, and what to do; nothing is registered."""
    run = catalog.start_run(PLAN, "{}")

    with pytest.raises(CampaignBusyError) as caught:
        catalog.start_run(draw_plan("three"), "{}")

    words = str(caught.value)
    assert f"{PLAN.campaign} is being made already, by run {run}" in words
    assert f"host {socket.gethostname()}, process {os.getpid()}" in words
    assert f"`reelmill cancel {PLAN.campaign}`" in words
    assert len(catalog.rows()) == 2


def test_of_many_that_start_at_once_one_runs(catalog: Catalog) -> None:
    """A brief submitted four times at once is one batch."""

    def start(_: int) -> int:
        try:
            return catalog.start_run(PLAN, "{}")
        except CampaignBusyError:
            return 0

    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(start, range(4)))

    assert sorted(map(bool, runs)) == [False, False, False, True]
    assert [row.run for row in catalog.campaigns()] == [max(runs)]


@pytest.mark.parametrize("state", ["done", "failed", "cancelled", "interrupted", "capped", "lost"])
def test_a_run_that_has_ended_lets_its_campaign_go(state: RunEnd, catalog: Catalog) -> None:
    """Each end is a state, with a time that has a zone; it ends once."""
    first = catalog.start_run(PLAN, "{}")

    catalog.end_run(first, state)
    catalog.end_run(first, "done")

    (row,) = catalog.campaigns()
    assert row.state == state
    assert row.ended_at is not None
    assert row.ended_at >= row.started_at
    assert catalog.live_runs() == []
    assert catalog.start_run(PLAN, "{}") > first


def test_what_a_run_leaves_running_is_planned(catalog: Catalog) -> None:
    """It was in flight when the run stopped; its attempt was cancelled."""
    run = catalog.start_run(PLAN, "{}")
    catalog.claim("ad", PLAN.ads[0].key, run)
    catalog.claim("shot", SHOT.key, run, gpus=1)

    catalog.end_run(run, "interrupted")

    assert _states(catalog) == ["planned", "planned"]
    assert catalog.troubles("shot", [SHOT.key]) == {SHOT.key: {"cancelled": 1}}
    assert catalog.claim("shot", SHOT.key, catalog.start_run(OTHER, "{}")).attempt


def test_a_dead_owner_on_this_machine_is_taken_over_at_once(catalog: Catalog, catalog_url: str) -> None:
    """`kill -9`, and the next `reelmill run` a second later; what was in flight is lost and planned again."""
    run, attempt = start_and_die(catalog_url, PLAN)
    assert attempt
    assert [row.state for row in catalog.campaigns()] == ["lost"]
    assert catalog.live_runs() == []

    second = catalog.start_run(PLAN, "{}")

    assert second > run
    assert [row.state for row in catalog.campaigns()] == ["running"]
    assert catalog.troubles("shot", [SHOT.key]) == {SHOT.key: {"lost": 1}}
    assert catalog.claim("shot", SHOT.key, second).attempt


def test_a_silent_owner_elsewhere_is_taken_over_when_its_lease_is_over(catalog: Catalog) -> None:
    """Nothing can be known of another machine's processes but when they last gave a sign."""
    first = catalog.start_run(PLAN, "{}")
    move_away(catalog, first)
    silence(catalog, first, LEASE_SECONDS - 5)
    with pytest.raises(
        CampaignBusyError, match=r"host elsewhere, process 4711\), which gave a sign 1\d s ago"
    ):
        catalog.start_run(PLAN, "{}")

    silence(catalog, first, 6)

    assert [row.state for row in catalog.campaigns()] == ["lost"]
    assert catalog.start_run(PLAN, "{}") > first


def test_a_heartbeat_keeps_the_lease(catalog: Catalog) -> None:
    """However silent it was before: as long as nobody took over, it is the owner."""
    run = catalog.start_run(PLAN, "{}")
    silence(catalog, run, LEASE_SECONDS + 5)

    assert catalog.beat(run) == "running"

    (live,) = catalog.live_runs()
    assert (live.campaign, live.run, live.pid) == (PLAN.campaign, run, os.getpid())
    assert live.silent_seconds < LEASE_SECONDS


def _claim(catalog: Catalog, run: int, _: int) -> None:
    catalog.claim("ad", PLAN.ads[1].key, run)


def _finish(catalog: Catalog, _: int, attempt: int) -> None:
    catalog.finish(attempt, asset(PLAN.ads[0]))


def _fail(catalog: Catalog, _: int, attempt: int) -> None:
    catalog.fail(attempt, "permanent", "too loud", state="failed")


def _block(catalog: Catalog, run: int, _: int) -> None:
    catalog.block_ad(PLAN.ads[1].key, run, "no clip")


@pytest.mark.parametrize("write", [_claim, _finish, _fail, _block])
def test_a_run_that_lost_its_lease_writes_nothing(write: Callable[..., Any], catalog: Catalog) -> None:
    """A process that was stopped for a while wakes up and goes on; another has its campaign by now."""
    paused = catalog.start_run(PLAN, "{}")
    attempt = catalog.claim("ad", PLAN.ads[0].key, paused).attempt
    silence(catalog, paused, LEASE_SECONDS + 5)
    catalog.start_run(PLAN, "{}")

    with pytest.raises(LeaseLostError, match=f"run {paused} no longer holds its campaign"):
        write(catalog, paused, attempt)

    assert catalog.beat(paused) == "lost"
    catalog.end_run(paused, "done")
    assert _states(catalog) == ["planned", "planned"]
    assert [row.state for row in catalog.campaigns()] == ["running"]


def test_of_two_runs_one_makes_a_shared_shot(catalog: Catalog) -> None:
    """The other is told neither to make it nor that it is there, until it is."""
    first, second = catalog.start_run(PLAN, "{}"), catalog.start_run(OTHER, "{}")
    attempt = catalog.claim("shot", SHOT.key, first).attempt
    assert catalog.claim("shot", SHOT.key, second) == Claim(0, None)

    catalog.finish(attempt, clip(SHOT))

    assert catalog.claim("shot", SHOT.key, second) == Claim(0, clip(SHOT))


def test_a_shared_shot_that_failed_may_be_tried_by_the_other_run(catalog: Catalog) -> None:
    """From then on it is the other's, and a late word of the first changes nothing."""
    first, second = catalog.start_run(PLAN, "{}"), catalog.start_run(OTHER, "{}")
    early, late = (catalog.claim("shot", SHOT.key, first).attempt for _ in range(2))
    catalog.fail(early, "transient", "no answer", state="planned")
    assert catalog.claim("shot", SHOT.key, second).attempt

    catalog.fail(late, "crash", "crashed twice", state="quarantined")

    assert catalog.quarantined("shot", [SHOT.key]) == {}
    assert catalog.claim("shot", SHOT.key, first) == Claim(0, None)


def test_a_shared_shot_is_not_planned_again_under_a_live_run(catalog: Catalog) -> None:
    """A campaign that starts leaves alone what another is making."""
    first = catalog.start_run(PLAN, "{}")
    catalog.claim("shot", SHOT.key, first)

    second = catalog.start_run(OTHER, "{}")

    assert catalog.claim("shot", SHOT.key, second) == Claim(0, None)


def test_a_shared_shot_is_taken_over_from_a_dead_run(catalog: Catalog, catalog_url: str) -> None:
    """Nobody runs that other campaign again, but this one needs the shot."""
    start_and_die(catalog_url, OTHER)
    run = catalog.start_run(PLAN, "{}")

    assert catalog.claim("shot", SHOT.key, run).attempt


def test_a_live_run_is_asked_to_stop(catalog: Catalog) -> None:
    """It hears so with its next heartbeat, and stops itself."""
    run = catalog.start_run(PLAN, "{}")
    catalog.claim("ad", PLAN.ads[0].key, run)
    assert catalog.beat(run) == "running"

    assert catalog.ask_to_cancel(PLAN.campaign)

    assert catalog.beat(run) == "cancelled"
    assert _states(catalog) == ["running", "planned"]


def test_a_run_that_was_cancelled_leaves_its_ads_cancelled(catalog: Catalog) -> None:
    """What is made stays; the next run makes the rest."""
    run = catalog.start_run(PLAN, "{}")
    catalog.finish(catalog.claim("ad", PLAN.ads[0].key, run).attempt, asset(PLAN.ads[0]))

    catalog.end_run(run, "cancelled")

    assert _states(catalog) == ["done", "cancelled"]
    catalog.start_run(PLAN, "{}")
    assert _states(catalog) == ["done", "planned"]


def test_without_a_live_run_the_ads_are_cancelled_at_once(catalog: Catalog, catalog_url: str) -> None:
    """Nobody is there to hear it; other campaigns are left alone."""
    catalog.start_run(OTHER, "{}")
    start_and_die(catalog_url, PLAN)

    assert not catalog.ask_to_cancel(PLAN.campaign)

    assert _states(catalog) == ["cancelled", "cancelled"]
    assert _states(catalog, OTHER) == ["planned"]
    assert not catalog.ask_to_cancel("kaffi/unknown")
    assert [row.state for row in catalog.campaigns()] == ["lost", "running"]


def test_dead_runs_are_closed_for_whoever_checks(catalog: Catalog, catalog_url: str) -> None:
    """`reelmill verify` finds no row that is running without a run."""
    start_and_die(catalog_url, PLAN)
    live = catalog.start_run(OTHER, "{}")

    assert (catalog.close_dead_runs(), catalog.close_dead_runs()) == (1, 0)

    assert [run.run for run in catalog.live_runs()] == [live]
    assert catalog.claim("shot", SHOT.key, live).attempt


def test_troubles_count_until_a_run_ends_in_order(catalog: Catalog) -> None:
    """What killed a worker in each of two killed runs is known; a run that ended has had its say."""
    key, told = SHOT.key, []
    for end in ("interrupted", "lost", "failed", "interrupted"):
        run = catalog.start_run(PLAN, "{}")
        catalog.fail(catalog.claim("shot", key, run).attempt, "crash", "killed", state="planned")
        catalog.end_run(run, end)  # type: ignore[arg-type]
        told.append(catalog.troubles("shot", [key, "unknown"]).get(key, {}))

    assert told == [{"crash": 1}, {"crash": 2}, {}, {"crash": 1}]


def test_gpu_seconds_count_every_attempt_of_the_campaign(catalog: Catalog) -> None:
    """Also the failed and the lost ones, in all its runs; what was in flight counts until the last sign."""
    first = catalog.start_run(PLAN, "{}")
    for _ in range(2):
        failed = catalog.claim("shot", SHOT.key, first, gpus=2).attempt
        catalog.fail(failed, "transient", "no answer", state="planned")
    catalog.claim("shot", SHOT.key, first, gpus=0.5)
    _lasted(catalog, [10, 20, 0])
    catalog.beat(first)
    silence(catalog, first, LEASE_SECONDS + 5)
    second = catalog.start_run(PLAN, "{}")
    catalog.claim("shot", SHOT.key, second, gpus=8)

    spent = catalog.gpu_seconds(PLAN.campaign)

    assert spent == pytest.approx(60)
    assert catalog.gpu_seconds("kaffi/unknown") == 0


def test_paces_come_from_what_was_done(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds and work by kind and model; only the latest count, and only those that came to an end."""
    monkeypatch.setattr("storage.history._RECENT", 2)
    run = catalog.start_run(PLAN, "{}")
    for work in (99, 2, 3):
        attempt = catalog.claim("ad", PLAN.ads[0].key, run, model="compose/1", work=work).attempt
        catalog.finish(attempt, asset(PLAN.ads[0]))
        catalog.forget("ad", [PLAN.ads[0].key])
    catalog.claim("shot", SHOT.key, run, model="wan@1", work=5)
    _lasted(catalog, [60, 20, 30, 0])

    paces = catalog.paces()

    assert list(paces) == [("ad", "compose/1")]
    pace = paces["ad", "compose/1"]
    assert (pace.seconds, pace.work, pace.count) == (50, 5, 2)


def test_a_start_whose_answer_was_lost_is_not_busy_with_itself(catalog: Catalog) -> None:
    """The transaction went through, its answer did not come, and it is sent again."""
    owner = Owner.here()
    for _ in range(2):
        with catalog._writing() as connection:
            run = runs.take(connection, PLAN, "{}", "", owner)

    assert [live.run for live in catalog.live_runs()] == [run]


def test_an_owner_is_read_as_it_was_written() -> None:
    """Hosts have dots in their names."""
    owner = Owner("node-7.cluster.example.0123456789ab.4026531836.4711.99", "token")

    assert Owner.read(owner.text) == owner
    assert (owner.host, owner.pid) == ("node-7.cluster.example", 4711)


def test_a_takeover_waits_for_a_transaction_of_the_owner(postgres_url: str) -> None:
    """What it has begun to write is written before another owns the campaign; SQLite has one writer."""
    with Catalog(postgres_url) as catalog:
        run = catalog.start_run(PLAN, "{}")
        silence(catalog, run, LEASE_SECONDS + 5)
        with catalog._writing() as mine, catalog._writing() as theirs:
            runs.fence(mine, run)
            theirs.execute(text("SET LOCAL lock_timeout = '50ms'"))

            with pytest.raises(OperationalError, match="lock timeout"):
                runs.take(theirs, PLAN, "{}", "", Owner.here())
            assert catalog.beat(run) == "running"
