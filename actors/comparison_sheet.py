"""Draws the comparison of models: a row a model, a column a scene, with what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import skia

from actors.contact_sheet import FAINT, INK, PAPER, draw_pictures, write
from actors.fonts import HEAVY, REGULAR, typeface_of

_HEIGHT, _HEIGHT_MIN = 250, 100
"""Of a picture, pixels."""
_WIDE_MAX = 4000
"""Pixels across for the pictures of a model; what takes more is drawn smaller."""
_GAP, _LINE, _TITLE, _LABEL, _FOOT = 18, 21, 60, 30, 16
_NAMES = 250
"""Width of the models' names and sums."""
_SUMS = 8
"""Lines for the name and the sums of a model at least."""
_CELL_MIN = 400
_PRODUCT = 104
"""Of the product's picture, pixels a side at most."""
_HOLE = skia.Color(232, 228, 222)
_LINES = 2
"""Of text under a cell's pictures."""
_REASON_LINES = 3
"""Of a reason that is told in place of pictures."""
_SMOOTH = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)


class Cell(NamedTuple):
    """One scene on one model."""

    video: Path | None
    """None where there is no clip."""
    moments: tuple[float, ...]
    """Seconds at which its pictures are taken."""
    lines: tuple[str, ...]
    """What is written under them, two lines at most; of a missing clip, the reason."""


class Row(NamedTuple):
    """One model."""

    name: str
    lines: tuple[str, ...]
    """Its sums."""
    cells: Mapping[str, Cell]
    """By scene; empty for a model that could not be tried."""
    reason: str
    """Why it could not."""


def draw_comparison(
    rows: Sequence[Row],
    scenes: Mapping[str, str],
    *,
    title: str,
    notes: Sequence[str],
    product: Path | None,
    to: Path,
) -> None:
    """Write a PNG with a row for each of *rows* and a column for each of *scenes*, headed by its words.

    *product* is the picture that the clips are held against; *notes* stand at the foot.
    """
    sheet = _Sheet(rows, scenes, product)
    wide = max(sheet.wide, sheet.left + int(_measured(title, 26, HEAVY)) + _GAP)
    high = sheet.top + sum(map(sheet.row_height, rows)) + len(notes) * _LINE + _FOOT
    surface = skia.Surface(wide, high)
    with surface as canvas:
        canvas.clear(PAPER)
        write(canvas, title, sheet.left, 42, 26, INK, HEAVY)
        sheet.draw_heads(canvas)
        y = sheet.top
        for row in rows:
            sheet.draw_row(canvas, row, y, wide)
            y += sheet.row_height(row)
        for n, note in enumerate(notes):
            write(canvas, note, _GAP, y + 14 + n * _LINE, 14, FAINT, REGULAR)
    to.parent.mkdir(parents=True, exist_ok=True)
    surface.makeImageSnapshot().save(str(to), skia.kPNG)


class _Sheet:
    """Where things stand on the sheet, and its pictures."""

    def __init__(self, rows: Sequence[Row], scenes: Mapping[str, str], product: Path | None) -> None:
        self.scenes = scenes
        self.height = _HEIGHT
        self.strips = self._strips(rows)
        if (across := self._across(rows)) > _WIDE_MAX:
            self.height = max(_HEIGHT_MIN, _HEIGHT * _WIDE_MAX // across)
            self.strips = self._strips(rows)
        self.widths = {scene: self._width(scene, rows) for scene in scenes}
        self.wide = _GAP + _NAMES + sum(width + _GAP for width in self.widths.values())
        self.product = _picture(product) if product else None
        self.left = _GAP + (self.product.width() + _GAP if self.product else 0)
        self.top = _TITLE + _LABEL + 2 * _LINE

    def row_height(self, row: Row) -> int:
        """Return how much room *row* takes."""
        if not row.cells:
            return (_REASON_LINES + 1) * _LINE + _GAP
        return max(self.height + (_LINES + 1) * _LINE, _SUMS * _LINE) + _GAP

    def draw_heads(self, canvas: skia.Canvas) -> None:
        """Draw the product into the corner, and the scenes' names and words."""
        if self.product:
            canvas.drawImage(self.product, _GAP, (self.top - self.product.height()) // 2)
        x = _GAP + _NAMES
        for scene, width in self.widths.items():
            write(canvas, scene, x, self.top - 12 - _LINE, 18, INK, HEAVY)
            write(canvas, _cut(self.scenes[scene], width), x, self.top - 12, 14, FAINT, REGULAR)
            x += width + _GAP

    def draw_row(self, canvas: skia.Canvas, row: Row, y: int, wide: int) -> None:
        """Draw a model: name and sums, then its scenes."""
        canvas.drawLine(_GAP, y, wide - _GAP, y, skia.Paint(Color=_HOLE, StrokeWidth=2))
        write(canvas, row.name, _GAP, y + 30, 19, INK, HEAVY)
        for n, line in enumerate(row.lines):
            write(canvas, line, _GAP, y + 56 + n * _LINE, 15, FAINT, REGULAR)
        x = _GAP + _NAMES
        if row.reason:
            _write_folded(canvas, row.reason, x, y + 28, wide - x - _GAP)
        for scene, width in self.widths.items():
            if scene in row.cells:
                self._draw_cell(
                    canvas, row.cells[scene], self.strips.get((row.name, scene)), x, y + 12, width
                )
            x += width + _GAP

    def _draw_cell(
        self, canvas: skia.Canvas, cell: Cell, strip: skia.Image | None, x: int, y: int, width: int
    ) -> None:
        if strip is None:
            canvas.drawRect(skia.Rect.MakeXYWH(x, y, width, self.height), skia.Paint(Color=_HOLE))
            _write_folded(canvas, " ".join(cell.lines), x + 12, y + 28, width - 24)
            return
        canvas.drawImage(strip, x, y)
        for n, line in enumerate(cell.lines):
            write(canvas, line, x, y + self.height + (n + 1) * _LINE - 2, 14, INK, REGULAR)

    def _strips(self, rows: Sequence[Row]) -> dict[tuple[str, str], skia.Image]:
        return {
            (row.name, scene): draw_pictures(cell.video, cell.moments, self.height)
            for row in rows
            for scene, cell in row.cells.items()
            if cell.video
        }

    def _across(self, rows: Sequence[Row]) -> int:
        """Return the width of all pictures of the widest row."""
        sums = dict.fromkeys((row.name for row in rows), 0)
        for (name, _), strip in self.strips.items():
            sums[name] += strip.width()
        return max(sums.values(), default=0)

    def _width(self, scene: str, rows: Sequence[Row]) -> int:
        """Return the width of the column of *scene*."""
        cells = [row.cells[scene] for row in rows if (row.name, scene) in self.strips]
        texts = [_measured(line, 14, REGULAR) for cell in cells for line in cell.lines]
        pictures = [strip.width() for (_, shown), strip in self.strips.items() if shown == scene]
        return int(max([_CELL_MIN, *texts, *pictures])) + 1


def _picture(path: Path) -> skia.Image:
    """Return the product's picture, as large as the corner has room for."""
    picture = skia.Image.open(str(path))
    scale = _PRODUCT / max(picture.width(), picture.height())
    return picture.resize(
        max(1, int(picture.width() * scale)), max(1, int(picture.height() * scale)), _SMOOTH
    )


def _write_folded(canvas: skia.Canvas, text: str, x: int, y: int, width: int) -> None:
    """Write *text* in a few lines; what has no room there is cut off."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _measured(longer, 15, REGULAR) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > _REASON_LINES:
        lines[_REASON_LINES - 1] = f"{lines[_REASON_LINES - 1]} …"
    for n, line in enumerate(lines[:_REASON_LINES]):
        write(canvas, line, x, y + n * _LINE, 15, FAINT, REGULAR)


def _cut(text: str, width: int) -> str:
    """Return as much of *text* as has room on a line."""
    if _measured(text, 14, REGULAR) <= width:
        return text
    while text and _measured(f"{text}…", 14, REGULAR) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _measured(text: str, size: int, weight: int) -> float:
    return float(skia.Font(typeface_of("Noto Sans", weight), size).measureText(text))
