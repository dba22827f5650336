"""What people decided about ads: rows that are only ever added, of which the latest counts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from storage import tables
from storage.dialect import batches, now, queue_up
from storage.rows import STANDING, DecisionRow, Judgement
from storage.tables import Decision

_SHOWN_MAX = 3
_ROWS = select(
    Decision.ad,
    Decision.decision,
    Decision.decided_by.label("by"),
    Decision.comment,
    Decision.decided_at.label("at"),
)


def decide(connection: Connection, ads: Iterable[str], decision: Judgement, by: str, comment: str) -> None:
    """Note that *by* decided so about *ads*, there and in the rows of the ads, by which people filter.

    Of two who decide at once the other waits, so that the ads have what counts.
    """
    queue_up(connection)
    _note(connection, ads, decision, comment, by, now(connection))


def undo(connection: Connection, by: str) -> tuple[list[str], int]:
    """Have what *by* decided last, about one ad or many at once, count no more.

    What counted before counts again: the judgement and comment before it, or none (``withdrawn``). Return the
    ads whose decision changed, and how many stay as they are: somebody has decided about them since.
    """
    queue_up(connection)
    latest = select(func.max(Decision.decided_at)).where(Decision.decided_by == by).scalar_subquery()
    last = select(Decision.id, Decision.ad).where(Decision.decided_by == by, Decision.decided_at == latest)
    about = dict(connection.execute(last.order_by(Decision.id)).tuples().all())
    if not about:
        return [], 0
    counts = _newest(connection, about.values())
    undone = [ad for number, ad in about.items() if counts[ad][0] == number]
    before = _newest(connection, undone, below=min(about))
    alike = defaultdict[tuple[Judgement, str], list[str]](list)
    for ad in undone:
        _, was = before.get(ad, (0, None))
        alike[(was.decision, was.comment) if was else ("withdrawn", "")].append(ad)
    again = now(connection)  # one time for all, by which the next undo knows them for one
    for (decision, comment), ads in alike.items():
        _note(connection, ads, decision, comment, by, again)
    return undone, len(about) - len(undone)


def decisions(connection: Connection, ad: str) -> list[DecisionRow]:
    """Return everything that was decided about *ad*, the oldest first."""
    query = _ROWS.where(Decision.ad == ad).order_by(Decision.id)
    return [DecisionRow(**row) for row in connection.execute(query).mappings()]


def latest_decisions(connection: Connection, ads: Iterable[str]) -> dict[str, DecisionRow]:
    """Return what counts for those of *ads* about which something was decided, by key."""
    return {ad: row for ad, (_, row) in _newest(connection, ads).items()}


def keys_like(connection: Connection, start: str) -> list[str]:
    """Return a few keys of ads that begin with *start*: none, the one that is meant, or several."""
    key = tables.Ad.key
    near = (key >= start, key < f"{start}g")  # of an index; how a database compares other signs is its own
    query = select(key).where(*near, key.startswith(start, autoescape=True))
    return [*connection.scalars(query.order_by(key).limit(_SHOWN_MAX))]


def _note(
    connection: Connection, ads: Iterable[str], decision: Judgement, comment: str, by: str, at: datetime
) -> None:
    stands = decision if decision in STANDING else ""
    about = {"decision": decision, "decided_by": by, "comment": comment, "decided_at": at}
    for batch in batches(ads):
        connection.execute(update(tables.Ad).where(tables.Ad.key.in_(batch)).values(decision=stands))
        connection.execute(insert(Decision), [{"ad": key, **about} for key in batch])


def _newest(
    connection: Connection, ads: Iterable[str], below: int | None = None
) -> dict[str, tuple[int, DecisionRow]]:
    """Return number and row of the newest decision about each of *ads*; of those before *below*, if any."""
    found = dict[str, tuple[int, DecisionRow]]()
    for batch in batches(ads):
        newest = select(func.max(Decision.id)).where(Decision.ad.in_(batch)).group_by(Decision.ad)
        if below is not None:
            newest = newest.where(Decision.id < below)
        query = _ROWS.where(Decision.id.in_(newest)).add_columns(Decision.id)
        for row in connection.execute(query).mappings():
            facts = dict(row)
            found[row["ad"]] = (facts.pop("id"), DecisionRow(**facts))
    return found
