"""Shows what files carry about how they were made, and whether it holds."""

from collections.abc import Sequence
from pathlib import Path

import click

from actors.marks import FileMarks, file_problems, read_marks
from flows.tables import print_json, print_rows
from schemas.errors import MediaError
from schemas.record import Record


class Found(Record):
    """What one file carries."""

    file: str
    marks: FileMarks = FileMarks()
    problems: tuple[str, ...] = ()


def print_marks(paths: Sequence[Path], *, as_json: bool) -> bool:
    """Print the marks of each MP4 in *paths*; return whether those of all hold."""
    found = [_found(path) for path in paths]
    if as_json:
        print_json([{**one.model_dump(mode="json"), "holds": not one.problems} for one in found])
    else:
        print_rows([_row(one) for one in found])
        for one in found:
            for problem in one.problems:
                click.echo(f"{one.file}: {problem}")
    return not any(one.problems for one in found)


def _found(path: Path) -> Found:
    try:
        marks = read_marks(path)
    except MediaError as error:
        return Found(file=str(path), problems=(str(error),))
    return Found(file=str(path), marks=marks, problems=tuple(file_problems(marks)))


def _row(found: Found) -> dict[str, object]:
    marks, signature = found.marks, found.marks.signature
    return {
        "file": found.file,
        "holds": "no" if found.problems else "yes",
        "source": marks.source or "-",
        "AIGC": "yes" if marks.aigc else "-",
        "C2PA": signature.state,
        "signed by": signature.signed_by or "-",
        "time stamp": signature.time or "-",
        "made from": signature.ingredients or "-",
    }
