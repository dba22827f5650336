"""Writes sheets: CSV files whose cells no spreadsheet takes for formulas, a new one where one is full."""

import csv
import unicodedata
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula, also in full width (OWASP, CSV injection); tab and carriage return are removed."""
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\ufeff")


def neutral(text: str) -> str:
    """Return *text* as a cell that stays text: on one line, without control characters, no formula."""
    line = "".join(" " if char in "\t\r\n" else char for char in text)
    seen = (char for char in line if unicodedata.category(char) not in _UNSEEN and char not in _TURNING)
    cell = " ".join("".join(seen).split())
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


class SheetWriter:
    """Writes rows under *heads* into ``<name>.csv`` in *folder*, then ``<name>-2.csv``, each of *rows_max*.

    A context manager; without a row there is no file, unless *always*.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        heads: Sequence[str],
        *,
        rows_max: int = 50_000,
        marked: bool = True,
        always: bool = False,
    ) -> None:
        self.paths: list[Path] = []
        self._folder, self._name, self._heads = folder, name, heads
        self._rows_max, self._marked, self._always = rows_max, marked, always
        self._rows = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._always:
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        if not self.paths or self._rows == self._rows_max:
            self._open()
        self._rows += 1
        self._put(cells)

    def _open(self) -> None:
        self._stack.close()
        number = f"-{len(self.paths) + 1}" if self.paths else ""
        path = self._folder / f"{self._name}{number}.csv"
        encoding = "utf-8-sig" if self._marked else "utf-8"
        self._sheet = csv.writer(self._stack.enter_context(path.open("w", encoding=encoding, newline="")))
        self.paths.append(path)
        self._rows = 0
        self._put(self._heads)

    def _put(self, cells: Sequence[str]) -> None:
        self._sheet.writerow([neutral(cell) for cell in cells])
