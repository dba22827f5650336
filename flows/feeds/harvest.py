"""Reads a feed: selects, orders and checks its rows, and looks at the pictures of those that are taken."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from flows.feeds.items import Items
from flows.feeds.lines import FeedFile
from flows.feeds.products import FORMATS, GOOGLE, PLAIN, Needs, Reader, bad_row, format_of
from flows.feeds.report import BAD_TOLD_MAX, BadRow, FeedReport
from flows.feeds.rows import Row
from flows.feeds.selecting import OrderKey, Selection
from flows.feeds.tables import Table
from schemas.brief import Feed
from schemas.errors import MediaError

_THREADS = 8
"""Pictures looked at side by side: decoding leaves Python's lock, and a host far away is waited for."""
_AHEAD = 64
"""Products whose pictures are looked at together."""

LookAt = Callable[[str], MediaError | None]
"""Looks at the picture of this name; returns what is wrong with it."""


class Candidate(NamedTuple):
    """A row that is selected and good, as far as its words go."""

    line: int
    product: dict[str, Any]
    group: str
    order: OrderKey


class Harvest(NamedTuple):
    """The products of a feed, as a brief would write them."""

    products: list[dict[str, Any]]
    lines: list[int]
    """Where each row begins."""
    report: FeedReport


class Limits(NamedTuple):
    """How much of a feed is read."""

    rows: int
    bytes: int


class Harvester:
    """Reads one feed, row by row."""

    def __init__(self, feed: Feed, needs: Needs, limits: Limits) -> None:
        self._feed = feed
        self._needs = needs
        self._limits = limits
        self._selection = Selection(feed)
        self._bad: list[BadRow] = []
        self._bad_lines: set[int] = set()
        self._first: dict[str, int] = {}
        """Lines of the ids that stood already."""
        self._rows = self._left_out = self._grouped = self._over = 0
        self.reader = Reader(FORMATS.get(feed.format, GOOGLE), needs)

    def gather(self, path: Path, look_at: LookAt) -> Harvest:
        """Return the products of the feed at *path*. Raises MediaError where it cannot be read as a whole."""
        taken = [*self._with_pictures(self._ordered(self.candidates(path)), look_at)]
        self._bad.sort(key=lambda row: row.line)
        report = FeedReport(
            path=self._feed.path,
            format=self.reader.form.name,
            rows=self._rows,
            taken=len(taken),
            left_out=self._left_out,
            grouped=self._grouped,
            over_limit=self._over,
            bad=len(self._bad_lines),
            bad_rows=tuple(self._bad[:BAD_TOLD_MAX]),
            more_pictures=self.reader.more_pictures,
        )
        return Harvest([one.product for one in taken], [one.line for one in taken], report)

    def candidates(self, path: Path) -> Iterator[Candidate]:
        """Yield the rows that are selected, and good without a look at their pictures."""
        with FeedFile(path, self._limits.bytes) as file:
            if file.is_xml():
                yield from self._of_items(Items(file.pieces()))
            else:
                table = Table(file.lines())
                self._selection.refuse_unknown(table.columns)
                self.reader.form = format_of(self._feed.format, table.columns)
                yield from self._of_rows(table.rows())

    def _of_items(self, items: Items) -> Iterator[Candidate]:
        if self.reader.form is PLAIN:
            raise MediaError("is XML, and format: csv is a table; write google_merchant_center, or auto")
        yield from self._of_rows(items.rows())
        if not items.columns:
            raise MediaError("has no item and no entry; give an RSS or Atom feed of products")
        self._selection.refuse_unknown(items.columns)

    def _of_rows(self, rows: Iterable[Row]) -> Iterator[Candidate]:
        for row in rows:
            self._rows += 1
            if self._rows > self._limits.rows:
                limit = f"{self._limits.rows:,}"
                raise MediaError(f"has more than {limit} rows; split it, or raise REELMILL_FEED_ROWS")
            if (found := self._candidate(row)) is not None:
                yield found

    def _candidate(self, row: Row) -> Candidate | None:
        """Return what *row* offers; None where it is left out or bad, which is noted."""
        faults = self._faults(row)
        if not faults and not self._selection.takes(row.values):
            self._left_out += 1
            return None
        found = faults or self._double(row) or self.reader.product(row)
        if isinstance(found, list):
            self._refuse(found)
            return None
        values, choose = row.values, self._selection
        return Candidate(row.line, found, choose.group(values), choose.order_key(values))

    def _faults(self, row: Row) -> list[BadRow]:
        """Return why nobody can say whether *row* is selected."""
        if row.fault:
            what, _, cure = row.fault.rpartition("; ")
            return [bad_row(row, "", what, cure)]
        return [
            bad_row(row, column, *str(error).rpartition("; ")[::2])
            for column, error in self._selection.unclear(row.values)
        ]

    def _double(self, row: Row) -> list[BadRow]:
        name = row.values.get("id", "")
        first = self._first.setdefault(name, row.line) if name else row.line
        if first == row.line:
            return []
        return [bad_row(row, "id", f"stands already in line {first}", "give each product its own")]

    def _refuse(self, faults: list[BadRow]) -> None:
        self._bad_lines.add(faults[0].line)
        if len(self._bad) < BAD_TOLD_MAX:
            self._bad += faults

    def _ordered(self, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
        if not self._selection.orders:
            return candidates
        return iter(self._selection.ordered([*candidates], key=lambda one: one.order))

    def _with_pictures(self, candidates: Iterator[Candidate], look_at: LookAt) -> Iterator[Candidate]:
        """Yield those whose pictures are good, one a group, until the limit is reached."""
        groups: set[str] = set()
        taken, limit = 0, self._feed.limit or self._limits.rows
        with ThreadPoolExecutor(_THREADS) as threads:
            while taken < limit and (some := [*islice(candidates, min(_AHEAD, limit - taken))]):
                new = [one for one in some if one.group not in groups]
                names = dict.fromkeys(name for one in new for name in one.product["images"])
                looks = {name: threads.submit(look_at, name) for name in names}
                found = {name: look.result() for name, look in looks.items()}
                for one in some:
                    if one.group in groups:
                        self._grouped += 1
                    elif self._pictured(one, found):
                        groups |= {one.group} if one.group else set()
                        taken += 1
                        yield one
        for one in candidates:
            self._grouped += one.group in groups
            self._over += one.group not in groups

    def _pictured(self, one: Candidate, found: Mapping[str, MediaError | None]) -> bool:
        """Tell whether the pictures of *one* are good; what is wrong with them is noted."""
        faults = []
        for n, name in enumerate(one.product["images"]):
            if (error := found[name]) is not None:
                what, _, cure = str(error).rpartition("; ")
                faults.append(self.reader.fault(one.line, one.product, f"images[{n}]", (what, cure)))
        if faults:
            self._refuse(faults)
        return not faults
