"""What earlier attempts tell: how long things take, what was spent, what made trouble."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

from sqlalchemy import Connection, func, select, text

from schemas.work import Kind, Verdict
from storage.dialect import batches
from storage.foretold import FILE_NAME
from storage.rows import Cost, Pace, Size
from storage.tables import Asset, Attempt, Campaign, Run

_RECENT = 200
"""Attempts that a model's pace is taken from: enough to even out, few enough to follow a new machine."""
_UNTIMELY = ("lost", "interrupted")
"""Ends of runs that say nothing final about what they were making."""
_DONE = text("outcome = 'done'")
"""As text, for that is how SQLite knows the index that it has for this."""


def troubles(connection: Connection, kind: Kind, keys: Iterable[str]) -> dict[str, Counter[Verdict]]:
    """Count how attempts at *keys* ended in runs that died or were interrupted, since the last that did not.

    A run that ended in order has said its last word on what it could not make; the next begins afresh.
    """
    found: dict[str, Counter[Verdict]] = {}
    for batch in batches(keys):
        query = (
            select(Attempt.key, Attempt.outcome, Run.state)
            .join(Run, Run.id == Attempt.run_id)
            .where(Attempt.kind == kind, Attempt.key.in_(batch), Run.state != "running")
            .order_by(Attempt.id)
        )
        for key, verdict, state in connection.execute(query).tuples():
            if state not in _UNTIMELY:
                found.pop(key, None)
            elif verdict != "done":
                found.setdefault(key, Counter())[cast("Verdict", verdict)] += 1
    return found


def paces(connection: Connection) -> dict[tuple[Kind, str], Pace]:
    """Return how long the recent attempts of each kind and model took."""
    models = connection.execute(select(Attempt.kind, Attempt.model).where(_DONE).distinct()).tuples().all()
    return {(kind, model): _pace(connection, kind, model) for kind, model in models}


def sizes(connection: Connection) -> dict[tuple[Kind, str], Size]:
    """Return how large recent files of each kind and model came out, as far as they are still there."""
    models = connection.execute(select(Attempt.kind, Attempt.model).where(_DONE).distinct()).tuples().all()
    found = {(kind, model): _size(connection, kind, model) for kind, model in models}
    return {key: size for key, size in found.items() if size.bytes and size.work}


def costs(connection: Connection, kind: Kind, keys: Iterable[str]) -> dict[str, Cost]:
    """Return what the latest attempt took that made each of *keys*, by key; an adopted file has none."""
    found: dict[str, Cost] = {}
    for batch in batches(keys):
        query = (
            select(Attempt.key, Attempt.seconds, Attempt.gpus)
            .where(Attempt.kind == kind, Attempt.key.in_(batch), _DONE)
            .order_by(Attempt.id)
        )
        for key, seconds, gpus in connection.execute(query).tuples():
            found[key] = Cost(seconds=seconds, gpu_seconds=seconds * gpus)
    return found


def gpu_seconds(connection: Connection, campaign: str) -> float:
    """Return what all attempts of all runs of *campaign* took, the failed ones too."""
    spent = (
        select(func.sum(Attempt.seconds * Attempt.gpus))
        .join(Run, Run.id == Attempt.run_id)
        .join(Campaign, Campaign.id == Run.campaign_id)
        .where(Campaign.name == campaign)
    )
    return connection.execute(spent).scalar() or 0.0


def _pace(connection: Connection, kind: Kind, model: str) -> Pace:
    recent = (
        select(Attempt.seconds, Attempt.work)
        .where(_DONE, Attempt.kind == kind, Attempt.model == model)
        .order_by(Attempt.id.desc())
        .limit(_RECENT)
    ).subquery()
    sums = select(func.sum(recent.c.seconds), func.sum(recent.c.work), func.count())
    seconds, work, count = connection.execute(sums.select_from(recent)).tuples().one()
    return Pace(seconds=seconds, work=work, count=count)


def _size(connection: Connection, kind: Kind, model: str) -> Size:
    recent = (
        select(Asset.bytes, Attempt.work)
        .join(Asset, Asset.name == FILE_NAME)
        .where(_DONE, Attempt.kind == kind, Attempt.model == model)
        .order_by(Attempt.id.desc())
        .limit(_RECENT)
    ).subquery()
    sums = select(func.sum(recent.c.bytes), func.sum(recent.c.work)).select_from(recent)
    size, work = connection.execute(sums).tuples().one()
    return Size(bytes=int(size or 0), work=work or 0.0)
