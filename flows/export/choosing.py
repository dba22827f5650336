"""Decides what an export holds: new and changed ads, those held back, and those to take down."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from flows.export.holding import UNTRUE, Hold, Judge, Shelf, open_shelf
from flows.export.request import Request
from flows.known import check_known
from flows.naming import HASH_DIGITS, file_stem
from flows.spoken import counted
from schemas.plan import Ad
from schemas.settings import Settings
from storage.catalog import Catalog
from storage.dialect import batches
from storage.rows import Candidate, DecisionRow, ExportedAd, ListedAd


class Chosen(NamedTuple):
    """An ad that is to be exported."""

    listed: ListedAd
    name: str
    """Of its files, without suffix."""


class Held(NamedTuple):
    """An ad that is held back."""

    listed: ListedAd
    name: str
    """What its files would be called."""
    hold: Hold


class Withdrawn(NamedTuple):
    """An ad that was exported and is to be taken down."""

    ad: ExportedAd
    reason: str


class Choice(NamedTuple):
    """What an export holds."""

    chosen: list[Chosen]
    held: list[Held]
    withdrawn: list[Withdrawn]
    unchanged: int
    """Ads that lie there already."""
    lying: dict[str, ExportedAd]
    """What lies there of the campaigns, by key."""
    shelves: dict[str, Shelf]
    notes: list[str]


def choose(request: Request, catalog: Catalog, settings: Settings) -> Choice:
    """Decide what an export of *request* holds; nothing is written, and no file is looked at.

    Raises BriefError for a campaign that is not there.
    """
    shelves, notes = _shelves(request, catalog, settings)
    lying = catalog.exported(request.to, request.platform, request.campaigns)
    choice = Choice([], [], [], 0, lying, shelves, notes)
    judge = Judge(shelves, datetime.now(UTC), approved_only=request.approved_only)
    every = catalog.listed(request.campaigns)
    unchanged, names = 0, set[str]()
    for listed, candidate, decision in _looked_up(every, catalog):
        name = _name(candidate.ad, listed, request.pattern, names)
        if not request.wants(listed.placement, listed.locale):
            continue
        if hold := judge.hold(candidate, decision):
            hold_back(choice, Held(listed, name, hold))
        elif _is_wanted(candidate, lying.get(listed.key), request):
            choice.chosen.append(Chosen(listed, name))
        else:
            unchanged += 1
    choice.withdrawn.extend(_gone(every, lying, request))
    choice.notes.extend(_strangers(every, request))
    return choice._replace(unchanged=unchanged)


def hold_back(choice: Choice, held: Held) -> None:
    """Hold an ad back, and have it taken down if it lies there and is not true any more."""
    choice.held.append(held)
    before = choice.lying.get(held.listed.key)
    if before and held.hold.kind in UNTRUE:
        choice.withdrawn.append(Withdrawn(before, held.hold.reason))


def _shelves(request: Request, catalog: Catalog, settings: Settings) -> tuple[dict[str, Shelf], list[str]]:
    check_known(request.campaigns, [row.name for row in catalog.campaigns()])
    briefs = catalog.briefs(request.campaigns)
    shelves = {name: open_shelf(row, settings) for name, row in briefs.items()}
    notes = [
        f"{name} is being made now: what is not done yet comes with the next export"
        for name, row in briefs.items()
        if row.live
    ]
    notes += [
        f"{name}: its products cannot be read again ({briefs[name].source or 'its brief is not known'}), so "
        f"prices are held against those of its latest run"
        for name, shelf in shelves.items()
        if shelf.now is None
    ]
    return shelves, notes


def _looked_up(
    every: Sequence[ListedAd], catalog: Catalog
) -> Iterator[tuple[ListedAd, Candidate, DecisionRow | None]]:
    for batch in batches(every):
        keys = [listed.key for listed in batch]
        found, decisions = catalog.candidates(keys), catalog.latest_decisions(keys)
        for listed in batch:
            if listed.key in found:
                yield listed, found[listed.key], decisions.get(listed.key)


def _name(ad: Ad, listed: ListedAd, pattern: str, names: set[str]) -> str:
    """Return the name of *ad*, with as long a hash as it takes to be in no other case among *names*."""
    digits = HASH_DIGITS
    name = file_stem(ad, pattern, revision=listed.revision)
    while name.casefold() in names:
        digits += HASH_DIGITS
        name = file_stem(ad, pattern, revision=listed.revision, digits=digits)
    names.add(name.casefold())
    return name


def _is_wanted(candidate: Candidate, before: ExportedAd | None, request: Request) -> bool:
    if request.since == "all":
        return True
    if request.since == "last":
        asset = candidate.asset
        return before is None or asset is None or before.sha256 != asset.file.sha256
    return candidate.made_at >= request.since


def _gone(
    every: Sequence[ListedAd], lying: Mapping[str, ExportedAd], request: Request
) -> Iterator[Withdrawn]:
    """Yield what lies there and is not in the latest runs any more."""
    keys = {listed.key for listed in every}
    places = {listed.place: listed for listed in every}
    for key, ad in lying.items():
        if key in keys or not request.wants(ad.placement, ad.locale):
            continue
        new = places.get(ad.place)
        reason = f"superseded by {new.key[:HASH_DIGITS]}" if new else "no longer in the campaign's latest run"
        yield Withdrawn(ad, reason)


def _strangers(every: Sequence[ListedAd], request: Request) -> Iterator[str]:
    """Tell how many ads are for placements of other platforms."""
    if request.placements:
        return
    others = sum(not request.wants(listed.placement, listed.locale) for listed in every)
    if others:
        yield f"{counted(others, 'ad')} of other placements or locales left out"
