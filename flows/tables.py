"""Prints tables and JSON: the same facts for people and for machines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.cells import cell_len

from flows.spoken import plain

_PIPED_WIDTH = 220
"""Columns of a table that goes into a file."""
_DRAWN_MAX = 200
"""Rows of a table with lines around its cells."""
_STYLES = {
    **dict.fromkeys(("done", "published"), "green"),
    **dict.fromkeys(("failed", "blocked", "rejected", "quarantined", "lost"), "red"),
    **dict.fromkeys(("capped", "interrupted", "cancelled"), "yellow"),
}


def print_json(value: object) -> None:
    """Print *value* as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def print_line(value: object) -> None:
    """Print *value* as one line of JSON, in ASCII, at once: machines read events and results so."""
    click.echo(json.dumps(value, default=str))


def print_rows(rows: Sequence[Mapping[str, Any]], title: str = "") -> None:
    """Print *rows* as a table; the first row's names are the head."""
    head = [*rows[0]] if rows else []
    cells = [[_cell(value) for value in row.values()] for row in rows]
    styles = [_STYLES.get(str(row.get("state", "")).partition(":")[0], "") for row in rows]
    if len(rows) > _DRAWN_MAX:
        _print_columns([head, *cells], ["", *styles], plain(title))
    else:
        _draw(head, cells, styles, plain(title))


def _draw(head: Sequence[str], cells: Sequence[Sequence[str]], styles: Sequence[str], title: str) -> None:
    # Neither JSON nor long tables wait for these.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=Text(title) if title else None, title_justify="left", header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row, style in zip(cells, styles, strict=True):
        table.add_row(*map(Text, row), style=style)
    console = Console()
    Console(width=None if console.is_terminal else _PIPED_WIDTH).print(table)


def _print_columns(rows: Sequence[Sequence[str]], styles: Sequence[str], title: str) -> None:
    """Print *rows* without lines; drawing a thousand rows takes rich a second."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    padded = (
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    colored = (
        click.style(line.rstrip(), fg=style or None) for line, style in zip(padded, styles, strict=True)
    )
    click.echo("\n".join([*([title] if title else []), *colored]))


def _cell(value: object) -> str:
    """Return *value* as text that steers no terminal: it may come from a brief."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return plain(" ".join(str(item) for item in value))
    return plain(str(value))
