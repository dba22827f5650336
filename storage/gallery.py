"""The review page's ads: filtered, in pages, with what may be chosen next.

All that is filtered, ordered and counted by stands in two indexes of `ads`; a row itself is wide, so rows are
read for one page only.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from schemas.media import Asset
from storage import decisions, showings, wordings
from storage.dialect import batches
from storage.gallery_rows import Choices, Filters, GalleryAd, GalleryPage, Neighbours, ShotUses, Status
from storage.rows import DecisionRow
from storage.tables import DONE, MADE, Ad, Campaign, Run, Wording

_STATES: dict[Status, tuple[str, ...]] = {
    "to_review": DONE,
    "approved": DONE,
    "rejected": DONE,
    "broken": ("rejected",),
    "failed": ("failed",),
    "quarantined": ("quarantined",),
    "blocked": ("blocked",),
    "cancelled": ("cancelled",),
    "making": ("planned", "running"),
}
"""By status, in the order in which people are shown them."""
_DECIDED: dict[str, Status] = {"": "to_review", "approved": "approved", "rejected": "rejected"}
_UNDECIDED = {state: status for status, states in _STATES.items() if states != DONE for state in states}
_ORDER = (Ad.product, Ad.locale, Ad.placement, Ad.variant, Ad.key)
_PRODUCTS_MAX = 500
_SIBLINGS_MAX = 50

Column = InstrumentedAttribute[Any]


class _Facets(NamedTuple):
    """What one group of ads has in common, named as filters and choices are."""

    placements: str
    locales: str
    variants: str
    statuses: Status


def status_of(state: str, decision: str) -> Status:
    """Return what an ad in *state* is to people, about which *decision* stands (empty for none)."""
    return _DECIDED[decision] if state in DONE else _UNDECIDED[state]


def page(
    connection: Connection, filters: Filters, offset: int, most: int, total: int | None = None
) -> GalleryPage:
    """Return *most* of the ads that pass *filters*, after *offset* of them, and how many pass in all.

    Whoever knows *total* already saves counting.
    """
    passing = _passing(connection, filters)
    if total is None:
        total = connection.execute(select(func.count()).select_from(Ad).where(*passing)).scalar_one()
    query = select(Ad.key).where(*passing).order_by(*_ORDER).offset(offset).limit(most)
    return GalleryPage(ads=tuple(ads(connection, connection.scalars(query).all())), total=total)


def keys(connection: Connection, filters: Filters, most: int) -> list[str]:
    """Return the first *most* keys of the ads that pass."""
    passing = _passing(connection, filters)
    return [*connection.scalars(select(Ad.key).where(*passing).order_by(*_ORDER).limit(most))]


def ads(connection: Connection, which: Iterable[str]) -> list[GalleryAd]:
    """Return those of the ads *which* that have a row, in their order."""
    found: list[GalleryAd] = []
    for batch in batches(dict.fromkeys(which)):
        rows = {row["key"]: row for row in connection.execute(_rows(batch)).mappings()}
        decided = decisions.latest_decisions(connection, (key for key in rows if rows[key]["decision"]))
        found += (_ad(rows[key], decided.get(key)) for key in batch if key in rows)
    return found


def neighbours(connection: Connection, filters: Filters, key: str) -> Neighbours:
    """Return the keys before and after the ad *key* among those that pass; it need not pass itself."""
    here = connection.execute(select(*_ORDER).where(Ad.key == key)).one_or_none()
    if here is None:
        return Neighbours("", "")
    passing = _passing(connection, filters)
    place, this = tuple_(*_ORDER), tuple_(*map(literal, here))
    backwards = (column.desc() for column in _ORDER)
    before = select(Ad.key).where(*passing, place < this).order_by(*backwards).limit(1)
    after = select(Ad.key).where(*passing, place > this).order_by(*_ORDER).limit(1)
    return Neighbours(*(connection.scalars(query).first() or "" for query in (before, after)))


def siblings(connection: Connection, key: str) -> list[GalleryAd]:
    """Return the ads of the run of the ad *key* for its product, locale and placement, itself among them."""
    same = (Ad.campaign_id, Ad.run_id, Ad.product, Ad.locale, Ad.placement)
    here = connection.execute(select(*same).where(Ad.key == key)).one_or_none()
    if here is None:
        return []
    alike = (column == value for column, value in zip(same, here, strict=True))
    return ads(
        connection,
        connection.scalars(select(Ad.key).where(*alike).order_by(*_ORDER).limit(_SIBLINGS_MAX)).all(),
    )


def shot_uses(connection: Connection, shots: Iterable[str], besides: str, most: int) -> dict[str, ShotUses]:
    """Return the ads of any campaign that show the clips of *shots*, by shot, without the ad *besides*."""
    uses = showings.uses(connection, shots, besides, most)
    seen = {ad.key: ad for ad in ads(connection, (key for first, _ in uses.values() for key in first))}
    return {
        shot: ShotUses(ads=tuple(seen[key] for key in first), total=total)
        for shot, (first, total) in uses.items()
    }


def choices(connection: Connection, filters: Filters) -> Choices:
    """Return for each filter its values with how many ads each would show under the others."""
    groups = _groups(connection, [*_scope(connection, filters), *_any_of(Ad.product, filters.products)])
    menus = {name: Counter[str]() for name in _Facets._fields}
    for facets, number in groups.items():
        wrong = [name for name in menus if _excludes(getattr(filters, name), getattr(facets, name))]
        for name in menus if not wrong else wrong if len(wrong) == 1 else ():
            menus[name][getattr(facets, name)] += number
    statuses = menus.pop("statuses")
    return Choices(
        **{name: dict(sorted(menu.items())) for name, menu in menus.items()},
        statuses={status: statuses[status] for status in _STATES if status in statuses},
        products=_products(connection, filters),
    )


def _groups(connection: Connection, scope: Collection[ColumnElement[bool]]) -> Counter[_Facets]:
    facets, found = (Ad.placement, Ad.locale, Ad.variant, Ad.state, Ad.decision), Counter[_Facets]()
    for placement, locale, variant, state, decision, number in connection.execute(_counts(facets, scope)):
        found[_Facets(placement, locale, variant, status_of(state, decision))] += number
    return found


def _products(connection: Connection, filters: Filters) -> dict[str, int]:
    """Return the first products, and those that are chosen, with how many ads each would show."""
    scope = [*_scope(connection, filters), *_facets(filters)]
    query = _counts((Ad.product,), scope).limit(_PRODUCTS_MAX)
    found: dict[str, int] = dict(connection.execute(query).tuples().all())
    if filters.products:
        chosen = _counts((Ad.product,), [*scope, Ad.product.in_(filters.products)])
        found |= dict(connection.execute(chosen).tuples().all())
    return dict(sorted(found.items()))


def _counts(columns: tuple[Column, ...], scope: Collection[ColumnElement[bool]]) -> Select[Any]:
    """Return the query for the number of ads for each group of *columns*."""
    return select(*columns, func.count()).where(*scope).group_by(*columns).order_by(*columns)


def _excludes(wanted: Collection[str], value: str) -> bool:
    return bool(wanted) and value not in wanted


# Conditions.


def _passing(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    return [*_scope(connection, filters), *_any_of(Ad.product, filters.products), *_facets(filters)]


def _scope(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions that no menu has: campaign, run and words."""
    latest = select(Run.campaign_id, func.max(Run.id)).join(Campaign, Campaign.id == Run.campaign_id)
    named = latest.where(Campaign.name == filters.campaign).group_by(Run.campaign_id)
    found = connection.execute(named).one_or_none()
    if found is None:
        return [false()]
    campaign, run = found
    runs = [] if filters.all_runs else [Ad.run_id == run]
    return [Ad.campaign_id == campaign, *runs, *wordings.say(filters.text)]


def _facets(filters: Filters) -> list[ColumnElement[bool]]:
    return [
        *_any_of(Ad.placement, filters.placements),
        *_any_of(Ad.locale, filters.locales),
        *_any_of(Ad.variant, filters.variants),
        *([or_(*map(_has, filters.statuses))] if filters.statuses else ()),
    ]


def _any_of(column: Column, values: Collection[str]) -> list[ColumnElement[bool]]:
    return [column.in_(values)] if values else []


def _has(status: Status) -> ColumnElement[bool]:
    found = Ad.state.in_(_STATES[status])
    word = next((word for word, decided in _DECIDED.items() if decided == status), None)
    return found if word is None else found & (Ad.decision == word)


# Rows.


def _rows(which: Collection[str]) -> Select[Any]:
    place = (Ad.product, Ad.locale, Ad.placement, Ad.variant, Ad.composition)
    became = (Ad.state, Ad.error, Ad.decision, Ad.result, Ad.change_id, Ad.change_left)
    return (
        select(Ad.key, Campaign.name.label("campaign"), Wording.title, *place, *became)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .outerjoin(Wording, Wording.key == Ad.wording)
        .where(Ad.key.in_(which))
    )


def _ad(row: RowMapping, decided: DecisionRow | None) -> GalleryAd:
    about = {name: row[name] for name in ("key", "campaign", "product", "locale", "placement", "variant")}
    about |= {name: row[name] for name in ("state", "error", "composition")}
    about |= {"title": row["title"] or "", "status": status_of(row["state"], row["decision"])}
    about["changed"] = row["change_id"] is not None and not row["change_left"]
    if decided is not None:
        about |= {"by": decided.by, "comment": decided.comment, "decided_at": decided.at}
    if row["result"] and row["state"] in MADE:
        asset = Asset.model_validate_json(row["result"])
        about |= {"width": asset.facts.width, "height": asset.facts.height, "seconds": asset.facts.seconds}
        about["file"] = asset.file.name
    return GalleryAd(**about)
