"""What people asked to be made otherwise: rows that are only ever added; the latest of each slot counts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, and_, func, insert, select
from sqlalchemy.orm import aliased

from schemas.change import Asked, Change, PendingChange, Slot
from storage import tables
from storage.dialect import batches, now, queue_up
from storage.listing import latest_runs
from storage.tables import Ad, Campaign, ChangeRow

_SLOT = (ChangeRow.product, ChangeRow.locale, ChangeRow.placement, ChangeRow.variant)
_PLACE = (Ad.product, Ad.locale, Ad.placement, Ad.variant)
_SHOT = re.compile(r'"shot":"([0-9a-f]{64})"')
_SEED = re.compile(r'"seed":(\d{1,10})')


def ask(connection: Connection, ads: Iterable[str], change: Change, by: str, comment: str) -> list[Asked]:
    """Note that *by* asked for *change* of the slots of *ads*; return what counts now, in their order.

    What *change* does not say stays as it was asked before. Keys of no ad are passed over.
    """
    queue_up(connection)
    about = {"asked_by": by, "comment": comment, "asked_at": now(connection)}
    asked: dict[int, dict[Slot, str]] = defaultdict(dict)
    for campaign, key, slot in _slots_of(connection, ads):
        asked[campaign].setdefault(slot, key)
    counts: dict[Slot, Asked] = {}
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
        counts |= {slot: after[slot] for slot in slots}
    return [*counts.values()]


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


def pending(connection: Connection, campaign: str) -> dict[Slot, PendingChange]:
    """Return the changes that the ads of the latest run of *campaign* do not show, by slot."""
    applied, found = aliased(ChangeRow), dict[Slot, PendingChange]()
    same_slot = and_(*(ad == column for ad, column in zip(_PLACE, _SLOT, strict=True)))
    query = (
        _latest(_named(campaign))
        .join(Ad, and_(Ad.campaign_id == ChangeRow.campaign_id, same_slot))
        .outerjoin(applied, applied.id == Ad.change_id)
        .where(Ad.run_id.in_(latest_runs()))
        .add_columns(Ad.change_id, Ad.change_left, applied.seed, applied.hook)
    )
    for row in connection.execute(query):
        asked, (number, left_out, seed, hook) = _as_asked(row), row[-4:]
        shown = Change() if number is None or left_out else Change(seed=seed, hook=hook)
        if asked.change != shown:
            told = left_out if number == asked.number else ""
            found[asked.slot] = PendingChange(asked=asked, left_out=told)
    return found


def seeds_had(connection: Connection, ads: Iterable[str]) -> set[int]:
    """Return the seeds that any ad of the slots of *ads* ever had, or was asked to have."""
    seeds, shots = set[int](), set[str]()
    wanted: dict[int, set[Slot]] = defaultdict(set)
    for campaign, _, slot in _slots_of(connection, ads):
        wanted[campaign].add(slot)
    for campaign, slots in wanted.items():
        for batch in batches({slot.product for slot in slots}):
            asked = select(*_SLOT, ChangeRow.seed).where(ChangeRow.campaign_id == campaign)
            for *place, seed in connection.execute(asked.where(ChangeRow.product.in_(batch))):
                seeds |= {seed} if seed is not None and Slot(*place) in slots else set()
            planned = select(*_PLACE, Ad.spec).where(Ad.campaign_id == campaign, Ad.product.in_(batch))
            for *place, spec in connection.execute(planned):
                shots.update(_SHOT.findall(spec) if Slot(*place) in slots else ())
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
