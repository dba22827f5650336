"""What became of the rows of a feed."""

from collections.abc import Sequence

from flows.spoken import counted, plain
from schemas.record import Record
from schemas.wording import shown

BAD_TOLD_MAX = 1000
"""Faults that are kept one by one; the others are counted."""


class BadRow(Record):
    """Something that keeps a row from being used."""

    line: int
    """Where the row begins in the file, from 1; the first line names the columns."""
    id: str
    """Of the product; empty where the row has none."""
    column: str
    """As the feed calls it; empty where the row as a whole is wrong."""
    value: str
    """What stands there, shortened."""
    reason: str
    cure: str

    def __str__(self) -> str:
        """Return the sentence that people read, without the line."""
        at = ", ".join(part for part in (f"product {self.id}" if self.id else "", self.column) if part)
        start = f"{at}: " if at else ""
        return f"{start}{shown(self.value) + ' ' if self.value else ''}{self.reason}; {self.cure}"


class FeedReport(Record):
    """How many rows of a feed were read, taken, left out, bad."""

    path: str
    """As the brief writes it."""
    on_bad_row: str = "skip"
    format: str
    rows: int
    taken: int
    left_out: int = 0
    """By select."""
    grouped: int = 0
    """Good rows of a group of which another row was taken."""
    over_limit: int = 0
    """Selected rows beyond the limit; their pictures were not looked at."""
    bad: int = 0
    bad_rows: tuple[BadRow, ...] = ()
    """Every fault of every bad row, in the order of the file, the first BAD_TOLD_MAX of them."""
    more_pictures: int = 0
    """Rows with more pictures than a product has here; the first ones are used."""
    stale: int = 0
    """Files of hosts that did not answer: the copies of an earlier day were taken."""

    @property
    def counts(self) -> str:
        """How many rows were read, taken, left out, bad."""
        parts = [
            f"{self.taken:,} taken",
            *(f"{n:,} {what}" for n, what in self._others if n),
            f"{self.bad:,} bad",
        ]
        return f"{counted(self.rows, 'row')} read, {', '.join(parts)}"

    @property
    def _others(self) -> tuple[tuple[int, str], ...]:
        return (
            (self.left_out, "left out by select"),
            (self.grouped, "left out for another of their group"),
            (self.over_limit, "over the limit"),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What its author should know."""
        found = [f"products.feed: {plain(self.path, 100)}: {self.counts}"]
        if self.more_pictures:
            found.append(
                f"products.feed: {counted(self.more_pictures, 'row')} with more than 11 pictures; 11 are used"
            )
        if self.stale:
            found.append(
                f"products.feed: {counted(self.stale, 'file')} of hosts that are away; kept copies serve"
            )
        return tuple(found)

    def without(self, bad: Sequence[BadRow]) -> "FeedReport":
        """Return the report with rows that were taken first and turned out *bad*."""
        lines = {row.line for row in bad}
        told = sorted((*self.bad_rows, *bad), key=lambda row: row.line)[:BAD_TOLD_MAX]
        return self.model_copy(
            update={"taken": self.taken - len(lines), "bad": self.bad + len(lines), "bad_rows": tuple(told)}
        )
