"""The price as a badge, with the old one struck out and the discount as a pill beside it."""

from collections.abc import Iterator
from dataclasses import replace

from actors.layouts.contrast import contrast
from actors.layouts.pieces import Block, Piece, Rect, Scene
from actors.layouts.writing import filled, plate, written
from schemas.brief import Palette

_APART = 1.6
"""Least contrast between plates that must not run together."""


def price_row(
    scene: Scene, size: float, fill: str, *, delay: int = 0, gap: float = 0.0, last: Block | None = None
) -> Block:
    """Return the badge at *size* units on *fill*; the old price and the discount stand at its end, stacked.

    With a *last* block both stand side by side, above it. In a room too narrow for that everything stands
    below the badge.
    """
    badge = plate(
        scene,
        scene.composition.price,
        size,
        fill,
        pad=(0.30 * size, 0.10 * size),
        round_by=0.28,
        delay=delay,
        shadow=True,
    )
    parts = list(_beside(scene, size, fill, delay + 6))
    space = 0.030 * scene.unit
    row = [replace(_in_row(scene, parts, 0.7 * space), gap=0.6 * space)] if parts else []
    after = [last] if last else []
    stack = [*row, *after] if last else parts
    if not stack:
        return Block(badge.width, badge.height, badge.pieces, gap)
    beside = _stacked(scene, stack)
    if badge.width + space + beside.width <= scene.room.width:
        return replace(_in_row(scene, [badge, beside], space), gap=gap)
    return replace(_stacked(scene, [badge, *row, *after]), gap=gap)


def _beside(scene: Scene, size: float, fill: str, delay: int) -> Iterator[Block]:
    """Yield the old price and the discount, as far as there are any."""
    if scene.composition.old_price:
        yield _struck(scene, 0.42 * size, delay)
    if scene.composition.discount:
        color = pill_color(scene.palette, fill)
        pad, above = (0.16 * size, 0.05 * size), 0.010 * scene.unit
        width = 0.5 * scene.room.width
        yield plate(
            scene,
            scene.composition.discount,
            0.38 * size,
            color,
            pad=pad,
            width=width,
            delay=delay + 8,
            gap=above,
        )


def _stacked(scene: Scene, parts: list[Block]) -> Block:
    """Return *parts* below each other, flush where reading begins."""
    width, y = max(part.width for part in parts), 0.0
    pieces: list[Piece] = []
    for n, part in enumerate(parts):
        y += part.gap if n else 0
        x = (width - part.width) / 2 if scene.align == "center" else scene.ahead(width, 0, part.width)
        pieces += part.at(x, y)
        y += part.height
    return Block(width, y, tuple(pieces))


def _in_row(scene: Scene, parts: list[Block], space: float) -> Block:
    """Return *parts* beside each other in the order of reading, their middles level."""
    total = sum(part.width for part in parts) + space * (len(parts) - 1)
    height, x = max(part.height for part in parts), 0.0
    pieces: list[Piece] = []
    for part in parts:
        pieces += part.at(scene.ahead(total, x, part.width), (height - part.height) / 2)
        x += part.width + space
    return Block(total, height, tuple(pieces))


def _struck(scene: Scene, size: float, delay: int) -> Block:
    """Return the old price, through which a line of its colour is drawn once it is there."""
    text = written(scene, scene.composition.old_price, size, width=0.5 * scene.room.width, delay=delay)
    em = text.pieces[0].told[0].size
    thick = max(3.0, em * 0.08)
    middle, tilt, over = text.height * 0.53, em * 0.07, em * 0.08
    stroke = filled(scene.color)
    stroke.setStrokeWidth(thick)
    stroke.setStrokeCap(stroke.kRound_Cap)
    line = Piece(
        rect=Rect(0, middle - tilt - thick, text.width, middle + tilt + thick),
        paint=lambda canvas: canvas.drawLine(
            thick - over, middle + tilt, text.width - thick + over, middle - tilt, stroke
        ),
        enter="wipe",
        delay=delay + 8,
        frames=12,
    )
    return Block(text.width, text.height, (*text.pieces, line))


def pill_color(palette: Palette, fill: str) -> str:
    """Return the brand's colour for a pill beside a plate of colour *fill*: apart from it and the veil."""
    choices = (palette.accent, palette.background, palette.text, "#FFFFFF", "#000000")
    apart = (
        color
        for color in choices
        if color != fill and min(contrast(color, fill), contrast(color, palette.primary)) >= _APART
    )
    return next(apart, palette.background)
