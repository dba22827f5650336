"""What happened to an ad, from its plan on, told line by line."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from storage import changes, decisions
from storage.gallery_rows import StoryLine
from storage.owner import Owner
from storage.rows import Judgement
from storage.tables import MADE, Ad, Attempt, Export, ExportItem, Run

_DECIDED: dict[Judgement, str] = {
    "approved": "approved",
    "rejected": "rejected",
    "withdrawn": "the decision taken back",
}


def of(connection: Connection, key: str) -> list[StoryLine]:
    """Return what happened to the ad *key*, the oldest first; empty where it has no row."""
    query = select(Ad.created_at, Ad.updated_at, Ad.state, Ad.error).where(Ad.key == key)
    planned = connection.execute(query).one_or_none()
    if planned is None:
        return []
    lines = [StoryLine(at=planned.created_at, deed="planned", who="", words="planned")]
    lines += _attempts(connection, key)
    if planned.state in MADE and not any(line.deed == "made" for line in lines):
        found = "its file was found in the blob store"
        lines.append(StoryLine(at=planned.updated_at, deed="made", who="", words=found))
    if planned.state == "rejected":
        broken = f"kept from delivery: {planned.error}"
        lines.append(StoryLine(at=planned.updated_at, deed="made", who="", words=broken))
    lines += _decisions(connection, key)
    lines += _exports(connection, key)
    lines += _changes(connection, key)
    return sorted(lines, key=lambda line: line.at)


def _attempts(connection: Connection, key: str) -> Iterator[StoryLine]:
    about = (Attempt.run_id, Attempt.started_at, Attempt.ended_at, Attempt.outcome, Attempt.error)
    query = (
        select(*about, Attempt.seconds, Attempt.worker, Run.owner)
        .join(Run, Run.id == Attempt.run_id)
        .where(Attempt.kind == "ad", Attempt.key == key)
        .order_by(Attempt.id)
    )
    for row in connection.execute(query):
        who = row.worker or (Owner.read(row.owner).host if row.owner else "")
        at = row.ended_at or row.started_at
        yield StoryLine(at=at, deed="made" if row.outcome == "done" else "attempt", who=who, words=_end(row))


def _end(attempt: Row[Any]) -> str:
    match attempt.outcome:
        case "running":
            return f"run {attempt.run_id} makes it"
        case "done":
            return f"made by run {attempt.run_id} in {attempt.seconds:.1f} s"
        case outcome:
            why = f": {attempt.error}" if attempt.error else ""
            return f"an attempt of run {attempt.run_id} ended after {attempt.seconds:.1f} s ({outcome}){why}"


def _decisions(connection: Connection, key: str) -> Iterator[StoryLine]:
    for one in decisions.decisions(connection, key):
        words = _DECIDED[one.decision] + (f": {one.comment}" if one.comment else "")
        yield StoryLine(at=one.at, deed="decision", who=one.by, words=words)


def _exports(connection: Connection, key: str) -> Iterator[StoryLine]:
    about = (ExportItem.action, ExportItem.name, ExportItem.reason)
    query = (
        select(*about, Export.destination, Export.platform, Export.owner, Export.started_at, Export.ended_at)
        .join(Export, Export.id == ExportItem.export_id)
        .where(ExportItem.ad == key)
        .order_by(ExportItem.id)
    )
    for row in connection.execute(query):
        where = f"{row.destination} for {row.platform}"
        why = f": {row.reason}" if row.reason else ""
        words = (
            f"exported to {where} as {row.name}" if row.action == "added" else f"withdrawn from {where}{why}"
        )
        who = Owner.read(row.owner).host if row.owner else ""
        yield StoryLine(at=row.ended_at or row.started_at, deed="export", who=who, words=words)


def _changes(connection: Connection, key: str) -> Iterator[StoryLine]:
    for one in changes.history(connection, key):
        words = f"asked for: {one.change.words}" + (f" ({one.comment})" if one.comment else "")
        yield StoryLine(at=one.at, deed="change", who=one.by, words=words)
