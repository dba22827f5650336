"""Writes the closing card: logo, headline, price with the old one struck, button, disclaimer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import skia

from actors.contrast import contrast, readable_on
from actors.fonts import HEAVY, REGULAR
from actors.lettering import Align, Lettering, Style, color_of, is_rtl, set_text
from actors.logo import Logo
from actors.overlay import Element, Enter
from actors.scenes import SIZE_MIN, starts_of
from actors.sprites import even_box
from schemas.errors import MediaError
from schemas.layout import Box, shape_of, text_box
from schemas.plan import Composition

_SHRINK = 0.94
"""Each try at fitting the column makes it this much smaller."""
_TRIES = 16
_LARGE_TEXT = 3.0
"""Least contrast of text above 24 px bold (WCAG 2.2, 1.4.3)."""

Paint = Callable[[skia.Canvas, float, float], None]


@dataclass(frozen=True)
class _Block:
    """One line of the column: draws itself with its top left corner at a point."""

    width: float
    height: float
    gap: float
    """Space above."""
    paint: Paint
    enter: Enter
    delay: int
    """Frames after the card's start."""


def end_card_elements(composition: Composition, logo: Logo | None) -> Iterator[Element]:
    """Yield what stands over the end card, in drawing order."""
    card = next(((start, cut) for start, cut in starts_of(composition) if cut.end_card), None)
    if card is None:
        return
    start, cut = card
    room = _room(composition, logo)
    blocks = _fit_column(composition, cut.caption, room)
    if blocks:
        yield _shade(composition, start)
    if logo:
        yield _logo(composition, logo, start)
    y = room.top + _slack(composition, room, blocks)
    for block in blocks:
        y += block.gap
        yield _element(composition, block, _x(composition, room, block.width), y, start)
        y += block.height


def _shade(composition: Composition, start: int) -> Element:
    """Darken the card's glow below the text, so that its colours read as they do on the plain surface."""
    width, height = composition.width, composition.height
    room = text_box(width, height, end_card=True)
    color = composition.kit.palette.primary
    shades = [color_of(color, opacity) for opacity in (0.8, 0.7, 0.0)]
    if _centered(composition):
        ends = [(0.0, float(height)), (0.0, room.top - 0.06 * height)]
    else:
        ends = [(0.0, 0.0), (room.right + 0.10 * width, 0.0)]
    paint = skia.Paint(Shader=skia.GradientShader.MakeLinear(ends, shades, [0.0, 0.7, 1.0]), Dither=True)
    return Element(
        box=Box(left=0, top=0, right=width, bottom=height),
        paint=lambda canvas: canvas.drawRect(skia.Rect.MakeWH(width, height), paint),
        start=start,
        end=composition.frames,
        enter_frames=8,
        leave_frames=0,
    )


def _centered(composition: Composition) -> bool:
    return shape_of(composition.width, composition.height) in {"story", "tall"}


def _x(composition: Composition, room: Box, width: float) -> float:
    if _centered(composition):
        return (room.left + room.right - width) / 2
    return room.right - width if is_rtl(composition.locale) else room.left


def _room(composition: Composition, logo: Logo | None) -> Box:
    width, height = composition.width, composition.height
    room = text_box(width, height, end_card=True).within(composition.safe)
    if logo is None or _centered(composition):
        return room
    top = max(room.top, composition.safe.top + logo.height + round(0.03 * min(width, height)))
    return Box(left=room.left, top=top, right=room.right, bottom=room.bottom)


def _slack(composition: Composition, room: Box, blocks: list[_Block]) -> float:
    """Return the space above the column: all that is spare is shared, most of it below in tall frames."""
    spare = room.height - sum(block.height + block.gap for block in blocks)
    return spare * (0.16 if _centered(composition) else 0.42)


def _logo(composition: Composition, logo: Logo, start: int) -> Element:
    safe = composition.safe
    room = safe if _centered(composition) else text_box(composition.width, composition.height, end_card=True)
    x = _x(composition, room.within(safe), logo.width)
    return logo.element(x, safe.top, composition, start=start + 4, end=composition.frames, leave_frames=0)


def _fit_column(composition: Composition, headline: str, room: Box) -> list[_Block]:
    factor = 1.0
    for _ in range(_TRIES):
        blocks = list(_column(composition, headline, room, factor))
        if sum(block.height + block.gap for block in blocks) <= room.height:
            return blocks
        factor *= _SHRINK
    raise MediaError(f"the end card's texts do not fit {room.width} x {room.height} px; shorten them")


def _column(composition: Composition, headline: str, room: Box, factor: float) -> Iterator[_Block]:
    unit = min(composition.width, composition.height) * factor
    if headline:
        yield _headline(composition, headline, room, unit)
    if composition.price:
        yield _price(composition, room, unit)
    if composition.button:
        yield _button(composition, room, unit)
    if composition.disclaimer:
        yield _disclaimer(composition, room, unit)


def _headline(composition: Composition, text: str, room: Box, unit: float) -> _Block:
    palette = composition.kit.palette
    color = readable_on(palette.primary, palette.background, palette.text)
    style = Style(family=composition.kit.heading, weight=HEAVY, color=color, align=_align(composition))
    letters = _set(composition, text, style, room.width, unit * 0.078, lines=2)
    return _Block(letters.width, letters.height, 0, letters.paint, "rise", 6)


def _price(composition: Composition, room: Box, unit: float) -> _Block:
    palette = composition.kit.palette
    readable = readable_on(palette.primary, palette.background, palette.text)
    loud = palette.accent if contrast(palette.accent, palette.primary) >= _LARGE_TEXT else readable
    now_style = Style(family=composition.kit.heading, weight=HEAVY, color=loud, leading=1.05)
    gap = unit * 0.035
    old: Lettering | None = None
    old_room = 0.0
    if composition.old_price:
        old_style = Style(family=composition.kit.body, weight=REGULAR, color=readable, leading=1.05)
        old = _set(composition, composition.old_price, old_style, room.width * 0.4, unit * 0.060)
        old_room = old.width + gap
    now = _set(composition, composition.price, now_style, room.width - old_room, unit * 0.135)
    rtl = is_rtl(composition.locale)

    def paint(canvas: skia.Canvas, x: float, y: float) -> None:
        now.paint(canvas, x + old_room if rtl else x, y)
        if old is not None:
            old_x = x if rtl else x + now.width + gap
            old_y = y + (now.height - old.height) * 0.56
            old.paint(canvas, old_x, old_y)
            _strike(canvas, old, old_x, old_y, palette.accent)

    return _Block(now.width + old_room, now.height, unit * 0.012, paint, "pop", 11)


def _strike(canvas: skia.Canvas, text: Lettering, x: float, y: float, color: str) -> None:
    thick = max(3.0, text.size * 0.085)
    line = skia.Paint(Color=color_of(color), AntiAlias=True, StrokeWidth=thick)
    line.setStrokeCap(skia.Paint.kRound_Cap)
    middle, tilt, cap = y + text.height * 0.54, text.size * 0.06, thick / 2
    canvas.drawLine(x + cap, middle + tilt, x + text.width - cap, middle - tilt, line)


def _button(composition: Composition, room: Box, unit: float) -> _Block:
    palette = composition.kit.palette
    color = readable_on(palette.accent, palette.background, palette.text)
    style = Style(family=composition.kit.heading, weight=HEAVY, color=color)
    side, lid = unit * 0.062, unit * 0.026
    label = _set(composition, composition.button, style, room.width - 2 * side, unit * 0.056)
    width, height = label.width + 2 * side, label.height + 2 * lid
    shadow = skia.ImageFilters.DropShadow(
        0, unit * 0.008, unit * 0.012, unit * 0.012, skia.Color(0, 0, 0, 90)
    )
    fill = skia.Paint(Color=color_of(palette.accent), AntiAlias=True, ImageFilter=shadow)

    def paint(canvas: skia.Canvas, x: float, y: float) -> None:
        canvas.drawRoundRect(skia.Rect.MakeXYWH(x, y, width, height), height / 2, height / 2, fill)
        label.paint(canvas, x + side, y + lid)

    return _Block(width, height, unit * 0.030, paint, "pop", 16)


def _disclaimer(composition: Composition, room: Box, unit: float) -> _Block:
    palette = composition.kit.palette
    color = readable_on(palette.primary, palette.background, palette.text)
    style = Style(family=composition.kit.body, weight=REGULAR, color=color, align=_align(composition))
    letters = _set(composition, composition.disclaimer, style, room.width, unit * 0.036, lines=2)
    return _Block(letters.width, letters.height, unit * 0.034, letters.paint, "fade", 20)


def _align(composition: Composition) -> Align:
    return "center" if _centered(composition) else "start"


def _set(
    composition: Composition, text: str, style: Style, width: float, size: float, *, lines: int = 1
) -> Lettering:
    least = SIZE_MIN * min(composition.width, composition.height)
    return set_text(
        text,
        style,
        composition.locale,
        width=width,
        height=composition.height,
        size_max=max(size, least),
        size_min=least,
        lines_max=lines,
    )


def _element(composition: Composition, block: _Block, x: float, y: float, start: int) -> Element:
    unit = min(composition.width, composition.height)
    margin = 0.03 * block.width + 0.05 * unit
    box = even_box(
        x - margin,
        y - margin,
        x + block.width + margin,
        y + block.height + margin,
        width=composition.width,
        height=composition.height,
    )
    return Element(
        box=box,
        paint=lambda canvas: block.paint(canvas, x, y),
        start=start + block.delay,
        end=composition.frames,
        enter=block.enter,
        leave_frames=0,
    )
