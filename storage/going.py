"""How the latest run of a campaign goes, told from rows: another process makes it than the one that asks."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from schemas.plan import Ad, Narration, Shot, Still
from schemas.work import Kind
from storage import history, runs, tables
from storage.dialect import clock
from storage.gallery_rows import Doing, KindProgress, RunProgress
from storage.owner import Owner
from storage.tables import MADE, WORKS, Attempt, Campaign, Run, Want

_DOING_MAX = 8
_FAILED = ("failed", "quarantined", "blocked", "cancelled")
_SPECS: dict[Kind, type[Still | Shot | Narration | Ad]] = {
    spec.kind: spec for spec in (Still, Shot, Narration, Ad)
}


def progress(connection: Connection, campaign: str) -> RunProgress | None:
    """Return how the latest run of *campaign* goes; None where it has none."""
    run = _latest(connection, campaign)
    if run is None:
        return None
    holders = runs.holders(connection, Run.id == run.id)
    live = any(not holder.is_dead for holder in holders)
    owner = Owner.read(run.owner) if run.owner else None
    kinds = _kinds(connection, run.id, live=live)
    doing = _doing(connection, run.id) if live else []
    return RunProgress(
        campaign=campaign,
        run=run.id,
        state="lost" if holders and not live else run.state,
        live=live,
        host=owner.host if owner else "",
        started_at=run.started_at,
        ended_at=run.ended_at,
        kinds=kinds,
        gpu_seconds=_gpu_seconds(connection, run.id),
        left=_left(connection, run.id, kinds, doing, run.now) if live else None,
        doing=tuple(_named(connection, row) for row in doing[:_DOING_MAX]),
    )


def _latest(connection: Connection, campaign: str) -> Row[Any] | None:
    about = (Run.id, Run.state, Run.owner, Run.started_at, Run.ended_at)
    query = (
        select(*about, clock().label("now"))
        .join(Campaign, Campaign.id == Run.campaign_id)
        .where(Campaign.name == campaign)
        .order_by(Run.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _kinds(connection: Connection, run: int, *, live: bool) -> dict[Kind, KindProgress]:
    found: dict[Kind, KindProgress] = {}
    for kind, table in WORKS.items():
        if table is tables.Ad:
            query = select(table.state, func.count()).where(table.run_id == run)
        else:
            wanted = select(table.state, func.count()).join(Want, Want.key == table.key)
            query = wanted.where(Want.run_id == run, Want.kind == kind)
        states = Counter(dict(connection.execute(query.group_by(table.state)).tuples().all()))
        if states:
            found[kind] = _progress(states, live=live)
    return found


def _progress(states: Counter[str], *, live: bool) -> KindProgress:
    made, failed = (sum(states[state] for state in which) for which in (MADE, _FAILED))
    running = states["running"] if live else 0
    return KindProgress(
        wanted=states.total(),
        made=made,
        rejected=states["rejected"],
        failed=failed,
        running=running,
        waiting=states.total() - made - failed - running,
    )


def _gpu_seconds(connection: Connection, run: int) -> float:
    spent = select(func.sum(Attempt.seconds * Attempt.gpus)).where(Attempt.run_id == run)
    return connection.execute(spent).scalar() or 0.0


def _doing(connection: Connection, run: int) -> list[Row[Any]]:
    about = (Attempt.kind, Attempt.key, Attempt.model, Attempt.worker, Attempt.started_at)
    query = select(*about).where(Attempt.run_id == run, Attempt.outcome == "running")
    return [*connection.execute(query.order_by(Attempt.started_at, Attempt.id))]


def _named(connection: Connection, attempt: Row[Any]) -> Doing:
    kind: Kind = attempt.kind
    table = WORKS[kind]
    spec = connection.scalars(select(table.spec).where(table.key == attempt.key)).one()
    about = {"model": attempt.model, "worker": attempt.worker, "since": attempt.started_at}
    return Doing(kind=kind, key=attempt.key, label=_SPECS[kind].model_validate_json(spec).label, **about)


# How long it takes yet.


def _left(
    connection: Connection,
    run: int,
    kinds: Mapping[Kind, KindProgress],
    doing: Iterable[Row[Any]],
    at: datetime,
) -> float | None:
    """Return the seconds until all is made, if as many are made at once as now; None where none is.

    An item takes as long as those of its kind that this run has made, else as recent ones of any run.
    """
    unmade = {kind: count.running + count.waiting for kind, count in kinds.items()}
    if not any(unmade.values()):
        return 0.0
    took = _took(connection, run, {kind for kind, left in unmade.items() if left})
    running: list[tuple[Kind, float]] = [(row.kind, (at - row.started_at).total_seconds()) for row in doing]
    if not running or any(kind not in took for kind, left in unmade.items() if left):
        return None
    work = sum(took[kind] * left for kind, left in unmade.items() if left)
    passed = sum(min(seconds, took.get(kind, 0.0)) for kind, seconds in running)
    return max(0.0, work - passed) / len(running)


def _took(connection: Connection, run: int, kinds: set[Kind]) -> dict[Kind, float]:
    """Return the mean seconds of an attempt, for those of *kinds* of which any is known."""
    mine = select(Attempt.kind, func.avg(Attempt.seconds)).where(
        Attempt.run_id == run, Attempt.outcome == "done"
    )
    found = dict(connection.execute(mine.group_by(Attempt.kind)).tuples().all())
    if kinds - found.keys():
        paces = history.paces(connection)
        for kind in kinds - found.keys():
            known = [pace for (of, _), pace in paces.items() if of == kind]
            if known:
                found[kind] = sum(pace.seconds for pace in known) / sum(pace.count for pace in known)
    return found
