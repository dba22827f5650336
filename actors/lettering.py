"""Sets text: shaped, broken into lines and fitted into a box, in any script that the fonts have."""

from collections.abc import Callable
from functools import cache
from typing import Literal

import skia

from actors.fonts import families_for, typeface_of
from schemas.errors import MediaError
from schemas.money import parse_locale
from schemas.record import Record

_layout = skia.textlayout
_RTL_ISOLATE, _LTR_ISOLATE, _POP_ISOLATE = "\u2067", "\u2066", "\u2069"
_TALL_SCRIPTS = {"ar", "fa", "ur"}
"""Languages whose letters reach far above and below the line."""
_UNSPACED = {"zh", "ja", "th"}
"""Languages whose lines may break between any two characters, near enough."""
_WORTH_A_LINE = 0.8
"""Letters may shrink to this share to save a line."""

Align = Literal["start", "center"]


class Style(Record):
    """How a text is set."""

    family: str
    weight: int
    color: str
    """``#RRGGBB``."""
    align: Align = "start"
    leading: float = 1.12
    """Line height in ems, for scripts of ordinary height."""


class Lettering:
    """A text that was laid out at a size; draws itself with its top left corner at a point."""

    def __init__(
        self, paragraph: skia.textlayout.Paragraph, *, size: float, width: float, left: float
    ) -> None:
        self._paragraph = paragraph
        self.size = size
        """Em size, pixels."""
        self.width = width
        """Pixels from the first to the last drawn column."""
        self.height: float = paragraph.Height
        self._left = left

    def paint(self, canvas: skia.Canvas, x: float, y: float) -> None:
        """Draw with the ink's left edge at *x* and the first line's top at *y*."""
        self._paragraph.paint(canvas, x - self._left, y)


def is_rtl(locale: str) -> bool:
    """Tell whether *locale* is written from right to left."""
    parsed = parse_locale(locale)
    return parsed is not None and parsed.text_direction == "rtl"


def set_text(
    text: str,
    style: Style,
    locale: str,
    *,
    width: float,
    height: float,
    size_max: float,
    size_min: float,
    lines_max: int,
) -> Lettering:
    """Set *text* at the largest size that fits; lines are then balanced.

    Fewer lines are better than letters a fifth larger. Raises MediaError where it does not fit at *size_min*:
    text is never cut and never smaller than that.
    """
    for lines in range(1, lines_max + 1):
        least = size_min if lines == lines_max else max(size_min, size_max * _WORTH_A_LINE)

        def at(size: float, lines: int = lines) -> Lettering | None:
            return _try_size(text, style, locale, size, width, height, lines)

        if found := at(size_max) or _largest(at, least, size_max):
            return found
    raise MediaError(
        f"the text {text!r} does not fit {width:.0f} x {height:.0f} px at {size_min:.0f} px; shorten it"
    )


def _largest(at: Callable[[float], Lettering | None], low: float, high: float) -> Lettering | None:
    best = at(low)
    if best is None:
        return None
    for _ in range(7):
        middle = (low + high) / 2
        if fitted := at(middle):
            best, low = fitted, middle
        else:
            high = middle
    return best


def _try_size(
    text: str, style: Style, locale: str, size: float, width: float, height: float, lines_max: int
) -> Lettering | None:
    paragraph = _paragraph(text, style, locale, size)
    paragraph.layout(width)
    wordless = locale.split("-", maxsplit=1)[0] in _UNSPACED
    if paragraph.LongestLine > width + 0.5 or (
        not wordless and _longest_word(text, style, locale, size) > width
    ):
        return None
    if paragraph.Height > height or paragraph.Height > _line_height(style, locale, size) * (lines_max + 0.3):
        return None
    balanced = _balance(paragraph, width)
    ink = paragraph.LongestLine
    start_right = style.align == "start" and is_rtl(locale)
    left = (balanced - ink) / 2 if style.align == "center" else (balanced - ink if start_right else 0.0)
    return Lettering(paragraph, size=size, width=ink, left=left)


def _balance(paragraph: skia.textlayout.Paragraph, width: float) -> float:
    """Lay *paragraph* out in the narrowest width that keeps its height; return that width."""
    height = paragraph.Height
    low, high = width * 0.3, width
    for _ in range(9):
        middle = (low + high) / 2
        paragraph.layout(middle)
        if paragraph.Height > height + 0.5 or paragraph.LongestLine > middle + 0.5:
            low = middle
        else:
            high = middle
    high = float(int(high + 1))
    paragraph.layout(high)
    return high


def _longest_word(text: str, style: Style, locale: str, size: float) -> float:
    widths = []
    for word in text.split():
        paragraph = _paragraph(word, style, locale, size)
        paragraph.layout(100_000)
        widths.append(paragraph.LongestLine)
    return max(widths, default=0.0)


def _line_height(style: Style, locale: str, size: float) -> float:
    return size * (
        style.leading * 1.2 if locale.split("-", maxsplit=1)[0] in _TALL_SCRIPTS else style.leading
    )


def _paragraph(text: str, style: Style, locale: str, size: float) -> skia.textlayout.Paragraph:
    families = families_for(style.family, locale)
    letters = _layout.TextStyle()
    letters.setFontFamilies([f"{family} {style.weight}" for family in families])
    letters.setFontSize(size)
    letters.setColor(color_of(style.color))
    letters.setHeight(_line_height(style, locale, size) / size)
    letters.setHeightOverride(True)
    letters.setHalfLeading(True)
    lines = _layout.ParagraphStyle()
    lines.setTextStyle(letters)
    rtl = is_rtl(locale)
    edge = _layout.TextAlign.kRight if rtl else _layout.TextAlign.kLeft
    lines.setTextAlign(_layout.TextAlign.kCenter if style.align == "center" else edge)
    builder = _layout.ParagraphBuilder.make(lines, _collection(families, style.weight), _unicode())
    builder.pushStyle(letters)
    builder.addText(f"{_RTL_ISOLATE if rtl else _LTR_ISOLATE}{text}{_POP_ISOLATE}")
    return builder.Build()


def color_of(text: str, opacity: float = 1.0) -> int:
    """Return ``#RRGGBB`` as a skia colour."""
    red, green, blue = (int(text[n : n + 2], 16) for n in (1, 3, 5))
    return int(skia.Color(red, green, blue, round(255 * opacity)))


@cache
def _collection(families: tuple[str, ...], weight: int) -> skia.textlayout.FontCollection:
    provider = _layout.TypefaceFontProvider()
    for family in families:
        provider.registerTypeface(typeface_of(family, weight), f"{family} {weight}")
    collection = _layout.FontCollection()
    collection.setDefaultFontManager(provider)
    return collection


@cache
def _unicode() -> skia.Unicode:
    return skia.Unicodes.ICU.Make()
