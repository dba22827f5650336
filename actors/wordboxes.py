"""Finds where words lie in a paragraph: skia says it only by drawing, so marks are drawn and read back."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import skia

_MARK = re.compile(
    r'<rect fill="#01(?P<word>[0-9A-F]{4})"(?: transform="translate\((?P<across>\S+) (?P<down>\S+)\)")?'
    r'(?: x="(?P<x>[^"]+)")?(?: y="(?P<y>[^"]+)")? width="(?P<width>[^"]+)"'
)
"""A line across a word, as skia 144 writes it as SVG; its colour is the word's number."""
_FAR = 100_000.0
_TOUCH = 0.5


class WordBox(NamedTuple):
    """Where a word lies, in pixels; a word that a line break or another direction parts has several."""

    word: int
    text: str
    left: float
    """The edges of its advance: letters may reach a little beyond."""
    top: float
    """The line's, like *bottom*."""
    right: float
    bottom: float
    line: int

    def moved(self, x: float, y: float) -> "WordBox":
        """Return the box moved by *x* and *y*."""
        return self._replace(
            left=self.left + x, right=self.right + x, top=self.top + y, bottom=self.bottom + y
        )


def mark_color(word: int) -> int:
    """Return the colour of the mark of the word with this number."""
    return int(skia.Color(1, word >> 8, word & 0xFF))


def find_boxes(
    marked: skia.textlayout.Paragraph, texts: Sequence[str], line_height: float
) -> tuple[WordBox, ...]:
    """Return the boxes of the words *texts* of a paragraph whose pieces carry their `mark_color`."""
    parts: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for match in _MARK.finditer(_svg(marked)):
        left = float(match["across"] or 0) + float(match["x"] or 0)
        line = int((float(match["down"] or 0) + float(match["y"] or 0)) // line_height)
        parts.setdefault((int(match["word"], 16), line), []).append((left, left + float(match["width"])))
    return tuple(
        WordBox(word, texts[word], left, line * line_height, right, (line + 1) * line_height, line)
        for word, line in sorted(parts)
        for left, right in _merged(parts[word, line])
    )


def _merged(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return *parts* from left to right, those that touch as one."""
    found: list[tuple[float, float]] = []
    for left, right in sorted(parts):
        if found and left <= found[-1][1] + _TOUCH:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def _svg(drawn: skia.textlayout.Paragraph) -> str:
    stream = skia.DynamicMemoryWStream()
    canvas = skia.SVGCanvas.Make(skia.Rect.MakeLTRB(-_FAR, -_FAR, _FAR, _FAR), stream)
    drawn.paint(canvas, 0, 0)
    del canvas  # what it buffers is written when it goes
    return bytes(stream.detachAsData()).decode()
