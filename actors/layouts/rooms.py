"""Where the parts of an ad's writing stand, by the frame's shape: in the safe zone, beside the subject."""

from typing import NamedTuple

from schemas.layout import Box, Shape, shape_of, text_box
from schemas.plan import Composition

SIZE_MIN = 0.032
"""Least size of any text, as a share of the shorter side (the house rule is 3 %)."""
GAP = 0.026
"""Between the parts, as a share of the shorter side."""
_STRIP = 0.185
"""Height of the strip that captions have, as a share of the shorter side."""


class Rooms(NamedTuple):
    """Where text goes while scenes run."""

    head: Box
    """Captions of the scenes, beside the subject."""
    whole: Box
    """Captions over the whole picture."""
    strip: Box
    """The words of the voice, at the lower edge."""


def unit_of(composition: Composition) -> int:
    """Return the frame's shorter side, by which all else is measured."""
    return min(composition.width, composition.height)


def shape(composition: Composition) -> Shape:
    """Return the family of the frame's ratio."""
    return shape_of(composition.width, composition.height)


def rooms_of(composition: Composition, logo: int, *, speaking: bool) -> Rooms:
    """Return the rooms below a *logo* of that many pixels, 0 for none; *speaking* keeps the strip free."""
    safe, unit = composition.safe, unit_of(composition)
    room = text_box(composition.width, composition.height, end_card=False).within(safe)
    gap = round(unit * GAP)
    strip = Box(left=safe.left, top=safe.bottom - round(unit * _STRIP), right=safe.right, bottom=safe.bottom)
    lowest = strip.top - gap if speaking else safe.bottom
    head, whole = (
        _below(part.model_copy(update={"bottom": min(part.bottom, lowest)}), safe.top, logo, gap)
        for part in (room, safe)
    )
    return Rooms(head, whole, strip)


def card_room(composition: Composition, logo: int) -> Box:
    """Return where the end card's texts stand; *logo* pixels above them are taken, 0 for none."""
    room = text_box(composition.width, composition.height, end_card=True).within(composition.safe)
    if centered(composition):
        room = _in_the_middle(room, composition.width)
    if shape(composition) == "tall":
        return room
    return _below(room, composition.safe.top, logo, round(GAP * unit_of(composition)))


def centered(composition: Composition) -> bool:
    """Tell whether the end card's texts stand in its middle, above or below the product, not beside it."""
    return shape(composition) in {"story", "tall"}


def _in_the_middle(room: Box, width: int) -> Box:
    """Return the part of *room* that lies evenly about the middle of a frame *width* pixels wide."""
    margin = max(room.left, width - room.right)
    return room.model_copy(update={"left": margin, "right": width - margin})


def _below(room: Box, top: int, logo: int, gap: int) -> Box:
    """Return the part of *room* that a logo which begins at *top* leaves."""
    return room.model_copy(update={"top": max(room.top, top + logo + gap if logo else 0)})
