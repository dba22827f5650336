"""What was exported where, and what may be exported next."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from schemas.errors import LeaseLostError, SettingsError
from schemas.media import Asset
from schemas.plan import Ad
from storage import tables
from storage.dialect import batches, clock, now, queue_up
from storage.listing import latest_runs
from storage.owner import Owner
from storage.rows import BriefRow, Candidate, ExportedAd, ExportItemRow, ExportRow, ListedAd
from storage.tables import Campaign, Export, ExportItem, Run

EXPORT_LEASE_SECONDS = 300.0
"""An export of another machine that gave no sign for so long is dead: one file may take minutes to send."""

_PLACE = (tables.Ad.product, tables.Ad.locale, tables.Ad.placement, tables.Ad.variant)


def briefs(connection: Connection, campaigns: Iterable[str]) -> dict[str, BriefRow]:
    """Return what the latest runs of *campaigns* were made from, by campaign; unknown ones are left out."""
    query = (
        select(Campaign.name.label("campaign"), Run.brief, Run.source, Run.state)
        .join(Run, Run.campaign_id == Campaign.id)
        .where(Run.id.in_(latest_runs()), Campaign.name.in_([*campaigns]))
    )
    rows = connection.execute(query).tuples()
    return {
        name: BriefRow(campaign=name, brief=brief, source=source, live=state == "running")
        for name, brief, source, state in rows
    }


def listed(connection: Connection, campaigns: Iterable[str]) -> list[ListedAd]:
    """Return the ads of the latest runs of *campaigns*, in a steady order."""
    ad = tables.Ad
    nth = func.row_number().over(partition_by=(ad.campaign_id, *_PLACE), order_by=(ad.created_at, ad.key))
    mine = select(Campaign.id).where(Campaign.name.in_([*campaigns]))
    every = (
        select(ad.key, ad.campaign_id, ad.run_id, *_PLACE, nth.label("revision"))
        .where(ad.campaign_id.in_(mine))
        .subquery()
    )
    place = (every.c.product, every.c.locale, every.c.placement, every.c.variant)
    query = (
        select(every.c.key, Campaign.name, *place, every.c.revision)
        .join(Campaign, Campaign.id == every.c.campaign_id)
        .where(every.c.run_id.in_(latest_runs()))
        .order_by(Campaign.name, *place, every.c.key)
    )
    return [ListedAd(*row) for row in connection.execute(query)]


def candidates(connection: Connection, keys: Iterable[str]) -> dict[str, Candidate]:
    """Return all that is known of the ads *keys*, by key."""
    ad, found = tables.Ad, dict[str, Candidate]()
    for batch in batches(keys):
        query = select(ad.key, ad.spec, ad.state, ad.error, ad.result, ad.updated_at).where(ad.key.in_(batch))
        for key, spec, state, error, result, made_at in connection.execute(query).tuples():
            asset = Asset.model_validate_json(result) if result else None
            about = {"state": state, "error": error, "asset": asset, "made_at": made_at}
            found[key] = Candidate(ad=Ad.model_validate_json(spec), **about)
    return found


def exported(
    connection: Connection, destination: str, platform: str, campaigns: Iterable[str]
) -> dict[str, ExportedAd]:
    """Return the ads of *campaigns* that lie at *destination* for *platform* and are not withdrawn."""
    here = (Export.destination == destination, Export.platform == platform, Export.state == "done")
    newest = (
        select(func.max(ExportItem.id))
        .join(Export, Export.id == ExportItem.export_id)
        .where(*here)
        .group_by(ExportItem.ad)
    )
    query = (
        select(ExportItem.ad, Campaign.name, *_PLACE, ExportItem.name, ExportItem.sha256, Export.ended_at)
        .join(Export, Export.id == ExportItem.export_id)
        .join(tables.Ad, tables.Ad.key == ExportItem.ad)
        .join(Campaign, Campaign.id == tables.Ad.campaign_id)
        .where(ExportItem.id.in_(newest), ExportItem.action == "added", Campaign.name.in_([*campaigns]))
        .order_by(ExportItem.id)
    )
    return {row[0]: ExportedAd(*row) for row in connection.execute(query)}


def kept_keys(connection: Connection) -> set[str]:
    """Return the ads that must stay: exported somewhere and not withdrawn there, or approved."""
    newest = (
        select(func.max(ExportItem.id))
        .join(Export, Export.id == ExportItem.export_id)
        .group_by(Export.destination, Export.platform, ExportItem.ad)
    )
    lying = select(ExportItem.ad).where(ExportItem.id.in_(newest), ExportItem.action == "added")
    approved = select(tables.Ad.key).where(tables.Ad.decision == "approved")
    return {*connection.scalars(lying), *connection.scalars(approved)}


def begin(connection: Connection, destination: str, platform: str, asked: str, owner: Owner) -> ExportRow:
    """Begin an export of *owner*, or go on with one whose owner is dead.

    Raises SettingsError if a live process exports to *destination* for *platform*.
    """
    queue_up(connection)
    query = select(Export.id, Export.owner, Export.started_at, Export.beat_at, clock()).where(
        Export.destination == destination, Export.platform == platform, Export.state == "running"
    )
    for export, text, started, beat, at in connection.execute(query.with_for_update()).tuples():
        silent = (at - beat).total_seconds()
        holder = Owner.read(text)
        if text and holder != owner and not holder.is_gone and silent <= EXPORT_LEASE_SECONDS:
            raise _busy(destination, platform, holder, silent)
        mine = {"owner": owner.text, "asked": asked, "beat_at": at}
        connection.execute(update(Export).where(Export.id == export).values(**mine))
        return ExportRow(export=export, started_at=started, resumed=True)
    at = now(connection)
    begun = {"state": "running", "owner": owner.text, "asked": asked, "started_at": at, "beat_at": at}
    entry = insert(Export).values(destination=destination, platform=platform, **begun)
    export = connection.execute(entry.returning(Export.id)).scalar_one()
    return ExportRow(export=export, started_at=at, resumed=False)


def beat(connection: Connection, export: int, owner: Owner) -> None:
    """Note that the *owner* of *export* lives. Raises LeaseLostError if another process has taken it over."""
    alive = update(Export).where(_held(export, owner)).values(beat_at=clock())
    _check(export, connection.execute(alive.returning(Export.id)).scalar_one_or_none())


def let_go(connection: Connection, export: int, owner: Owner) -> None:
    """Leave *export* unfinished: whoever exports there next goes on with it."""
    connection.execute(update(Export).where(_held(export, owner)).values(owner=""))


def drop(connection: Connection, export: int, owner: Owner) -> None:
    """Forget *export*, which had nothing to do."""
    connection.execute(delete(Export).where(_held(export, owner)))


def finish(connection: Connection, export: int, owner: Owner, items: Iterable[ExportItemRow]) -> None:
    """Note that *export* is whole, with what it did: all of it or nothing.

    Raises LeaseLostError if another process has taken it over.
    """
    over = update(Export).where(_held(export, owner)).values(state="done", ended_at=clock(), beat_at=clock())
    _check(export, connection.execute(over.returning(Export.id)).scalar_one_or_none())
    for batch in batches(items):
        connection.execute(insert(ExportItem), [{"export_id": export, **item._asdict()} for item in batch])


def _held(export: int, owner: Owner) -> ColumnElement[bool]:
    return (Export.id == export) & (Export.owner == owner.text) & (Export.state == "running")


def _check(export: int, found: int | None) -> None:
    if found is None:
        raise LeaseLostError(
            f"export {export} is no longer this process's, which was silent for over "
            f"{EXPORT_LEASE_SECONDS:.0f} s: another one writes it, so nothing more is written here"
        )


def _busy(destination: str, platform: str, holder: Owner, silent: float) -> SettingsError:
    return SettingsError(
        f"{destination} is being written for {platform} already (host {holder.host}, process {holder.pid}), "
        f"with a sign {max(silent, 0):.0f} s ago: wait until that export ends, or stop it"
    )
