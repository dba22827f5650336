"""Reads TSV and CSV (RFC 4180, with tab, comma, semicolon or bar between the values)."""

import csv
from collections import deque
from collections.abc import Iterator

from flows.feeds.rows import CELL_MAX, COLUMNS_MAX, Row, column_name
from schemas.errors import MediaError
from schemas.wording import shown

_DELIMITERS = "\t,;|"
_LINES_MAX = 40
"""Lines of one row: a quote that opens and does not close must not swallow the rest of the feed."""
_NOT_CLOSED = "a quote is opened and not closed; close it, or write it twice"


class Table:
    """The rows of a table; *columns* are known before the first of them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._ahead: deque[str] = deque()
        self._line = 0
        head = self._next()
        while head is not None and not head.strip():
            head = self._next()
        if head is None:
            raise MediaError("is empty; give a line with the names of the columns, then the products")
        self._delimiter = max(_DELIMITERS, key=head.count)
        self.columns = _columns(head, self._delimiter)

    def rows(self) -> Iterator[Row]:
        """Yield the rows; a broken one has its fault, and the next begins on the line after it."""
        csv.field_size_limit(10 * CELL_MAX)
        while (line := self._next()) is not None:
            if line.strip():
                yield self._row(self._line, line)

    def _row(self, number: int, line: str) -> Row:
        cells, taken = self._cells(line)
        fault = _NOT_CLOSED if cells is None else self._fault(cells)
        if fault:
            self._ahead.extendleft(reversed(taken))
            self._line = number
        return Row(number, {} if cells is None else self._named(cells), fault=fault)

    def _cells(self, line: str) -> tuple[list[str] | None, list[str]]:
        """Return the values of the row that begins with *line*, and the further lines that it took."""
        taken: list[str] = []
        while True:
            try:
                if '"' not in line and not taken:
                    return line.rstrip("\r\n").split(self._delimiter), taken
                return next(csv.reader([line, *taken], delimiter=self._delimiter, strict=True)), taken
            except csv.Error as error:
                more = self._next() if "unexpected end" in str(error) and len(taken) < _LINES_MAX else None
                if more is None:
                    return None, taken
                taken.append(more)

    def _named(self, cells: list[str]) -> dict[str, str]:
        pairs = zip(self.columns, cells, strict=False)
        return {name: value.strip() for name, value in pairs if value.strip()}

    def _fault(self, cells: list[str]) -> str:
        if len(cells) > len(self.columns) and any(cell.strip() for cell in cells[len(self.columns) :]):
            what = f"the row has {len(cells)} values for {len(self.columns)} columns"
            return f"{what}; put values that hold {shown(self._delimiter)} into quotes"
        for name, cell in zip(self.columns, cells, strict=False):
            if len(cell) > CELL_MAX:
                return f"{name} has {len(cell)} characters; {CELL_MAX} are read at most"
        return ""

    def _next(self) -> str | None:
        line = self._ahead.popleft() if self._ahead else next(self._lines, None)
        self._line += line is not None
        return line


def _columns(head: str, delimiter: str) -> list[str]:
    if not head.count(delimiter):
        raise MediaError(
            f"begins with {shown(head.strip())}, no names of columns; separate them by tabs or commas"
        )
    try:
        names = [column_name(name) for name in next(csv.reader([head], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise MediaError("has a broken first line; give the names of the columns there") from error
    if len(names) > COLUMNS_MAX:
        raise MediaError(f"has {len(names)} columns; {COLUMNS_MAX} are read at most")
    for name in names:
        if name and names.count(name) > 1:
            raise MediaError(f"has the column {shown(name)} twice; keep one of them")
    return names
