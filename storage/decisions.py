"""What people decided about ads: rows that are only ever added, of which the latest counts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

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


class _Noted(NamedTuple):
    """A decision about an ad, as it is noted."""

    number: int
    """Of its row; later ones have higher numbers."""
    decision: Judgement
    comment: str


_NOTHING = _Noted(0, "withdrawn", "")


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
    mine = select(Decision.decided_at).where(Decision.decided_by == by)
    at = connection.scalars(mine.order_by(Decision.id.desc()).limit(1)).first()
    if at is None:
        return [], 0
    last = select(Decision.id, Decision.ad).where(Decision.decided_by == by, Decision.decided_at == at)
    about = dict(connection.execute(last.order_by(Decision.id)).tuples().all())
    counts = _newest(connection, about.values())
    undone = [ad for number, ad in about.items() if counts[ad].number == number]
    before, alike = (
        _newest(connection, undone, min(about)),
        defaultdict[tuple[Judgement, str], list[str]](list),
    )
    for ad in undone:
        alike[before.get(ad, _NOTHING)[1:]].append(ad)
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
    found = dict[str, DecisionRow]()
    for batch in batches(ads):
        newest = select(func.max(Decision.id)).where(Decision.ad.in_(batch)).group_by(Decision.ad)
        rows = connection.execute(_ROWS.where(Decision.id.in_(newest))).mappings()
        found |= {row["ad"]: DecisionRow(**row) for row in rows}
    return found


def approved(connection: Connection) -> set[str]:
    """Return the ads whose latest decision is that they are good."""
    newest = select(func.max(Decision.id)).group_by(Decision.ad)
    query = select(Decision.ad).where(Decision.id.in_(newest), Decision.decision == "approved")
    return set(connection.scalars(query))


def keys_like(connection: Connection, start: str) -> list[str]:
    """Return a few keys of ads that begin with *start*: none, the one that is meant, or several."""
    query = select(tables.Ad.key).where(tables.Ad.key.startswith(start, autoescape=True))
    return [*connection.scalars(query.order_by(tables.Ad.key).limit(_SHOWN_MAX))]


def _note(
    connection: Connection, ads: Iterable[str], decision: Judgement, comment: str, by: str, at: datetime
) -> None:
    stands = decision if decision in STANDING else ""
    about = {"decision": decision, "decided_by": by, "comment": comment, "decided_at": at}
    for batch in batches(ads):
        connection.execute(update(tables.Ad).where(tables.Ad.key.in_(batch)).values(decision=stands))
        connection.execute(insert(Decision), [{"ad": key, **about} for key in batch])


def _newest(connection: Connection, ads: Iterable[str], below: int | None = None) -> dict[str, _Noted]:
    """Return the newest decision about each of *ads*, by key; of those before the number *below*, if any."""
    found = dict[str, _Noted]()
    for batch in batches(ads):
        newest = select(func.max(Decision.id)).where(Decision.ad.in_(batch)).group_by(Decision.ad)
        if below is not None:
            newest = newest.where(Decision.id < below)
        rows = select(Decision.ad, Decision.id, Decision.decision, Decision.comment)
        query = rows.where(Decision.id.in_(newest))
        for ad, number, decision, comment in connection.execute(query).tuples():
            found[ad] = _Noted(number, decision, comment)
    return found
