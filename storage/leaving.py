"""What nobody needs any more: found in the rows, let go of there, and then removed from the blob store.

Rows come first, files after. In between stands a note, a removal, for each thing whose files are to go; so a
file that is still there after a crash is known for what it is, and the next removal goes on with it. A run
that wants the thing again meanwhile claims its row, and then the files stay.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select

from schemas.record import Record
from schemas.work import Kind
from storage import audit, exports
from storage.content import inputs_in
from storage.dialect import batches, insert, now, queue_up
from storage.listing import latest_runs
from storage.tables import DONE, MADE, WORKS, Ad, Campaign, Removal, Run

PART_KINDS: tuple[Kind, ...] = ("shot", "still", "voice")
_KEY = re.compile(r'(?<=")[0-9a-f]{64}(?=")')


class Retention(Record):
    """Which ads may go."""

    seconds: float
    """Made so long ago."""
    campaigns: tuple[str, ...] = ()
    """Of these campaigns; empty for any."""


class Leaving(Record):
    """Something made that may go."""

    kind: Kind
    key: str
    campaign: str = ""
    """Of an ad; so is *label*."""
    label: str = ""
    files: tuple[str, ...]
    """Names of those that its row tells of."""
    bytes: int
    made_at: datetime


class Unneeded(NamedTuple):
    """What may go."""

    things: tuple[Leaving, ...]
    """Ads before what they are made from."""
    inputs: frozenset[str]
    """Names of the inputs that may go: what no row names is left alone."""
    newest_run: int
    """Who starts after it may need more."""


class _References(NamedTuple):
    """What a specification names."""

    keys: frozenset[str]
    inputs: frozenset[str]


def unneeded(connection: Connection, rule: Retention) -> Unneeded:
    """Return what *rule* lets go.

    Ads that are exported or approved stay, so do those of each campaign's latest run, which may be alive,
    and so does all that they are made from.
    """
    before = now(connection) - timedelta(seconds=rule.seconds)
    things, stays, goes = _sorted_ads(connection, rule, before)
    parts = {kind: _references_of(connection, kind) for kind in PART_KINDS}
    every = {key: names for found in parts.values() for key, names in found.items()}
    young = (key for kind in PART_KINDS for key in _young(connection, kind, before))
    needed = _closed(stays._replace(keys=stays.keys.union(young)), every)
    asked = _closed(goes, every)
    for kind in PART_KINDS:
        things += _made(connection, kind, (asked.keys - needed.keys) & parts[kind].keys())
    newest = connection.execute(select(func.max(Run.id))).scalar() or 0
    return Unneeded(tuple(things), asked.inputs - needed.inputs, newest)


def let_go(connection: Connection, rule: Retention) -> Unneeded:
    """Forget what *rule* lets go, and note that its files are to be removed; return what it is."""
    queue_up(connection)
    found = unneeded(connection, rule)
    for kind in WORKS:
        keys = [one.key for one in found.things if one.kind == kind]
        audit.forget(connection, kind, keys)
        for batch in batches({"kind": kind, "key": key} for key in keys):
            connection.execute(insert(connection, Removal).values(batch).on_conflict_do_nothing())
    audit.forget_files(connection, (name for one in found.things for name in one.files))
    return found


def removals(connection: Connection, kind: Kind) -> set[str]:
    """Return the keys of those whose files are to be removed."""
    return set(connection.scalars(select(Removal.key).where(Removal.kind == kind)))


def remove(
    connection: Connection, kind: Kind, keys: Collection[str], erase: Callable[[Collection[str]], None]
) -> list[str]:
    """Have *erase* remove the files of those of *keys* that nobody makes or has made; return which.

    Until the transaction ends no run begins to make one of them.
    """
    queue_up(connection)
    table = WORKS[kind]
    rows = select(table.key, table.state).where(table.key.in_(keys)).order_by(table.key).with_for_update()
    states = dict(connection.execute(rows).tuples().all())
    gone = [key for key in keys if states.get(key) not in (*MADE, "running")]
    erase(gone)
    over = [key for key in keys if states.get(key) != "running"]
    connection.execute(delete(Removal).where(Removal.kind == kind, Removal.key.in_(over)))
    return gone


def while_none_starts(connection: Connection, newest_run: int, act: Callable[[], None]) -> bool:
    """Do *act* while no run can start; False, with nothing done, where one has started after *newest_run*."""
    queue_up(connection)
    if (connection.execute(select(func.max(Run.id))).scalar() or 0) != newest_run:
        return False
    act()
    return True


def _sorted_ads(
    connection: Connection, rule: Retention, before: datetime
) -> tuple[list[Leaving], _References, _References]:
    """Return the ads that may go, what those that stay name, and what the others of *rule* name."""
    latest, kept = set(connection.scalars(latest_runs())), exports.kept_keys(connection)
    leaving: list[Leaving] = []
    stays, goes = _Gathered(), _Gathered()
    place = (Ad.product, Ad.locale, Ad.placement, Ad.variant)
    query = (
        select(Ad.key, Ad.run_id, Ad.state, Ad.result, Ad.spec, Ad.updated_at, Campaign.name, *place)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .order_by(Campaign.name, *place, Ad.key)
    )
    for key, run, state, result, spec, at, campaign, *names in connection.execute(query).tuples():
        made, asked = state in MADE and result, not rule.campaigns or campaign in rule.campaigns
        wanted = run in latest or key in kept or state in {"published", "running"}
        if wanted or (made and not (asked and at < before)):
            stays.add(spec)
        elif made:
            leaving.append(_leaving("ad", key, result or "", at, campaign, " ".join(names)))
        if asked and not wanted:
            goes.add(spec)
    return leaving, stays.all, goes.all


class _Gathered:
    """What many specifications name."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._inputs: set[str] = set()

    def add(self, spec: str) -> None:
        self._keys.update(_KEY.findall(spec))
        self._inputs |= inputs_in(spec)

    @property
    def all(self) -> _References:
        return _References(frozenset(self._keys), frozenset(self._inputs))


def _references_of(connection: Connection, kind: Kind) -> dict[str, _References]:
    """Return what each specification of *kind* names, made or not."""
    table = WORKS[kind]
    rows = connection.execute(select(table.key, table.spec)).tuples()
    return {key: _References(frozenset(_KEY.findall(spec)), frozenset(inputs_in(spec))) for key, spec in rows}


def _closed(start: _References, every: Mapping[str, _References]) -> _References:
    """Return what *start* names, and what that names in turn."""
    keys, inputs, left = set[str](), set(start.inputs), list(start.keys)
    while left:
        key = left.pop()
        if key in every and key not in keys:
            keys.add(key)
            inputs |= every[key].inputs
            left += every[key].keys
    return _References(frozenset(keys), frozenset(inputs))


def _young(connection: Connection, kind: Kind, before: datetime) -> Iterator[str]:
    """Yield the keys of those that are being made, or were made after *before*."""
    table = WORKS[kind]
    young = and_(table.state.in_(MADE), table.updated_at >= before)
    yield from connection.scalars(select(table.key).where(or_(young, table.state == "running")))


def _made(connection: Connection, kind: Kind, keys: Iterable[str]) -> Iterator[Leaving]:
    table = WORKS[kind]
    for batch in batches(sorted(keys)):
        query = select(table.key, table.result, table.updated_at).where(
            table.key.in_(batch), table.state.in_(DONE), table.result.is_not(None)
        )
        for key, result, at in connection.execute(query).tuples():
            yield _leaving(kind, key, result or "", at)


def _leaving(
    kind: Kind, key: str, result: str, made_at: datetime, campaign: str = "", label: str = ""
) -> Leaving:
    told = json.loads(result)
    files = [told["file"], *told.get("captions", ())]
    return Leaving(
        kind=kind,
        key=key,
        campaign=campaign,
        label=label,
        files=tuple(file["name"] for file in files),
        bytes=sum(file["bytes"] for file in files),
        made_at=made_at,
    )
