"""Briefs that came by the inbox, each content once, and what people were told of, each thing once."""

from sqlalchemy import Connection, func, select, update

from storage.dialect import clock, insert
from storage.rows import Taken
from storage.tables import Intake, Notice


def take(connection: Connection, content: str, campaign: str, source: str) -> bool:
    """Enter a brief with this *content*, unless it is there; return whether it is new.

    One that waits still and has been moved since is known at its new *source* from here on.
    """
    facts = {"content": content, "campaign": campaign, "source": source, "handed": False}
    entry = insert(connection, Intake).values(**facts, taken_at=clock())
    new = entry.on_conflict_do_nothing(index_elements=["content"]).returning(Intake.content)
    if connection.execute(new).scalar_one_or_none() is not None:
        return True
    moved = update(Intake).where(Intake.content == content, Intake.handed.is_(False))
    connection.execute(moved.values(source=source))
    return False


def hand_over(connection: Connection, content: str) -> None:
    """Note that somebody else sees to it that the brief with this *content* is made, or that it is made."""
    connection.execute(update(Intake).where(Intake.content == content).values(handed=True))


def waiting(connection: Connection) -> list[Taken]:
    """Return the briefs that are taken and not handed over, the oldest first."""
    query = select(Intake.content, Intake.campaign, Intake.source).where(Intake.handed.is_(False))
    rows = connection.execute(query.order_by(Intake.taken_at, Intake.content))
    return [Taken(**row) for row in rows.mappings()]


def latest(connection: Connection) -> list[Taken]:
    """Return the brief of each campaign that was taken last, by campaign."""
    newest = func.row_number().over(
        partition_by=Intake.campaign, order_by=(Intake.taken_at.desc(), Intake.content)
    )
    ranked = select(Intake.content, Intake.campaign, Intake.source, newest.label("place")).subquery()
    query = select(ranked.c.content, ranked.c.campaign, ranked.c.source).where(ranked.c.place == 1)
    rows = connection.execute(query.order_by(ranked.c.campaign))
    return [Taken(**row) for row in rows.mappings()]


def is_news(connection: Connection, key: str) -> bool:
    """Note that people are told of *key* now; False where they were already."""
    entry = insert(connection, Notice).values(key=key, told_at=clock())
    new = entry.on_conflict_do_nothing(index_elements=["key"]).returning(Notice.key)
    return connection.execute(new).scalar_one_or_none() is not None
