"""Shows what an export did: for people in a few lines, for machines whole."""

from typing import Any

import click

from flows.export.choosing import Chosen
from flows.export.exporting import Outcome
from flows.export.holding import in_words
from flows.export.manifest import held_rows, withdrawn_rows
from flows.spoken import counted, plain
from flows.tables import print_json, print_rows

_ROWS_MAX = 40
"""Of a table for people; the sheets and --json have all."""


def print_outcome(outcome: Outcome, *, as_json: bool) -> int:
    """Print *outcome*; return how many ads could not be written, though nothing is against them."""
    if as_json:
        print_json(_as_object(outcome))
    else:
        _print(outcome)
    return sum(held.hold.kind == "unwritten" for held in outcome.choice.held)


def _exported(outcome: Outcome) -> list[Chosen]:
    return outcome.choice.chosen if outcome.bundle is None else outcome.bundle.exported


def _as_object(outcome: Outcome) -> dict[str, Any]:
    return {
        "platform": outcome.request.platform,
        "destination": outcome.request.to,
        "dry_run": outcome.request.dry,
        "folder": outcome.folder,
        "files": [file.model_dump() for file in outcome.bundle.files] if outcome.bundle else [],
        "ads": [{**_place(one), "key": one.listed.key, "name": one.name} for one in _exported(outcome)],
        "withdrawn": withdrawn_rows(outcome.choice.withdrawn),
        "held_back": held_rows(outcome.choice.held),
        "unchanged": outcome.choice.unchanged,
        "notes": outcome.choice.notes,
    }


def _place(one: Chosen) -> dict[str, str]:
    return dict(zip(("campaign", "product", "locale", "placement", "variant"), one.listed.place, strict=True))


def _print(outcome: Outcome) -> None:
    choice, exported = outcome.choice, _exported(outcome)
    if outcome.request.dry and exported:
        rows = [{"file": f"{one.name}.mp4", "placement": one.listed.placement} for one in exported]
        _print_first(rows, "to export")
    if choice.withdrawn:
        _print_first(withdrawn_rows(choice.withdrawn), "to take down")
    if choice.held:
        _print_first(held_rows(choice.held), "held back")
    for note in choice.notes:
        click.echo(f"note: {plain(note)}")
    click.echo(_sentence(outcome, len(exported)))
    if outcome.folder:
        click.echo(f"export: {outcome.folder}")


def _print_first(rows: list[dict[str, str]], title: str) -> None:
    shown = [
        {name: value[:120] for name, value in row.items() if name not in {"key", "campaign"}} for row in rows
    ]
    more = f" (the first {_ROWS_MAX} of {len(rows):,})" if len(rows) > _ROWS_MAX else ""
    print_rows(shown[:_ROWS_MAX], title=f"{title}{more}")


def _sentence(outcome: Outcome, exported: int) -> str:
    choice = outcome.choice
    verb = "would be exported" if outcome.request.dry else "exported"
    why = in_words(one.hold.kind for one in choice.held)
    held = f"{len(choice.held):,} held back ({why})" if choice.held else "none held back"
    return (
        f"{counted(exported, 'ad')} {verb}, {choice.unchanged:,} there already, "
        f"{len(choice.withdrawn):,} to take down, {held}."
    )
