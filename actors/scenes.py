"""Writes over the scenes of an ad: a scrim, the logo, and each scene's caption with its accent."""

from collections.abc import Iterator

import skia

from actors.contrast import readable_on
from actors.fonts import HEAVY
from actors.lettering import Style, color_of, is_rtl, set_text
from actors.logo import Logo
from actors.overlay import Element
from actors.sprites import even_box
from schemas.layout import Box, Shape, shape_of, text_box
from schemas.plan import TRANSITION_FRAMES, Composition, Cut

_SIZE_MAX: dict[Shape, float] = {"story": 0.096, "tall": 0.088, "square": 0.080, "wide": 0.100}
"""Largest caption size, as a share of the shorter side."""
SIZE_MIN = 0.032
"""Least size of any text, as a share of the shorter side (the house rule is 3 %)."""
_LINES: dict[Shape, int] = {"story": 3, "tall": 3, "square": 2, "wide": 4}


def scene_elements(composition: Composition, logo: Logo | None) -> Iterator[Element]:
    """Yield what stands over all scenes before the end card, in drawing order."""
    scenes = [(start, cut) for start, cut in starts_of(composition) if not cut.end_card]
    if not scenes:
        return
    end = scenes[-1][0] + scenes[-1][1].frames + TRANSITION_FRAMES
    end = min(end, composition.frames)
    if logo or any(cut.caption for _, cut in scenes):
        yield _scrim(composition, end)
    if logo:
        yield _logo(composition, logo, end)
    for start, cut in scenes:
        if cut.caption:
            yield from _caption(composition, cut, start, logo)


def starts_of(composition: Composition) -> Iterator[tuple[int, Cut]]:
    """Yield each cut with its first frame."""
    start = 0
    for cut in composition.cuts:
        yield start, cut
        start += cut.frames


def _room(composition: Composition, logo: Logo | None) -> Box:
    """Return where captions may stand: inside the safe zone, clear of subject and logo."""
    width, height = composition.width, composition.height
    room = text_box(width, height, end_card=False).within(composition.safe)
    gap = round(min(width, height) * 0.026)
    top = room.top + (logo.height + gap if logo else 0)
    return Box(left=room.left, top=top, right=room.right, bottom=room.bottom)


def _scrim(composition: Composition, end: int) -> Element:
    width, height = composition.width, composition.height
    color = composition.kit.palette.primary
    room = text_box(width, height, end_card=False)
    if shape_of(width, height) == "wide":
        reach = (room.right * 1.32, 0.0)
        box = even_box(0, 0, reach[0], height, width=width, height=height)
    else:
        reach = (0.0, room.bottom + height * 0.10)
        box = even_box(0, 0, width, reach[1], width=width, height=height)
    shades = [color_of(color, opacity) for opacity in (0.92, 0.86, 0.62, 0.0)]
    shader = skia.GradientShader.MakeLinear([(0, 0), reach], shades, [0.0, 0.45, 0.70, 1.0])

    def paint(canvas: skia.Canvas) -> None:
        canvas.drawRect(skia.Rect.MakeWH(width, height), skia.Paint(Shader=shader, Dither=True))

    return Element(box=box, paint=paint, start=0, end=end, enter="cut", leave_frames=TRANSITION_FRAMES)


def _logo(composition: Composition, logo: Logo, end: int) -> Element:
    room = _room(composition, None)
    x = room.right - logo.width if is_rtl(composition.locale) else room.left
    timing = {"start": 0, "end": end, "leave_frames": TRANSITION_FRAMES}
    return logo.element(x, composition.safe.top, composition, enter="cut", **timing)


def _caption(composition: Composition, cut: Cut, start: int, logo: Logo | None) -> Iterator[Element]:
    width, height = composition.width, composition.height
    unit = min(width, height)
    shape = shape_of(width, height)
    room = _room(composition, logo)
    bar = (round(unit * 0.11), max(2, round(unit * 0.010)))
    gap = unit * 0.026
    palette = composition.kit.palette
    style = Style(
        family=composition.kit.heading,
        weight=HEAVY,
        color=readable_on(palette.primary, palette.background, palette.text),
    )
    text = set_text(
        cut.caption,
        style,
        composition.locale,
        width=room.width,
        height=room.height - gap - bar[1],
        size_max=_SIZE_MAX[shape] * unit,
        size_min=SIZE_MIN * unit,
        lines_max=_LINES[shape],
    )
    block = text.height + gap + bar[1]
    top = (room.top + room.bottom - block) / 2 if shape == "wide" else room.bottom - block
    rtl = is_rtl(composition.locale)
    x = room.right - text.width if rtl else room.left
    first = start == 0
    end = start + cut.frames
    rise = unit * 0.04
    yield Element(
        box=even_box(
            x - 8, top - 8, x + text.width + 8, top + text.height + rise, width=width, height=height
        ),
        paint=lambda canvas: text.paint(canvas, x, top),
        start=start if first else start + TRANSITION_FRAMES - 2,
        end=end,
        enter="cut" if first else "rise",
    )
    left = room.right - bar[0] if rtl else room.left
    under = top + text.height + gap
    rect = skia.Rect.MakeXYWH(left, under, *bar)
    accent = skia.Paint(Color=color_of(palette.accent), AntiAlias=True)
    yield Element(
        box=even_box(rect.left(), rect.top(), rect.right(), rect.bottom(), width=width, height=height),
        paint=lambda canvas: canvas.drawRoundRect(rect, bar[1] / 2, bar[1] / 2, accent),
        start=start if first else start + TRANSITION_FRAMES + 2,
        end=end,
        enter="cut" if first else "fade",
    )
