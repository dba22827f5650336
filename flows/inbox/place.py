"""What all inboxes have in common: what they hold, and how a refused brief and its report are called."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

REJECTED = "rejected"
"""Folder of the inbox with what could not be used."""
REPORT = ".report.txt"
"""What the report's name has in addition to the brief's."""
BRIEFS = (".yaml", ".yml", ".json")
_PROOF = "content: "


class Found(NamedTuple):
    """Something that is called like a brief."""

    name: str
    """Below the inbox."""
    mark: tuple[int | str, ...]
    """Changes with the content."""
    quiet_seconds: float
    """How long it has been as it is, as far as the inbox tells."""


class Place(Protocol):
    """Where briefs are dropped. All methods raise StorageError where the place does not answer."""

    where: str
    settle_seconds: float
    """A file that has not changed for so long is written."""

    def briefs(self) -> Iterator[Found]:
        """Yield what is called like a brief and lies in no hidden or rejected place."""

    def mark(self, found: Found, media: Iterable[str]) -> object:
        """Return what changes whenever the brief or its *media* do."""

    def address(self, found: Found) -> str:
        """Return how the brief is called from everywhere."""

    def bring(self, found: Found) -> Path:
        """Return a path on this machine where the brief can be read, its media beside it.

        Raises BriefError for what cannot be a brief.
        """

    def set_aside(self, found: Found, report: str) -> str | None:
        """Move the brief away with *report* beside it; return where to; None where it was not moved."""


def is_hidden(name: str) -> bool:
    """Tell whether *name* is that of a hidden file, or one that a program is about to rename."""
    return name.startswith((".", "~", "#"))


def is_brief_name(name: str) -> bool:
    """Tell whether a file called *name* may be a brief."""
    return name.lower().endswith(BRIEFS)


def report_name(name: str, n: int) -> str:
    """Return how the report on the rejected brief *name* is called, the *n*-th try to find a free name."""
    path = PurePosixPath(name)
    stem = path.stem if n == 1 else f"{path.stem}-{n}"
    return str(PurePosixPath(REJECTED) / path.with_name(f"{stem}{path.suffix}{REPORT}"))


def write_report(name: str, content: str, problems: str, at: str) -> str:
    """Return what the author of the brief *name* reads; *content* is the SHA-256 of its bytes."""
    listed = "\n".join(f"  {line}" for line in problems.splitlines())
    return (
        f"The brief {name} was not taken. What is wrong (file:line: where: what; cure):\n\n{listed}\n\n"
        f"Correct the brief and put it into the inbox again; nothing else has to be done.\n\n"
        f"looked at: {at}\n{_PROOF}{content}\n"
    )


def proof(report: str) -> str:
    """Return the content that *report* is about; empty where it does not say."""
    return next((line for line in reversed(report.splitlines()) if line.startswith(_PROOF)), "")
