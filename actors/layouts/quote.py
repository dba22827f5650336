"""What a customer says: a large quotation mark, the words in the body font, and who says them."""

import skia

from actors.layouts.pieces import Block, Piece, Rect, Scene
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import beside, quotation_mark
from actors.layouts.writing import filled, word_by_word, written
from schemas.layout import Shape

_SIZES: dict[Shape, float] = {"story": 0.092, "tall": 0.090, "square": 0.080, "wide": 0.084}
_LINES: dict[Shape, int] = {"story": 8, "tall": 7, "square": 6, "wide": 8}


def quote(scene: Scene) -> list[Block]:
    """Return the quotation beside its mark, and the note as its author."""
    if not scene.cut.caption:
        return []
    form = shape(scene.composition)
    side, space = 0.095 * scene.unit, GAP * scene.unit
    width = scene.room.width - side - space
    text = word_by_word(
        scene,
        scene.cut.caption,
        _SIZES[form],
        lines=_LINES[form],
        width=width,
        heading=False,
        enter="rise",
        delay=3,
    )
    said = beside(scene, quotation_mark(scene, side), text, space=space, first_line=0.0)
    if not scene.cut.note:
        return [said]
    return [said, _author(scene, side + space, gap=0.8 * GAP * scene.unit)]


def _author(scene: Scene, indent: float, gap: float) -> Block:
    """Return a short line and the author's name, below the quotation's first letter."""
    dash = 0.045 * scene.unit
    space = 0.028 * scene.unit
    width = scene.room.width - indent - dash - space
    name = written(scene, scene.cut.note, 0.044, lines=2, width=width, heading=True, enter="slide", delay=16)
    total = indent + dash + space + name.width
    x, thick = scene.ahead(total, indent, dash), 0.006 * scene.unit
    middle = name.height / name.lines / 2
    rect = Rect(x, middle - thick / 2, x + dash, middle + thick / 2)
    paint = filled(scene.palette.accent)
    line = Piece(
        rect=rect,
        paint=lambda canvas: canvas.drawRect(skia.Rect(*rect), paint),
        enter="wipe",
        delay=14,
    )
    named = name.at(scene.ahead(total, total - name.width, name.width), 0)
    return Block(total, name.height, (line, *named), gap)
