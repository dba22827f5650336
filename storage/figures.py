"""What monitoring asks: sums over everything, each read in one go from an index that holds all it needs."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from schemas.work import Kind
from storage import foretold, runs
from storage.dialect import now
from storage.gallery import status_of
from storage.gallery_rows import Status
from storage.listing import latest_runs
from storage.rows import Measure
from storage.tables import WORKS, Ad, Asset, Attempt, Campaign, Export, ExportItem, Run, Want

_UNMADE = ("planned", "running")
_PARTS: tuple[Kind, ...] = ("still", "shot", "voice")


class Ended(NamedTuple):
    """Attempts of one campaign that ended alike."""

    campaign: str
    kind: Kind
    model: str
    outcome: str
    times: int
    seconds: float
    gpu_seconds: float


class Figures(NamedTuple):
    """All that is counted. Campaigns are told in the order of their latest runs, the latest first."""

    campaigns: tuple[str, ...]
    ads: Mapping[tuple[str, str, Status], int]
    """Ads of latest runs, by campaign, state and what they are to people."""
    ended: tuple[Ended, ...]
    """Attempts of all runs."""
    unmade: Mapping[tuple[str, Kind, str], int]
    """What live runs want and have not made, by campaign, kind and state: ``planned`` or ``running``."""
    runs: Mapping[str, int]
    """By state."""
    run_seconds: Mapping[str, float]
    """How long live runs have gone on, by campaign."""
    forecast: Mapping[Measure, float]
    """What came over what was told, of the latest run that can be held against it; empty for none."""
    blob_bytes: Mapping[str, int]
    """By kind."""
    exported: Mapping[str, int]
    """Ads added to exports, by platform."""


class _Run(NamedTuple):
    """A run, as far as it matters here."""

    run: int
    campaign: str
    state: str
    started_at: datetime


def figures(connection: Connection) -> Figures:
    """Return everything that is counted."""
    all_runs = _runs(connection)
    campaign_of = {run.run: run.campaign for run in all_runs}
    live = {run.run: run.campaign for run in all_runs if run.state == "running"}
    at, ads, unmade = now(connection), _ads(connection, campaign_of, live), _unmade(connection, live)
    for (campaign, state, _), many in ads.items():
        if state in _UNMADE and campaign in live.values():
            unmade[campaign, "ad", state] += many
    return Figures(
        campaigns=tuple(dict.fromkeys(run.campaign for run in reversed(all_runs))),
        ads=ads,
        ended=_ended(connection, campaign_of),
        unmade=unmade,
        runs=Counter(run.state for run in all_runs),
        run_seconds={
            run.campaign: (at - run.started_at).total_seconds() for run in all_runs if run.run in live
        },
        forecast=_forecast(connection),
        blob_bytes=_blob_bytes(connection),
        exported=_exported(connection),
    )


def statuses(connection: Connection) -> dict[str, Counter[Status]]:
    """Count the ads of latest runs by campaign and what they are to people."""
    all_runs = _runs(connection)
    campaign_of = {run.run: run.campaign for run in all_runs}
    live = {run.run: run.campaign for run in all_runs if run.state == "running"}
    found: dict[str, Counter[Status]] = {run.campaign: Counter() for run in all_runs}
    for (campaign, _, status), many in _ads(connection, campaign_of, live).items():
        found[campaign][status] += many
    return found


def _runs(connection: Connection) -> list[_Run]:
    """Return all runs, the oldest first; those whose owner is dead are lost, though nobody has noted it."""
    query = (
        select(Run.id, Campaign.name, Run.state, Run.started_at)
        .join(Campaign, Campaign.id == Run.campaign_id)
        .order_by(Run.id)
    )
    dead = runs.dead(connection)
    all_runs = [_Run(*row) for row in connection.execute(query).tuples()]
    return [run._replace(state="lost") if run.run in dead else run for run in all_runs]


def _ads(
    connection: Connection, campaign_of: Mapping[int, str], live: Mapping[int, str]
) -> Counter[tuple[str, str, Status]]:
    """Count the ads of latest runs by campaign, state and what they are to people; the dead make none."""
    alike = (Ad.run_id, Ad.state, Ad.decision)
    query = select(*alike, func.count()).where(Ad.run_id.in_(latest_runs())).group_by(*alike)
    counts: Counter[tuple[str, str, Status]] = Counter()
    for run, state, decision, many in connection.execute(query).tuples():
        now_in = "planned" if state == "running" and run not in live else state
        counts[campaign_of[run], now_in, status_of(state, decision)] += many
    return counts


def _ended(connection: Connection, campaign_of: Mapping[int, str]) -> tuple[Ended, ...]:
    alike = (Attempt.run_id, Attempt.kind, Attempt.model, Attempt.outcome)
    sums = (func.count(), func.sum(Attempt.seconds), func.sum(Attempt.seconds * Attempt.gpus))
    rows = connection.execute(select(*alike, *sums).group_by(*alike)).tuples()
    return tuple(
        Ended(campaign_of[run], kind, model, outcome, times, seconds, gpu_seconds)
        for run, kind, model, outcome, times, seconds, gpu_seconds in rows
        if outcome != "running"
    )


def _unmade(connection: Connection, live: Mapping[int, str]) -> Counter[tuple[str, Kind, str]]:
    """Count the parts that the runs *live*, each of a campaign, want and that are planned or being made."""
    found: Counter[tuple[str, Kind, str]] = Counter()
    for kind in _PARTS:
        table = WORKS[kind]
        wanted = select(Want.run_id, table.state, func.count()).join(Want, Want.key == table.key)
        query = wanted.where(Want.kind == kind, Want.run_id.in_(live), table.state.in_(_UNMADE))
        for run, state, many in connection.execute(query.group_by(Want.run_id, table.state)).tuples():
            found[live[run], kind, state] += many
    return found


def _forecast(connection: Connection) -> dict[Measure, float]:
    latest = next(iter(foretold.past(connection, 1)), None)
    if latest is None:
        return {}
    return {measure: latest.came[measure] / told for measure, told in latest.told.items() if told}


def _blob_bytes(connection: Connection) -> dict[str, int]:
    query = select(Asset.kind, func.sum(Asset.bytes)).group_by(Asset.kind)
    return {kind: int(size) for kind, size in connection.execute(query).tuples()}


def _exported(connection: Connection) -> dict[str, int]:
    query = select(ExportItem.export_id, ExportItem.action, func.count())
    rows = connection.execute(query.group_by(ExportItem.export_id, ExportItem.action)).tuples()
    platforms = dict(connection.execute(select(Export.id, Export.platform)).tuples().all())
    counts: Counter[str] = Counter()
    for export, action, many in rows:
        counts[platforms[export]] += many if action == "added" else 0
    return counts
