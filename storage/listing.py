"""What people and flows look up: ads, campaigns, and what is made."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

import schemas.plan
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.work import Kind
from storage import runs
from storage.dialect import batches
from storage.rows import AdRow, CampaignRow
from storage.tables import MADE, WORKS, Ad, Campaign, Run

M = TypeVar("M", StillFile, Clip, VoiceFile, Asset)


def ads(connection: Connection, campaign: str | None) -> list[AdRow]:
    """Return the ads of the latest run of *campaign*, or of every campaign's, in a steady order."""
    place = (Ad.product, Ad.locale, Ad.placement, Ad.variant)
    query = (
        select(Ad.key, Campaign.name.label("campaign"), *place, Ad.state, Ad.error, Ad.result, Ad.run_id)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .where(Ad.run_id.in_(latest_runs()))
        .order_by(Campaign.name, *place)
    )
    if campaign is not None:
        query = query.where(Campaign.name == campaign)
    dead = runs.dead(connection)
    return [_ad_row(dead, **row) for row in connection.execute(query).mappings()]


def campaigns(connection: Connection) -> list[CampaignRow]:
    """Return every campaign with its latest run, by name."""
    query = (
        select(Campaign.name, Run.id.label("run"), Run.state, Run.started_at, Run.ended_at)
        .join(Run, Run.campaign_id == Campaign.id)
        .where(Run.id.in_(latest_runs()))
        .order_by(Campaign.name)
    )
    dead, counts = runs.dead(connection), _counts(connection)
    return [_campaign_row(dead, counts, **row) for row in connection.execute(query).mappings()]


def made(connection: Connection, kind: Kind, keys: Iterable[str], value: type[M]) -> dict[str, M]:
    """Return those of *keys* that are made, by key, each as a *value*."""
    table, found = WORKS[kind], dict[str, M]()
    for batch in batches(keys):
        query = select(table.key, table.result).where(table.key.in_(batch), table.state.in_(MADE))
        results = connection.execute(query).tuples()
        found |= {key: value.model_validate_json(result) for key, result in results if result}
    return found


def planned_ads(connection: Connection, keys: Iterable[str]) -> dict[str, schemas.plan.Ad]:
    """Return those of the ads *keys* that have a row, by key, as they were planned."""
    found: dict[str, schemas.plan.Ad] = {}
    for batch in batches(keys):
        query = select(Ad.key, Ad.spec).where(Ad.key.in_(batch))
        specs = connection.execute(query).tuples()
        found |= {key: schemas.plan.Ad.model_validate_json(spec) for key, spec in specs}
    return found


def quarantined(connection: Connection, kind: Kind, keys: Iterable[str]) -> dict[str, str]:
    """Return those of *keys* that are quarantined, by key, each with its reason."""
    table, found = WORKS[kind], dict[str, str]()
    for batch in batches(keys):
        query = select(table.key, table.error).where(table.key.in_(batch), table.state == "quarantined")
        found |= dict(connection.execute(query).tuples().all())
    return found


def latest_runs() -> Select[tuple[int]]:
    """Return the query for the latest run of every campaign."""
    return select(func.max(Run.id)).group_by(Run.campaign_id)


def _counts(connection: Connection) -> dict[int, dict[str, int]]:
    """Count the ads of each run by state."""
    query = select(Ad.run_id, Ad.state, func.count()).group_by(Ad.run_id, Ad.state)
    counts: dict[int, dict[str, int]] = {}
    for run, state, number in connection.execute(query.order_by(Ad.state)).tuples():
        counts.setdefault(run, {})[state] = number
    return counts


def _ad_row(dead: set[int], *, result: str | None, run_id: int, **row: Any) -> AdRow:  # noqa: ANN401 (columns)
    if row["state"] == "running" and run_id in dead:
        row["state"] = "planned"
    if not result:
        return AdRow(**row)
    asset = Asset.model_validate_json(result)
    captions = tuple(file.name for file in asset.captions)
    about = {"seconds": asset.facts.seconds, "captions": captions, "findings": asset.findings}
    return AdRow(**row, **asset.file.model_dump(), **about)


def _campaign_row(
    dead: set[int],
    counts: dict[int, dict[str, int]],
    **row: Any,  # noqa: ANN401 (columns)
) -> CampaignRow:
    if row["run"] in dead:
        row["state"] = "lost"
    return CampaignRow(**row, counts=counts.get(row["run"], {}))
