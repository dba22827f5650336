"""What was foretold of runs, and what came: noted when a run starts, and when it ends."""

from collections.abc import Mapping

from sqlalchemy import Connection, Select, and_, case, exists, func, select, update
from sqlalchemy.orm import aliased

from storage.content import FOLDER_OF, SUFFIX_OF
from storage.dialect import insert
from storage.rows import Foretold, Measure, PastForecast
from storage.tables import Asset, Attempt, Campaign, Forecast, Run

FILE_NAME = case(
    *((Attempt.kind == kind, folder + Attempt.key + SUFFIX_OF[kind]) for kind, folder in FOLDER_OF.items())
)
"""The name of the file that an attempt makes."""


def foretell(connection: Connection, run: int, foretold: Mapping[Measure, Foretold], known: float) -> None:
    """Note what is *foretold* of *run*; what was noted before stays."""
    rows = [
        {"run_id": run, "measure": measure, "plain": one.plain, "told": one.told, "known": known}
        for measure, one in foretold.items()
    ]
    if rows:
        connection.execute(insert(connection, Forecast).values(rows).on_conflict_do_nothing())


def note_truth(connection: Connection, run: int) -> None:
    """Note what came of *run*, which has ended, in every measure that was foretold."""
    if connection.execute(select(exists().where(Forecast.run_id == run, Forecast.came.is_(None)))).scalar():
        _note(connection, run)


def _note(connection: Connection, run: int) -> None:
    for measure, came in _truth(connection, run).items():
        row = update(Forecast).where(Forecast.run_id == run, Forecast.measure == measure)
        connection.execute(row.values(came=came))


def past(connection: Connection, most: int) -> list[PastForecast]:
    """Return the latest *most* runs whose forecast can be held against what came, the latest first.

    They came to their end (of a failed one ads are rejected), made as many ads as foretold, and no other run
    went on at the same time: that would have made part of the work, and taken part of the machine.
    """
    runs = connection.execute(_comparable().order_by(Run.id.desc()).limit(most)).tuples().all()
    found: dict[int, PastForecast] = {}
    for run, campaign in runs:
        rows = connection.execute(
            select(Forecast.measure, Forecast.plain, Forecast.told, Forecast.came, Forecast.known).where(
                Forecast.run_id == run
            )
        ).all()
        found[run] = PastForecast(
            run=run,
            campaign=campaign,
            known=min(row.known for row in rows),
            plain={row.measure: row.plain for row in rows},
            told={row.measure: row.told for row in rows},
            came={row.measure: row.came for row in rows},
        )
    return list(found.values())


def _truth(connection: Connection, run: int) -> dict[Measure, float]:
    begun, ended = (
        connection.execute(select(Run.started_at, Run.ended_at).where(Run.id == run)).tuples().one()
    )
    spent = select(
        func.sum(case((Attempt.gpus == 0, Attempt.seconds), else_=0.0)),
        func.sum(Attempt.seconds * Attempt.gpus),
    ).where(Attempt.run_id == run)
    done = and_(Attempt.run_id == run, Attempt.outcome == "done")
    ads = select(func.count()).where(done, Attempt.kind == "ad")
    size = select(func.sum(Asset.bytes)).join(Attempt, Asset.name == FILE_NAME).where(done)
    cpu, gpu = connection.execute(spent).tuples().one()
    return {
        "ads": connection.execute(ads).scalar_one(),
        "seconds": max(0.0, ((ended or begun) - begun).total_seconds()),
        "cpu_seconds": cpu or 0.0,
        "gpu_seconds": gpu or 0.0,
        "bytes": float(connection.execute(size).scalar() or 0),
    }


def _comparable() -> Select[tuple[int, str]]:
    other = aliased(Run)
    meanwhile = exists().where(
        other.id != Run.id,
        other.started_at < Run.ended_at,
        func.coalesce(other.ended_at, other.beat_at) > Run.started_at,
    )
    ads = and_(Forecast.run_id == Run.id, Forecast.measure == "ads")
    return (
        select(Run.id, Campaign.name)
        .join(Campaign, Campaign.id == Run.campaign_id)
        .join(Forecast, ads)
        .where(
            Run.state.in_(("done", "failed")), Forecast.came == Forecast.told, Forecast.came > 0, ~meanwhile
        )
    )
