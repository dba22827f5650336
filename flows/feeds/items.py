"""Reads XML feeds, RSS 2.0 and Atom 1.0, with Google's elements (``g:``, http://base.google.com/ns/1.0)."""

from collections.abc import Iterator
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from flows.feeds.rows import CELL_MAX, COLUMNS_MAX, Row
from schemas.errors import MediaError

_GOOGLE = "http://base.google.com/ns/1.0"
_DEPTH_MAX = 32
_ITEMS = frozenset({"item", "entry"})
_MORE_PICTURES = "additional_image_link"


class Items:
    """The rows of an XML feed, one an ``item`` or ``entry``; no tree is built, and no entity is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.columns: list[str] = []
        """Those that any item had so far."""
        self._pieces = pieces
        self._path: list[str] = []
        self._item: _Item | None = None
        self._ready: list[Row] = []
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def rows(self) -> Iterator[Row]:
        """Yield the items. Raises MediaError for broken XML: what came after would be missing unseen."""
        known: set[str] = set()
        for piece in self._all_pieces():
            self._parse(piece)
            for row in self._ready:
                self.columns += [name for name in row.values if name not in known]
                known.update(row.values)
                yield row
            self._ready.clear()

    def _all_pieces(self) -> Iterator[bytes]:
        yield from self._pieces
        yield b""

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.Parse(piece, not piece)
        except (ExpatError, LookupError, ValueError) as error:
            line = getattr(error, "lineno", self._parser.CurrentLineNumber)
            raise MediaError(f"is broken XML in line {line}, {error}; write the feed again") from error

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._path.append(local)
        if len(self._path) > _DEPTH_MAX:
            raise MediaError(f"is nested more than {_DEPTH_MAX} deep; a feed needs about 5")
        if self._item is None:
            if local in _ITEMS and space != _GOOGLE:
                self._item = _Item(self._parser.CurrentLineNumber, len(self._path))
        elif len(self._path) == self._item.depth + 1:
            self._item.begin(local, attributes.get("href", ""), google=space == _GOOGLE)

    def _text(self, text: str) -> None:
        if self._item is not None and len(self._path) == self._item.depth + 1:
            self._item.add(text)

    def _end(self, _name: str) -> None:
        if self._item is not None and len(self._path) == self._item.depth + 1:
            self._item.end()
        elif self._item is not None and len(self._path) == self._item.depth:
            self._ready.append(self._item.row())
            self._item = None
        self._path.pop()


class _Item:
    """An item while it is read."""

    def __init__(self, line: int, depth: int) -> None:
        self.line, self.depth = line, depth
        self._values: dict[str, str] = {}
        self._of_google: set[str] = set()
        self._pictures: list[str] = []
        self._fault = ""
        self._name, self._google, self._parts, self._length = "", False, [""], 0

    def begin(self, name: str, text: str, *, google: bool) -> None:
        self._name, self._google, self._parts, self._length = name.lower(), google, [text], len(text)

    def add(self, text: str) -> None:
        self._length += len(text)
        if self._length > CELL_MAX:
            self._fault = f"{self._name} has more than {CELL_MAX} characters; {CELL_MAX} are read at most"
        else:
            self._parts.append(text)

    def end(self) -> None:
        text = "".join(self._parts).strip()
        if self._name == _MORE_PICTURES:
            self._pictures.append(text)
        elif text and (self._google or self._name not in self._of_google):
            self._values[self._name] = text
        if self._google:
            self._of_google.add(self._name)
        if len(self._values) + len(self._pictures) > COLUMNS_MAX:
            raise MediaError(
                f"has an item of more than {COLUMNS_MAX} parts, in line {self.line}; write it again"
            )

    def row(self) -> Row:
        return Row(self.line, self._values, tuple(filter(None, self._pictures)), self._fault)


def _refuse_doctype(*_: Any) -> None:  # noqa: ANN401 (expat's)
    raise MediaError("has a DOCTYPE, which no feed needs; take it out")
