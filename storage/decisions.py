"""What people decided about ads: rows that are only ever added, of which the latest counts."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from storage import tables
from storage.dialect import batches, now
from storage.rows import DecisionRow, Judgement
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
    """Note that *by* decided so about *ads*."""
    about = {"decision": decision, "decided_by": by, "comment": comment, "decided_at": now(connection)}
    for batch in batches(ads):
        connection.execute(insert(Decision), [{"ad": key, **about} for key in batch])


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
