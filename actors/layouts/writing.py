"""Blocks of text: in one piece, word by word, and on a plate of their own."""

import math
from itertools import pairwise

import skia

from actors.elements import Enter
from actors.layouts.contrast import readable_on
from actors.layouts.pieces import Block, Piece, Rect, Scene, Told
from actors.lettering import Lettering, color_of
from schemas.errors import MediaError

_GROUPS = 6
"""A text comes in so many steps at most."""
_STEP = 3
"""Frames between them."""
_COMES = 12


def written(
    scene: Scene,
    text: str,
    size: float,
    *,
    lines: int = 1,
    width: float = 0.0,
    heading: bool = False,
    enter: Enter = "fade",
    delay: int = 0,
    gap: float = 0.0,
) -> Block:
    """Return *text* as one piece, at *size* units on the picture."""
    letters = scene.set(text, scene.style(scene.color, heading=heading), size, width=width, lines=lines)
    piece = Piece(
        rect=Rect(0, 0, letters.width, letters.height),
        paint=lambda canvas: letters.paint(canvas, 0, 0),
        enter=enter,
        delay=delay,
        told=(told(letters, text, scene.color),),
    )
    return Block(letters.width, letters.height, (piece,), gap, letters.lines)


def word_by_word(
    scene: Scene,
    text: str,
    size: float,
    *,
    lines: int,
    width: float = 0.0,
    heading: bool = True,
    enter: Enter = "lift",
    delay: int = 0,
    gap: float = 0.0,
) -> Block:
    """Return *text* as pieces that come after each other in the order of reading, then rest as one."""
    letters = scene.set(text, scene.style(scene.color, heading=heading), size, width=width, lines=lines)
    groups = _groups(letters)
    settled = delay + _STEP * (len(groups) - 1) + _COMES
    pieces = [
        _group(letters, group, enter, delay + _STEP * n, settled - delay - _STEP * n)
        for n, group in enumerate(groups)
    ]
    rest = Piece(
        rect=Rect(0, 0, letters.width, letters.height),
        paint=lambda canvas: letters.paint(canvas, 0, 0),
        enter="cut",
        delay=settled,
        told=(told(letters, text, scene.color),),
    )
    return Block(letters.width, letters.height, (*pieces, rest), gap, letters.lines)


def plate(
    scene: Scene,
    text: str,
    size: float,
    fill: str,
    *,
    pad: tuple[float, float],
    lines: int = 1,
    width: float = 0.0,
    round_by: float = 0.5,
    enter: Enter = "pop",
    delay: int = 0,
    pulse: int = 0,
    shadow: bool = False,
    gap: float = 0.0,
) -> Block:
    """Return *text* on a plate of colour *fill* with rounded corners, *pad* units beside and above it.

    *round_by* is the corners' radius as a share of a line's height with its padding.
    """
    palette = scene.palette
    color = readable_on(fill, palette.background, palette.text, palette.primary)
    letters, side = _on_plate(scene, text, size, color, pad[0] * scene.unit, width, lines)
    lid = pad[1] * scene.unit
    radius = round_by * (letters.height / letters.lines + 2 * lid)
    side = max(side, _lost_to_corner(radius, lid))
    rect = Rect(0, 0, letters.width + 2 * side, letters.height + 2 * lid)
    paint = filled(fill, shadow=scene.unit if shadow else 0.0)

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawRoundRect(skia.Rect(*rect), radius, radius, paint)
        letters.paint(canvas, side, lid)

    known = told(letters, text, color, surface=fill, x=side, y=lid)
    piece = Piece(rect=rect, paint=draw, enter=enter, delay=delay, pulse=pulse, told=(known,))
    return Block(rect.right, rect.bottom, (piece,), gap)


def _on_plate(
    scene: Scene, text: str, size: float, color: str, pad: float, width: float, lines: int
) -> tuple[Lettering, float]:
    """Return *text* set on a plate, and the padding beside it.

    A long text takes some of that, or one line more.
    """
    style, wide = scene.style(color, align="center"), width or scene.room.width
    for side in (pad, 0.7 * pad, 0.4 * pad):
        try:
            return scene.set(text, style, size, width=wide - 2 * side, lines=lines), side
        except MediaError:
            continue
    return scene.set(text, style, size, width=wide - 0.8 * pad, lines=lines + 1), 0.4 * pad


def _lost_to_corner(radius: float, depth: float) -> float:
    """Return how far a round corner of *radius* reaches into a plate, *depth* below its edge."""
    return radius - math.sqrt(max(0.0, radius**2 - max(0.0, radius - depth) ** 2))


def told(
    letters: Lettering, text: str, color: str, *, surface: str = "", x: float = 0.0, y: float = 0.0
) -> Told:
    """Return what can be read in *letters* painted at (*x*, *y*)."""
    rect = Rect(x, y, x + letters.width, y + letters.height)
    return Told(text=text, rect=rect, size=letters.size, color=color, surface=surface)


def filled(color: str, *, opacity: float = 1.0, shadow: float = 0.0) -> skia.Paint:
    """Return the paint of a flat shape; *shadow* is the unit by which a soft shadow below it is measured."""
    paint = skia.Paint(Color=color_of(color, opacity), AntiAlias=True)
    if shadow:
        soft = 0.010 * shadow
        paint.setImageFilter(
            skia.ImageFilters.DropShadow(0, 0.006 * shadow, soft, soft, skia.Color(0, 0, 0, 80))
        )
    return paint


def _groups(letters: Lettering) -> list[tuple[int, ...]]:
    """Return the words, by index, in as many groups as come one after the other."""
    count = len({box.word for box in letters.words})
    groups = min(count, _GROUPS)
    ends = [round(count * n / groups) for n in range(groups + 1)]
    return [tuple(range(first, last)) for first, last in pairwise(ends)]


def _group(letters: Lettering, group: tuple[int, ...], enter: Enter, delay: int, stay: int) -> Piece:
    boxes = [box for box in letters.words if box.word in group]
    hidden = {box.word: "" for box in letters.words if box.word not in group}
    return Piece(
        rect=Rect(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        ),
        paint=lambda canvas: letters.paint(canvas, 0, 0, colors=hidden),
        enter=enter,
        delay=delay,
        frames=_COMES,
        stay=stay,
    )
