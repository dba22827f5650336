"""The values that layouts are made of: pieces that move by themselves, and blocks that stand in a column."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import skia

from actors.elements import Enter
from actors.fonts import HEAVY, PACKAGED, REGULAR, Faces
from actors.layouts.rooms import SIZE_MIN, unit_of
from actors.lettering import Align, Lettering, Style, is_rtl, set_text
from schemas.brief import Palette
from schemas.layout import Box
from schemas.plan import Composition, Cut

Paint = Callable[[skia.Canvas], None]


class Rect(NamedTuple):
    """A rectangle in fractions of pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, dx: float, dy: float) -> "Rect":
        """Return it elsewhere."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


@dataclass(frozen=True)
class Told:
    """A text that can be read in a piece."""

    text: str
    rect: Rect
    size: float
    """Em, pixels."""
    color: str
    surface: str = ""
    """Colour of its own plate, empty on the picture."""


@dataclass(frozen=True)
class Piece:
    """Something that comes, stands and goes by itself."""

    rect: Rect
    paint: Paint
    enter: Enter = "fade"
    delay: int = 0
    """Frames after its scene begins to write."""
    frames: int = 10
    """How long it takes to come."""
    stay: int = 0
    """Frames until it makes room for another piece, without a way out; 0 for the whole scene."""
    pulse: int = 0
    told: tuple[Told, ...] = ()

    def moved(self, dx: float, dy: float) -> "Piece":
        """Return it elsewhere."""

        def paint(canvas: skia.Canvas) -> None:
            canvas.translate(dx, dy)
            self.paint(canvas)

        told = tuple(replace(one, rect=one.rect.moved(dx, dy)) for one in self.told)
        return replace(self, rect=self.rect.moved(dx, dy), paint=paint, told=told)


@dataclass(frozen=True)
class Block:
    """One row of a column; its pieces are placed from its top left corner."""

    width: float
    height: float
    pieces: tuple[Piece, ...]
    gap: float = 0.0
    """Space above, where it is not the first."""
    lines: int = 1
    """Of text."""

    def at(self, x: float, y: float) -> Iterable[Piece]:
        """Yield its pieces with the block's corner at a point."""
        return (piece.moved(x, y) for piece in self.pieces)


@dataclass(frozen=True)
class Scene:
    """What a layout is given to write one cut."""

    composition: Composition
    number: int
    """Of the cut, from 0."""
    room: Box
    color: str
    """Of text on the picture."""
    align: Align
    scale: float = 1.0
    """Everything is so much smaller, that it fits."""
    faces: Faces = PACKAGED

    @property
    def cut(self) -> Cut:
        """The cut."""
        return self.composition.cuts[self.number]

    @property
    def palette(self) -> Palette:
        """The brand's colours."""
        return self.composition.kit.palette

    @property
    def unit(self) -> float:
        """The frame's shorter side, made smaller."""
        return unit_of(self.composition) * self.scale

    @property
    def rtl(self) -> bool:
        """Whether reading begins on the right."""
        return is_rtl(self.composition.locale)

    def style(self, color: str, *, heading: bool = True, align: Align | None = None) -> Style:
        """Return how headings, or body text, are set."""
        kit = self.composition.kit
        family, weight = (kit.heading, HEAVY) if heading else (kit.body, REGULAR)
        return Style(family=family, weight=weight, color=color, align=align or self.align)

    def set(self, text: str, style: Style, size: float, *, width: float = 0.0, lines: int = 1) -> Lettering:
        """Set *text* at *size* units, or as much smaller as the room, or *width* pixels of it, asks for."""
        least = SIZE_MIN * unit_of(self.composition)
        return set_text(
            text,
            style,
            self.composition.locale,
            width=width or self.room.width,
            height=self.room.height,
            size_max=max(size * self.unit, least),
            size_min=least,
            lines_max=lines,
            faces=self.faces,
        )

    def ahead(self, total: float, x: float, width: float) -> float:
        """Return the left edge of what begins *x* pixels after a row of *total* pixels does."""
        return total - x - width if self.rtl else x


def height_of(blocks: Sequence[Block]) -> float:
    """Return how high a column of *blocks* is."""
    return sum(block.height for block in blocks) + sum(block.gap for block in blocks[1:])


def whole(block_pieces: Iterable[Piece]) -> Rect:
    """Return the rectangle around all pieces."""
    rects = [piece.rect for piece in block_pieces]
    return Rect(
        min(rect.left for rect in rects),
        min(rect.top for rect in rects),
        max(rect.right for rect in rects),
        max(rect.bottom for rect in rects),
    )
