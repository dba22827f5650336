"""What people asked to be made otherwise: rows that are only ever added; the latest of each slot counts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from schemas.change import Asked, Change, PendingChange, Slot, WaitingChanges
from storage import tables
from storage.dialect import batches, now, queue_up
from storage.tables import Ad, Campaign, ChangeRow, Run

_SLOT = (ChangeRow.product, ChangeRow.locale, ChangeRow.placement, ChangeRow.variant)
_PLACE = (Ad.product, Ad.locale, Ad.placement, Ad.variant)
_SHOT = re.compile(r'"shot":"([0-9a-f]{64})"')
_SEED = re.compile(r'"seed":(\d{1,10})')


def ask(connection: Connection, ads: Iterable[str], change: Change, by: str, comment: str) -> list[Asked]:
    """Note that *by* asked for *change* of the slots of *ads*; return what counts now, by campaign.

    What *change* does not say stays as it was asked before. Keys of no ad are passed over.
    """
    queue_up(connection)
    about = {"asked_by": by, "comment": comment, "asked_at": now(connection)}
    asked: dict[int, dict[Slot, str]] = defaultdict(dict)
    for campaign, key, slot in _slots_of(connection, ads):
        asked[campaign].setdefault(slot, key)
    counts: list[Asked] = []
    for campaign, slots in asked.items():
        before = _by_slot(connection, _latest(campaign))
        for batch in batches(slots.items()):
            rows = [
                {"campaign_id": campaign, "ad": key, **slot._asdict(), **about}
                | change.after(before[slot].change if slot in before else Change()).model_dump()
                for slot, key in batch
            ]
            connection.execute(insert(ChangeRow), rows)
        after = _by_slot(connection, _latest(campaign))
        counts += (after[slot] for slot in slots)
    return counts


def changes(connection: Connection, campaign: str) -> dict[Slot, Asked]:
    """Return what counts for *campaign*, by slot; without slots that are as the brief says."""
    latest = _by_slot(connection, _latest(_named(campaign)))
    return {slot: asked for slot, asked in latest.items() if not asked.change.is_nothing}


def history(connection: Connection, ad: str) -> list[Asked]:
    """Return all that was ever asked of the slot of *ad*, the oldest first."""
    return [
        _as_asked(row)
        for campaign, _, slot in _slots_of(connection, [ad])
        for row in connection.execute(_asked().where(_of(campaign, slot)).order_by(ChangeRow.id))
    ]


def waiting(connection: Connection, campaign: str, most: int) -> WaitingChanges:
    """Count the changes that the next run of *campaign* applies; tell *most* that the latest one left out."""
    latest = select(func.max(Run.id)).where(Run.campaign_id == ChangeRow.campaign_id).scalar_subquery()
    applied = aliased(ChangeRow)
    followed = and_(applied.id == Ad.change_id, Ad.change_left == "")
    unshown = (
        _latest(_named(campaign))
        .join(Ad, _same_slot(ChangeRow, Ad))
        .outerjoin(applied, followed)
        .where(Ad.run_id == latest)
        .where(
            or_(
                ChangeRow.seed.is_distinct_from(applied.seed),
                ChangeRow.hook != func.coalesce(applied.hook, ""),
            )
        )
    )
    told = and_(func.coalesce(Ad.change_id, 0) == ChangeRow.id, Ad.change_left != "")
    number = unshown.where(~told).with_only_columns(func.count()).order_by(None)
    rows = connection.execute(unshown.where(told).add_columns(Ad.change_left).limit(most))
    return WaitingChanges(
        pending=connection.execute(number).scalar_one(),
        left_out=tuple(PendingChange(asked=_as_asked(row), left_out=row[-1]) for row in rows),
    )


def seeds_had(connection: Connection, ads: Iterable[str]) -> set[int]:
    """Return the seeds that any ad of the slots of *ads* ever had, or was asked to have."""
    seeds, shots = set[int](), set[str]()
    asked = select(ChangeRow.seed).where(ChangeRow.seed.is_not(None)).join(Ad, _same_slot(ChangeRow, Ad))
    other = aliased(Ad)
    planned = select(other.spec).join(Ad, _same_slot(other, Ad))
    for batch in batches(ads):
        seeds.update(connection.scalars(asked.where(Ad.key.in_(batch)).distinct()))
        for spec in connection.scalars(planned.where(Ad.key.in_(batch))):
            shots.update(_SHOT.findall(spec))
    for keys in batches(shots):
        for spec in connection.scalars(select(tables.Shot.spec).where(tables.Shot.key.in_(keys))):
            seeds |= {int(seed) for seed in _SEED.findall(spec)}
    return seeds


def _slots_of(connection: Connection, keys: Iterable[str]) -> Iterator[tuple[int, str, Slot]]:
    """Yield campaign, key and slot of those of *keys* that are ads, in their order."""
    for batch in batches(dict.fromkeys(keys)):
        query = select(Ad.campaign_id, Ad.key, *_PLACE).where(Ad.key.in_(batch))
        found = {key: (campaign, key, Slot(*place)) for campaign, key, *place in connection.execute(query)}
        yield from (found[key] for key in batch if key in found)


def _asked() -> Select[Any]:
    about = (ChangeRow.asked_by, ChangeRow.comment, ChangeRow.asked_at)
    return select(
        ChangeRow.id, Campaign.name, *_SLOT, ChangeRow.ad, ChangeRow.seed, ChangeRow.hook, *about
    ).join(Campaign, Campaign.id == ChangeRow.campaign_id)


def _latest(campaign: int | ScalarSelect[int]) -> Select[Any]:
    """Return the query for the latest row of each slot of *campaign*, in a steady order."""
    newest = select(func.max(ChangeRow.id)).where(ChangeRow.campaign_id == campaign).group_by(*_SLOT)
    return _asked().where(ChangeRow.id.in_(newest)).order_by(*_SLOT)


def _named(campaign: str) -> ScalarSelect[int]:
    return select(Campaign.id).where(Campaign.name == campaign).scalar_subquery()


def _by_slot(connection: Connection, query: Select[Any]) -> dict[Slot, Asked]:
    return {asked.slot: asked for asked in map(_as_asked, connection.execute(query))}


def _of(campaign: int, slot: Slot) -> ColumnElement[bool]:
    of_slot = (column == value for column, value in zip(_SLOT, slot, strict=True))
    return and_(ChangeRow.campaign_id == campaign, *of_slot)


def _same_slot(one: type[ChangeRow | Ad], other: type[Ad]) -> ColumnElement[bool]:
    return and_(*(getattr(one, name) == getattr(other, name) for name in ("campaign_id", *Slot._fields)))


def _as_asked(row: Row[Any]) -> Asked:
    number, campaign, product, locale, placement, variant, ad, seed, hook, by, comment, at = row[:12]
    return Asked(
        number=number,
        campaign=campaign,
        slot=Slot(product, locale, placement, variant),
        ad=ad,
        change=Change(seed=seed, hook=hook),
        by=by,
        comment=comment,
        at=at,
    )
