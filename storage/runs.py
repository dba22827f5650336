"""Runs and their leases: a campaign has one live run, and whoever is dead is taken over from."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, select, update
from sqlalchemy import insert as plain_insert

from schemas.errors import CampaignBusyError, LeaseLostError
from schemas.plan import Plan
from schemas.work import Verdict
from storage.dialect import clock, insert, now, queue_up
from storage.owner import Owner
from storage.rows import LiveRun, RunEnd, Signal
from storage.tables import WORKS, Ad, Attempt, Campaign, Run

LEASE_SECONDS = 20.0
"""A run that gave no sign for so long is dead; one that lives gives a sign every two seconds."""

# FOR KEY SHARE lets heartbeats pass; FOR UPDATE, in `holders`, waits for it.
_FENCE = (
    select(Run.state, clock()).where(Run.id == bindparam("this")).with_for_update(read=True, key_share=True)
)
_CANCELLED = "cancelled before it was made; `reelmill run` makes it"


class Holder(NamedTuple):
    """A run that holds its campaign's lease, dead or alive."""

    run: int
    campaign: str
    owner: Owner
    started_at: datetime
    beat_at: datetime
    silent_seconds: float

    @property
    def is_dead(self) -> bool:
        """Whether its campaign is free to take."""
        return self.silent_seconds > LEASE_SECONDS or self.owner.is_gone


def take(connection: Connection, plan: Plan, brief: str, source: str, owner: Owner) -> int:
    """Give the lease of the plan's campaign to a new run of *owner*; return the run's number.

    Raises CampaignBusyError if a live run has it. Asked again by the same *owner*, it is the same run.
    """
    queue_up(connection)
    campaign = _campaign(connection, plan.campaign)
    for holder in holders(connection, Run.campaign_id == campaign):
        if holder.owner == owner:
            return holder.run
        if not holder.is_dead:
            raise _busy(holder)
        _close(connection, holder.run, "lost", at=holder.beat_at)
    at = now(connection)
    facts = {"brief_sha256": plan.brief_sha256, "brief": brief, "source": source, "owner": owner.text}
    counts = {"stills": len(plan.stills), "shots": len(plan.shots), "ads": len(plan.ads)}
    counts["voices"] = len(plan.narrations)
    begun = {"state": "running", "cancel": False, "started_at": at, "beat_at": at}
    entry = plain_insert(Run).values(campaign_id=campaign, **facts, **counts, **begun)
    return connection.execute(entry.returning(Run.id)).scalar_one()


def beat(connection: Connection, run: int) -> Signal:
    """Note that the owner of *run* lives; return what it should know."""
    alive = update(Run).where(Run.id == run, Run.state == "running").values(beat_at=clock())
    cancel = connection.execute(alive.returning(Run.cancel)).scalar_one_or_none()
    if cancel is None:
        return "lost"
    return "cancelled" if cancel else "running"


def end(connection: Connection, run: int, state: RunEnd) -> None:
    """End *run*, if it has not ended: what it leaves running is planned, or cancelled with the campaign."""
    queue_up(connection)
    for holder in holders(connection, Run.id == run):
        _close(connection, holder.run, state, at=now(connection))
        if state == "cancelled":
            _cancel_ads(connection, Ad.run_id == run)


def ask_to_cancel(connection: Connection, campaign: str) -> bool:
    """Ask the live run of *campaign* to stop; without one, cancel its unfinished ads here."""
    queue_up(connection)
    for holder in holders(connection, Campaign.name == campaign):
        if not holder.is_dead:
            connection.execute(update(Run).where(Run.id == holder.run).values(cancel=True))
            return True
        _close(connection, holder.run, "lost", at=holder.beat_at)
    this = select(Campaign.id).where(Campaign.name == campaign).scalar_subquery()
    _cancel_ads(connection, Ad.campaign_id == this)
    return False


def close_dead(connection: Connection) -> int:
    """Close the runs whose owners are dead; return how many there were."""
    queue_up(connection)
    gone = [holder for holder in holders(connection) if holder.is_dead]
    for holder in gone:
        _close(connection, holder.run, "lost", at=holder.beat_at)
    return len(gone)


def holders(connection: Connection, *which: ColumnElement[bool]) -> list[Holder]:
    """Return the runs that hold a lease; a transaction that writes holds their rows from here on."""
    query = (
        select(Run.id, Campaign.name, Run.owner, Run.started_at, Run.beat_at, clock())
        .join(Campaign, Campaign.id == Run.campaign_id)
        .where(Run.state == "running", *which)
        .order_by(Campaign.name)
    )
    if not connection.get_execution_options().get("reading"):
        query = query.with_for_update(of=Run)
    return [
        Holder(run, campaign, Owner.read(owner), started, beat, (at - beat).total_seconds())
        for run, campaign, owner, started, beat, at in connection.execute(query).tuples()
    ]


def live(connection: Connection) -> list[LiveRun]:
    """Return the runs whose owners are alive, by campaign."""
    return [
        LiveRun(
            campaign=holder.campaign,
            run=holder.run,
            host=holder.owner.host,
            pid=holder.owner.pid,
            started_at=holder.started_at,
            beat_at=holder.beat_at,
            silent_seconds=holder.silent_seconds,
        )
        for holder in holders(connection)
        if not holder.is_dead
    ]


def dead(connection: Connection) -> set[int]:
    """Return the runs that hold a lease but are dead."""
    return {holder.run for holder in holders(connection) if holder.is_dead}


def fence(connection: Connection, run: int) -> datetime:
    """Return the time; until the transaction ends, *run* keeps its lease.

    Raises LeaseLostError if it has none: it was silent for too long and another took over, or it has ended.
    """
    state, at = connection.execute(_FENCE, {"this": run}).tuples().one()
    check(run, state)
    return at


def check(run: int, state: str) -> None:
    """Raise LeaseLostError if *state* of *run* is not that of a run with a lease."""
    if state != "running":
        raise LeaseLostError(
            f"run {run} no longer holds its campaign (it is {state}), so nothing that it makes now is noted: "
            f"see `reelmill status`, and run again"
        )


def _campaign(connection: Connection, name: str) -> int:
    entry = insert(connection, Campaign).values(name=name, created_at=clock())
    # The update changes nothing, but without it a row that is there already would not be returned.
    found = entry.on_conflict_do_update(index_elements=["name"], set_={"name": entry.excluded.name})
    return connection.execute(found.returning(Campaign.id)).scalar_one()


def _busy(holder: Holder) -> CampaignBusyError:
    return CampaignBusyError(
        f"{holder.campaign} is being made already, by run {holder.run} (host {holder.owner.host}, process "
        f"{holder.owner.pid}), which gave a sign {max(holder.silent_seconds, 0):.0f} s ago: wait until it "
        f"ends, or stop it with `reelmill cancel {holder.campaign}`"
    )


def _close(connection: Connection, run: int, state: RunEnd, *, at: datetime) -> None:
    """End *run* and what it left running; the transaction holds its row."""
    connection.execute(update(Run).where(Run.id == run).values(state=state, ended_at=at))
    verdict: Verdict = "lost" if state == "lost" else "cancelled"
    _close_attempts(connection, run, verdict, at)
    for table in WORKS.values():
        left = update(table).where(table.run_id == run, table.state == "running")
        connection.execute(left.values(state="planned", updated_at=at))


def _close_attempts(connection: Connection, run: int, verdict: Verdict, at: datetime) -> None:
    mine = select(Attempt.id, Attempt.started_at).where(Attempt.run_id == run, Attempt.outcome == "running")
    for attempt, started in connection.execute(mine).tuples().all():
        took = max(at - started, timedelta()).total_seconds()
        over = {"outcome": verdict, "ended_at": at, "seconds": took}
        connection.execute(update(Attempt).where(Attempt.id == attempt), over)


def _cancel_ads(connection: Connection, which: ColumnElement[bool]) -> None:
    ads = update(Ad).where(which, Ad.state.in_(("planned", "running")))
    connection.execute(ads.values(state="cancelled", error=_CANCELLED, updated_at=clock()))
