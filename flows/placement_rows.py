"""Prints the table of placements."""

import click

from flows.tables import print_json, print_rows
from schemas.placements import PLACEMENTS, Placement


def print_placements(*, as_json: bool) -> None:
    """Print what each placement asks: what people choose by as a table, all of it as JSON."""
    if as_json:
        print_json([{**row.model_dump(), "ratio": row.ratio} for row in PLACEMENTS.values()])
    else:
        print_rows([_row(row) for row in PLACEMENTS.values()])
        click.echo("* is of low certainty: it only warns. --json has safe zones, true peaks and dates too.")


def _row(row: Placement) -> dict[str, object]:
    """Return the cells of *row*; a star follows what is of low certainty."""
    return {
        "name": row.name,
        "size": f"{row.width}x{row.height}",
        "ratio": row.ratio,
        "fps": _marked(row, str(row.fps), "fps"),
        "seconds": _marked(row, _lengths(row), "seconds_min", "seconds_max", "lengths"),
        "MB": _marked(row, f"{row.bytes_max / 1e6:g}" if row.bytes_max else "-", "bytes_max"),
        "kbit/s": _marked(row, _rates(row), "kbps_min", "kbps_max"),
        "sound": _marked(row, row.sound, "sound"),
        "LUFS": _marked(row, f"{row.lufs:g}±{row.lufs_tolerance:g}", "lufs", "lufs_tolerance"),
        "certainty": row.certainty,
        "source": row.source,
    }


def _marked(row: Placement, text: str, *fields: str) -> str:
    return f"{text}*" if any(map(row.doubts, fields)) else text


def _lengths(row: Placement) -> str:
    if row.lengths:
        return ", ".join(f"{length:g}" for length in row.lengths)
    return f"{row.seconds_min:g}-{row.seconds_max:g}"


def _rates(row: Placement) -> str:
    if not row.kbps_min and not row.kbps_max:
        return "-"
    return f"{row.kbps_min or ''}-{row.kbps_max or ''}"
