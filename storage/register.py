"""Enters a plan's stills, shots, voices and ads, or finds them entered."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, or_, select

from schemas.change import Answer
from schemas.plan import Ad, Narration, Plan, Shot, Still
from storage import showings, tables, wants, wordings
from storage.dialect import batches, insert, now
from storage.tables import UNFINISHED, WorkTable

_REPLANNED = ("run_id", "change_id", "change_left", "wording")
"""Columns of an ad that its latest plan says."""


def register(connection: Connection, plan: Plan, brief: str, run: int, *, retry: bool) -> None:
    """Enter what *plan* of *brief* (JSON) makes in *run*.

    What is there already stays, the unfinished is planned again; with *retry* the quarantined too.
    """
    at = now(connection)
    campaign = connection.scalars(select(tables.Run.campaign_id).where(tables.Run.id == run)).one()
    again = (*UNFINISHED, "quarantined") if retry else UNFINISHED
    _enter(connection, tables.Still, (_work(still, at) for still in plan.stills), again)
    _enter(connection, tables.Shot, (_work(shot, at) for shot in plan.shots), again)
    _enter(connection, tables.Voice, (_work(narration, at) for narration in plan.narrations), again)
    showings.enter(connection, plan)  # while it can be told which ads are new
    words = wordings.enter(connection, plan.ads, brief)
    answers = {answer.ad: answer for answer in plan.answers}
    ads = (
        _ad(ad, campaign, run, at) | _answer(answers.get(ad.key)) | {"wording": words[ad.key]}
        for ad in plan.ads
    )
    _enter(connection, tables.Ad, ads, again)
    wants.enter(connection, plan, run, campaign)


def _enter(
    connection: Connection, table: WorkTable, rows: Iterable[dict[str, Any]], again: Iterable[str]
) -> None:
    entry = insert(connection, table)
    unfinished = or_(*(table.state == state for state in again))  # IN cannot be sent for many rows at once
    changes: dict[str, Any] = {
        "state": case((unfinished, "planned"), else_=table.state),
        "error": case((unfinished, ""), else_=table.error),
        "updated_at": case((unfinished, entry.excluded.updated_at), else_=table.updated_at),
    }
    if table is tables.Ad:
        changes |= {name: entry.excluded[name] for name in _REPLANNED}
    for batch in batches(rows):
        connection.execute(entry.on_conflict_do_update(index_elements=["key"], set_=changes), batch)


def _work(item: Still | Shot | Narration | Ad, at: datetime) -> dict[str, Any]:
    facts = {"key": item.key, "spec": item.model_dump_json(), "created_at": at, "updated_at": at}
    return facts | {"state": "planned", "error": ""}


def _ad(ad: Ad, campaign: int, run: int, at: datetime) -> dict[str, Any]:
    place = ad.model_dump(include={"product", "locale", "placement", "variant"})
    links = {"campaign_id": campaign, "run_id": run, "composition": ad.composition.key}
    return _work(ad, at) | place | links


def _answer(answer: Answer | None) -> dict[str, Any]:
    number = answer.asked.number if answer else None
    return {"change_id": number, "change_left": answer.left_out if answer else ""}
