"""Tells people what runs in a stack, where, and how they reach it."""

import os
import shlex
from pathlib import Path

from tests.stack.keys import Keys, write_privately
from tests.stack.parts import FOREIGN, MARK
from tests.stack.topology import Stack

_SHELL = "environ.sh"
_TOKEN = "review-token"  # noqa: S105 (the name of a file)


def shown(stack: Stack, folder: Path, keys: Keys) -> str:
    """Return the table of what runs, and how to reach and to end it; the keys go into files in *folder*."""
    write_privately(folder / _TOKEN, f"{keys.review}\n")
    write_privately(folder / _SHELL, _exports(stack.environs.worker()))
    rows = [("what", "address", "process", "log"), *_rows(stack)]
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    lines = ["  ".join([*(row[n].ljust(widths[n]) for n in range(3)), row[3]]) for row in rows]
    about = [
        f"review page, log in with the token in  {near(folder / _TOKEN)}",
        f"Prefect's page, log in with            reelmill:... in PREFECT_API_AUTH_STRING of {_SHELL}",
        f"reelmill and prefect in a shell        . {near(folder / _SHELL)}",
        f"end all                                Ctrl-C here, or kill {os.getpid()}",
    ]
    return "\n".join(["", *lines, "", *about, ""])


def near(path: Path) -> str:
    """Return *path* as it is called from here, where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _rows(stack: Stack) -> list[tuple[str, str, str, str]]:
    return [(part.name, part.address, str(part.process.pid), near(part.process.log)) for part in stack.parts]


def _exports(environ: dict[str, str]) -> str:
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in sorted(environ.items())
        if name.startswith(FOREIGN) and name != MARK  # a shell is no part of the stack
    ]
    return "\n".join(lines) + "\n"
