"""Scrims: the brand's colour over as much of the picture as its text needs, fading into the rest."""

from typing import Literal

import skia

from actors.elements import Element
from actors.layouts.backdrop import Ground
from actors.layouts.column import Timing
from actors.layouts.rooms import shape, unit_of
from actors.lettering import color_of
from actors.sprites import even_box
from schemas.layout import Box
from schemas.plan import TRANSITION_FRAMES, Composition

Over = Literal["side", "card", "all"]
"""What a scrim covers: the side of a scene's picture, that of a closing card, or all."""
_FADE = 0.16
"""Way over which it fades, as a share of the shorter side."""
_PAD = 0.02


def veil(composition: Composition, ground: Ground, text: Box, timing: Timing, *, over: Over) -> Element:
    """Return the scrim behind *text*: it begins at the edge of the frame that the text stands near."""
    card = over == "card"
    width, height = composition.width, composition.height
    unit = unit_of(composition)
    pad, fade = _PAD * unit, _FADE * unit
    if over == "all":
        full, end = float(height), 2.0 * height
        box, ends = (0.0, 0.0, float(width), full), [(0.0, 0.0), (0.0, end)]
    elif shape(composition) == "wide" or (card and shape(composition) == "square"):
        full, end = text.right + pad, min(float(width), text.right + pad + fade)
        box, ends = (0.0, 0.0, end, float(height)), [(0.0, 0.0), (end, 0.0)]
    elif card and shape(composition) == "tall":
        full, end = height - text.top + pad, min(float(height), height - text.top + pad + fade)
        box, ends = (
            (0.0, height - end, float(width), float(height)),
            [(0.0, float(height)), (0.0, height - end)],
        )
    else:
        full, end = text.bottom + pad, min(float(height), text.bottom + pad + fade)
        box, ends = (0.0, 0.0, float(width), end), [(0.0, 0.0), (0.0, end)]
    shares = (1.0, 1.0, 0.78, 0.28, 0.0)
    stops = [0.0, *(full / end + (1 - full / end) * share for share in (0.0, 0.25, 0.65, 1.0))]
    shades = [color_of(ground.veil, ground.opacity * share) for share in shares]
    paint = skia.Paint(Shader=skia.GradientShader.MakeLinear(ends, shades, stops), Dither=True)
    return Element(
        box=even_box(*box, width=width, height=height),
        paint=lambda canvas: canvas.drawRect(skia.Rect.MakeWH(width, height), paint),
        start=timing.start,
        end=timing.end,
        enter="fade" if timing.start else "cut",
        enter_frames=TRANSITION_FRAMES,
        leave_frames=TRANSITION_FRAMES if timing.leaves else 0,
    )
