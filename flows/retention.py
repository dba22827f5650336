"""Removes what nobody needs any more: ads of earlier runs, then what only they were made from.

Never what is exported or approved, what a campaign's latest run has made, or what any of that is made from.
The rows go first, each with a note that its files are to go (`storage.leaving`), so that rows and files agree
after a crash at any moment, and the next removal goes on with what is left.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import click

from flows.examine import file_names
from flows.known import check_known
from flows.spoken import counted, in_bytes
from flows.tables import print_json, print_rows
from schemas.record import Record
from schemas.settings import Settings
from schemas.work import Kind
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from storage.dialect import batches
from storage.leaving import Leaving, Retention

_KINDS: tuple[Kind, ...] = ("ad", "shot", "still", "voice")
_AT_ONCE = 10
"""Things whose files go in one transaction: no run starts meanwhile, and none should wait for long."""
_AGE = re.compile(r"(\d{1,5})([hdw])")
_SECONDS = {"h": 3600, "d": 86_400, "w": 604_800}


class Cleared(Record):
    """What was removed, or would be."""

    things: tuple[Leaving, ...]
    inputs: tuple[str, ...]
    """Names of the inputs that nothing is made from any more."""
    input_bytes: int
    left: int
    """Things that an earlier removal, which was stopped, had let go and not removed."""
    removed: bool
    """False for a look."""

    @property
    def bytes(self) -> dict[str, int]:
        """How much it is, by kind; sidecars are not counted."""
        sums = {str(kind): sum(one.bytes for one in self.things if one.kind == kind) for kind in _KINDS}
        return sums | {"input": self.input_bytes}


def read_age(text: str) -> float:
    """Return the seconds of ``30d``, ``12h`` or ``4w``. Raises ValueError with the cure."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r}: use a number with h, d or w, for example 30d")
    return float(int(match[1]) * _SECONDS[match[2]])


def look(rule: Retention, settings: Settings) -> Cleared:
    """Return what `clear` would remove; changes nothing."""
    catalog, blobs = _opened(rule, settings), open_blobs(settings.blobs)
    if catalog is None:
        return Cleared(things=(), inputs=(), input_bytes=0, left=0, removed=False)
    with catalog:
        found = catalog.unneeded(rule)
        left = sum(len(catalog.removals(kind)) for kind in _KINDS)
    inputs, size = _inputs_there(found.inputs, blobs)
    return Cleared(things=found.things, inputs=inputs, input_bytes=size, left=left, removed=False)


def clear(rule: Retention, settings: Settings) -> Cleared:
    """Remove what *rule* lets go, and what an earlier removal left; live runs may go on meanwhile.

    Raises BriefError for a campaign that is not there, StorageError where store or database do not answer;
    what was not removed then goes with the next removal.
    """
    catalog, blobs = _opened(rule, settings), open_blobs(settings.blobs)
    if catalog is None:
        return Cleared(things=(), inputs=(), input_bytes=0, left=0, removed=True)
    with catalog:
        left = sum(len(catalog.removals(kind)) for kind in _KINDS)
        found = catalog.let_go(rule)
        inputs, size = _inputs_there(found.inputs, blobs)
        for kind in _KINDS:
            for keys in batches(sorted(catalog.removals(kind)), _AT_ONCE):
                catalog.remove(kind, keys, partial(_erase, blobs, kind))
        gone = _remove_inputs(rule, inputs, catalog, blobs)
    return Cleared(things=found.things, inputs=gone, input_bytes=size, left=left, removed=True)


def print_cleared(cleared: Cleared, *, as_json: bool) -> None:
    """Print what was removed, or would be: each thing, then the bytes by kind."""
    sums, total = cleared.bytes, sum(cleared.bytes.values())
    if as_json:
        told = cleared.model_dump(mode="json")
        print_json({**told, "bytes": sums, "bytes_total": total})
        return
    if cleared.things:
        print_rows([_row(one) for one in cleared.things])
    if cleared.left:
        click.echo(f"{counted(cleared.left, 'thing')} of an earlier removal, which was stopped, go too.")
    counts = {kind: sum(one.kind == kind for one in cleared.things) for kind in _KINDS}
    parts = [f"{counted(n, kind)} ({in_bytes(sums[kind])})" for kind, n in counts.items() if n]
    if cleared.inputs:
        parts.append(f"{counted(len(cleared.inputs), 'input')} ({in_bytes(cleared.input_bytes)})")
    if not parts:
        click.echo("nothing is old enough and unneeded.")
    elif cleared.removed:
        click.echo(f"removed: {', '.join(parts)}; {in_bytes(total)} together.")
    else:
        click.echo(f"would go: {', '.join(parts)}; {in_bytes(total)} together. --yes removes it.")


def _row(one: Leaving) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "campaign": one.campaign,
        "what": one.label or one.files[0],
        "size": in_bytes(one.bytes),
        "made": f"{one.made_at:%Y-%m-%d %H:%M}",
    }


def _opened(rule: Retention, settings: Settings) -> Catalog | None:
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return None
    check_known(rule.campaigns, [row.name for row in catalog.campaigns()])
    return catalog


def _inputs_there(names: Collection[str], blobs: BlobStore) -> tuple[tuple[str, ...], int]:
    """Return those of the inputs *names* that are there, and how large they are together."""
    there = [file for name in sorted(names) if (file := blobs.find(name))]
    return tuple(file.name for file in there), sum(file.bytes for file in there)


def _remove_inputs(
    rule: Retention, names: Sequence[str], catalog: Catalog, blobs: BlobStore
) -> tuple[str, ...]:
    """Remove the inputs *names* that nothing needs; who starts meanwhile may need one: it is asked again."""
    if not names:
        return ()
    gone: list[str] = []
    found = catalog.unneeded(rule)
    left = [name for name in names if name in found.inputs]
    while left:
        few = left[:_AT_ONCE]
        if catalog.while_none_starts(found.newest_run, partial(_delete, blobs, few)):
            gone += few
            left = left[_AT_ONCE:]
        else:
            found = catalog.unneeded(rule)
            left = [name for name in left if name in found.inputs]
    return tuple(gone)


def _erase(blobs: BlobStore, kind: Kind, keys: Iterable[str]) -> None:
    # The sidecar goes before its ad, which it would otherwise seem to prove.
    for key in keys:
        _delete(blobs, reversed(file_names(kind, key)))


def _delete(blobs: BlobStore, names: Iterable[str]) -> None:
    for name in names:
        blobs.delete(name)
