"""Prints tables and JSON: the same facts for people and for machines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

_PIPED_WIDTH = 220
"""Columns of a table that goes into a file."""
_STYLES = {"done": "green", "failed": "red", "blocked": "red", "rejected": "red", "quarantined": "red"}


def print_json(value: object) -> None:
    """Print *value* as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def print_rows(rows: Sequence[Mapping[str, Any]], title: str = "") -> None:
    """Print *rows* as a table; the first row's names are the head."""
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        style = _STYLES.get(str(row.get("state", "")), "")
        table.add_row(*(_cell(value) for value in row.values()), style=style)
    console = Console()
    Console(width=None if console.is_terminal else _PIPED_WIDTH).print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value)
    return str(value)
