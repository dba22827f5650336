"""Stands the blocks of a layout in a column that fits its room, and turns their pieces into elements."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from actors.elements import TRAVEL, Element
from actors.layouts.pieces import Block, Piece, Rect, Scene, height_of, whole
from actors.layouts.rooms import unit_of
from actors.sprites import even_box
from schemas.errors import MediaError
from schemas.layout import Box, PlacedText
from schemas.plan import Composition
from schemas.wording import shown

_SHRINK = 0.94
"""Each try at fitting the column makes it this much smaller."""
_TRIES = 22
_LEAVE_FRAMES = 5
_UNHURRIED = 60
"""Scenes of so many frames are written at full leisure."""

Layout = Callable[[Scene], list[Block]]
Anchor = Literal["top", "middle", "bottom"]


class Timing(NamedTuple):
    """When a scene is written on."""

    start: int
    """First frame."""
    end: int
    """Frame after the last."""
    leaves: bool = True
    """Whether what is written goes before the end."""

    def at(self, delay: int) -> int:
        """Return the frame that is *delay* frames after the start; a short scene is written more quickly."""
        pace = min(1.0, (self.end - self.start) / _UNHURRIED)
        return self.start + round(delay * pace)


def fitted(layout: Layout, scene: Scene, largest: float = 1.0) -> Scene:
    """Return *scene* at the largest scale, *largest* at most, at which *layout* fits its room.

    Raises MediaError.
    """
    refused: MediaError | None = None
    for attempt in range(_TRIES):
        smaller = replace(scene, scale=largest * _SHRINK**attempt)
        try:
            blocks = layout(smaller)
        except MediaError as error:
            refused = error
            continue
        if height_of(blocks) <= scene.room.height:
            return smaller
    where = "end card" if scene.cut.end_card else f"layout {scene.cut.layout}"
    room = f"{scene.room.width} x {scene.room.height} px"
    text = shown(scene.cut.caption)
    reason = refused or f"the text {text} with what stands below it does not fit; shorten it"
    raise MediaError(f"{where}, room of {room}: {reason}")


def placed(layout: Layout, scene: Scene, anchor: float) -> list[Piece]:
    """Return the pieces of *layout* in frame coordinates; *anchor* is the share of spare room above them."""
    blocks = layout(scene)
    y = scene.room.top + (scene.room.height - height_of(blocks)) * anchor
    pieces: list[Piece] = []
    for n, block in enumerate(blocks):
        y += block.gap if n else 0
        pieces += block.at(_x(scene, block.width), y)
        y += block.height
    return pieces


def elements_of(pieces: list[Piece], scene: Scene, timing: Timing) -> Iterator[Element]:
    """Yield what is drawn."""
    for piece in pieces:
        start = timing.at(piece.delay)
        end = min(timing.end, timing.at(piece.delay + piece.stay)) if piece.stay else timing.end
        if start < end:
            yield Element(
                box=_touched(piece, scene.composition),
                paint=piece.paint,
                start=start,
                end=end,
                enter=piece.enter,
                enter_frames=_arriving(piece, timing),
                leave_frames=0 if piece.stay or not timing.leaves else _LEAVE_FRAMES,
                rtl=scene.rtl,
                pulse=piece.pulse,
                pivot=_pivot(piece.rect, scene),
            )


def texts_of(pieces: list[Piece], timing: Timing) -> Iterator[PlacedText]:
    """Yield what can be read, from when it rests to when it goes."""
    end = timing.end - (_LEAVE_FRAMES if timing.leaves else 0)
    for piece in pieces:
        start = timing.at(piece.delay) + (0 if piece.enter == "cut" else _arriving(piece, timing))
        for told in piece.told:
            if start < end:
                yield PlacedText(
                    text=told.text,
                    box=outward(told.rect),
                    size_px=round(told.size, 1),
                    color=told.color,
                    start=start,
                    end=end,
                    surface=told.surface,
                )


def _arriving(piece: Piece, timing: Timing) -> int:
    """Return how many frames the piece takes to come."""
    return max(1, timing.at(piece.delay + piece.frames) - timing.at(piece.delay))


def extent(pieces: list[Piece], scene: Scene) -> Box:
    """Return the part of the room that is written on."""
    return outward(whole(pieces)).within(scene.room)


def outward(rect: Rect) -> Box:
    """Return the smallest box of whole pixels around *rect*."""
    return Box(
        left=int(rect.left), top=int(rect.top), right=-int(-rect.right // 1), bottom=-int(-rect.bottom // 1)
    )


def _x(scene: Scene, width: float) -> float:
    room = scene.room
    if scene.align == "center":
        return (room.left + room.right - width) / 2
    return room.right - width if scene.rtl else room.left


def _pivot(rect: Rect, scene: Scene) -> tuple[float, float]:
    """Return where a growing piece is held: at the margin that it stands at, so that it never leaves it."""
    x = (rect.left + rect.right) / 2
    if scene.align == "start":
        x = rect.right if scene.rtl else rect.left
    return x, (rect.top + rect.bottom) / 2


def _touched(piece: Piece, composition: Composition) -> Box:
    """Return the pixels that a piece may reach: letters overhang, shadows fall, what pops swells."""
    rect, unit = piece.rect, unit_of(composition)
    across, down = 0.012 * unit, 0.012 * unit
    if piece.enter in {"rise", "slide"}:
        across, down = across + TRAVEL * unit, down + TRAVEL * unit
    if piece.enter == "pop":
        across += 0.06 * (rect.right - rect.left) + 0.02 * unit
        down += 0.06 * (rect.bottom - rect.top) + 0.03 * unit
    return even_box(
        rect.left - across,
        rect.top - down,
        rect.right + across,
        rect.bottom + down,
        width=composition.width,
        height=composition.height,
    )
