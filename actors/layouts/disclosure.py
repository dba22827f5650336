"""The label that tells viewers that AI took part: over the opening frames, in the corner where reading ends.

Its letters are as high as its market asks (GB 45438-2025: 5 % of the shorter side); it stands on a plate of
its own, in the row of the logo, and everything that is written stays below that row.
"""

import math
from typing import NamedTuple

from actors.elements import Element
from actors.fonts import Faces
from actors.layouts.column import outward
from actors.layouts.pieces import Piece, Scene
from actors.layouts.rooms import GAP, unit_of
from actors.layouts.writing import plate
from actors.lettering import is_rtl
from actors.sprites import even_box
from schemas.errors import MediaError
from schemas.layout import PlacedText
from schemas.plan import Composition

LETTERS = 0.86
"""Least height of a letter without strokes below the line, as a share of the em: 0.865 for the lowest of
AI生成 that is no capital, 0.878 in Korean (Noto Sans SC and KR)."""
_LARGER = 1.06
"""Letters are so much higher than is asked."""
_LONGER_SECONDS = 0.5
"""The label stays so much longer than is asked."""
_LEAVE_FRAMES = 5
_PAD = (0.022, 0.006)


class Disclosure(NamedTuple):
    """A label as it stands in an ad."""

    element: Element
    text: PlacedText
    width: int
    """Pixels, plate included; so is *height*."""
    height: int


def disclosure(composition: Composition, faces: Faces) -> Disclosure | None:
    """Return the label of *composition*; None where it has none.

    Raises MediaError where it does not fit the safe zone at the size that is asked.
    """
    label = composition.marks.label if composition.marks else None
    if label is None:
        return None
    safe, unit = composition.safe, unit_of(composition)
    scene = Scene(composition, 0, safe, composition.kit.palette.text, "start", faces=faces)
    size = _LARGER * label.share / LETTERS
    block = plate(scene, label.text, size, composition.kit.palette.background, pad=_PAD, enter="cut")
    told = block.pieces[0].told[0]
    if told.size * LETTERS < label.share * unit:
        raise MediaError(
            f"the label {label.text!r} does not fit {safe.width} px, {label.share * unit:.0f} px high; "
            f"use a placement with a wider safe zone"
        )
    left = safe.left if is_rtl(composition.locale) else safe.right - block.width
    piece: Piece = block.pieces[0].moved(left, safe.top)
    end = min(composition.frames, math.ceil((label.seconds + _LONGER_SECONDS) * composition.fps))
    leaves = _LEAVE_FRAMES if end + _LEAVE_FRAMES <= composition.frames else 0
    element = Element(
        box=even_box(*piece.rect, width=composition.width, height=composition.height),
        paint=piece.paint,
        start=0,
        end=end + leaves,
        enter="cut",
        leave_frames=leaves,
    )
    text = PlacedText(
        text=label.text,
        box=outward(piece.told[0].rect),
        size_px=round(told.size, 1),
        color=told.color,
        start=0,
        end=end,
        surface=told.surface,
    )
    return Disclosure(element, text, math.ceil(block.width), math.ceil(block.height))


def fits_beside(label: Disclosure, width: int, composition: Composition) -> bool:
    """Tell whether the label stands in one row with a logo of *width* pixels at the other end."""
    return label.width + GAP * unit_of(composition) + width <= composition.safe.width
