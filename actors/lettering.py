"""Sets text: shaped, broken into lines and fitted into a box, in any script that the fonts have."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import regex
import skia

from actors import linebreaks
from actors.fonts import PACKAGED, Faces, missing
from actors.fonts.missing import is_rtl
from actors.fonts.scripts import chain_of, language_of, runs, scripts
from actors.fonts.shaping import Piece, Setting, paragraph
from actors.linebreaks import Spans
from actors.wordboxes import WordBox, find_boxes, mark_color
from schemas.errors import MediaError
from schemas.record import Record
from schemas.wording import shown

__all__ = ["Lettering", "Style", "WordBox", "color_of", "is_rtl", "set_text", "set_words"]

_WORTH_A_LINE = 0.8
"""Letters may shrink to this share to save a line."""
_WORTH_A_PHRASE = 0.8
"""Letters may shrink to this share to keep the phrases of Chinese and Japanese whole."""
_STACKED = regex.compile(r"[\u1EA0-\u1EF9]")
"""Letters of Vietnamese, which carry two marks."""
_STACKED_LEADING = 1.25
_REFERENCE = 200.0
"""Em size at which a text is shaped once; widths grow in proportion (to 2 in 100000)."""
_HALVINGS = 14
_SLACK = 0.02
_BREATH = 1.0
"""Pixels by which a paragraph is wider than its longest line: skia rounds that up."""
_UNBOUNDED = 1e9
_OVERHANG = 0.8
"""Ems by which ink may reach beyond the lines."""
_LEADING = {
    "Arabic": 1.45,
    "Bengali": 1.30,
    "Devanagari": 1.35,
    "Ethiopic": 1.25,
    "Han": 1.25,
    "Hangul": 1.25,
    "Hebrew": 1.20,
    "Hiragana": 1.25,
    "Katakana": 1.25,
    "Khmer": 1.50,
    "Lao": 1.45,
    "Myanmar": 1.60,
    "Tamil": 1.35,
    "Telugu": 1.45,
    "Thai": 1.50,
}
"""The least line height in ems of scripts that are denser, or reach further up and down, than Latin."""

Align = Literal["start", "center"]


class Style(Record):
    """How a text is set."""

    family: str
    weight: int
    color: str
    """``#RRGGBB``."""
    align: Align = "start"
    leading: float = 1.12
    """Line height in ems; scripts that need more get more."""


class _Room(NamedTuple):
    """What a text must fit."""

    width: float
    height: float
    size_max: float
    size_min: float
    lines_max: int


class _Fit(NamedTuple):
    """A size, and the narrowest width that keeps the lines."""

    size: float
    width: float


class Lettering:
    """A text that was laid out at a size; draws itself with its top left corner at a point."""

    def __init__(self, text: str, spans: Spans, style: Style, setting: Setting, fit: _Fit) -> None:
        self._text, self._own_spans, self._style, self._setting, self._fit = text, spans, style, setting, fit
        self._plain = self._laid_out(_pieces(text, color_of(style.color)))
        left, top, right, bottom = _ink(self._plain, fit)
        self._left, self._top = left, min(0.0, top)
        self.size = fit.size
        """Em size, pixels."""
        self.lines = round(float(self._plain.Height) / self._line_height)
        self.width = right - left
        """Pixels from the first to the last drawn column."""
        self.height = max(float(self._plain.Height), bottom) - self._top
        """Pixels from the top of the first line, or of what rises above it, to the bottom of the last."""

    def paint(self, canvas: skia.Canvas, x: float, y: float, colors: Mapping[int, str] | None = None) -> None:
        """Draw with the ink's left edge at *x* and the first line's top at *y*.

        *colors* has other colours for words by their number; an empty one leaves its word out.
        """
        drawn = self._colored(colors) if colors else self._plain
        drawn.paint(canvas, x - self._left, y - self._top)

    @property
    def baselines(self) -> tuple[float, ...]:
        """Pixels from the top to each line's baseline."""
        first = float(self._plain.AlphabeticBaseline) - self._top
        return tuple(first + line * self._line_height for line in range(self.lines))

    @cached_property
    def words(self) -> tuple[WordBox, ...]:
        """Where each word lies, relative to the point that is given to `paint`."""
        marks = {word: mark_color(word) for word in range(len(self._spans))}
        marked = self._laid_out(_pieces(self._text, skia.ColorTRANSPARENT, self._spans, marks=marks))
        boxes = find_boxes(
            marked, [linebreaks.plain(self._text[start:end]) for start, end in self._spans], self._line_height
        )
        return tuple(box.moved(-self._left, -self._top) for box in boxes)

    @cached_property
    def _spans(self) -> Spans:
        return self._own_spans or linebreaks.pieces_between_breaks(self._text, self._setting)

    @property
    def _line_height(self) -> float:
        return self._setting.leading * self._fit.size

    def _colored(self, colors: Mapping[int, str]) -> skia.textlayout.Paragraph:
        own = {word: color_of(color) if color else skia.ColorTRANSPARENT for word, color in colors.items()}
        return self._laid_out(_pieces(self._text, color_of(self._style.color), self._spans, colors=own))

    def _laid_out(self, pieces: Sequence[Piece]) -> skia.textlayout.Paragraph:
        laid = paragraph(pieces, self._setting, self._fit.size)
        laid.layout(self._fit.width)
        return laid


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
    faces: Faces = PACKAGED,
) -> Lettering:
    """Set *text* at the largest size that fits; lines are then balanced.

    Fewer lines are better than letters a fifth larger. Raises MediaError where it does not fit at *size_min*:
    text is never cut, never smaller than that, and never drawn with a glyph missing.
    """
    room = _Room(width, height, size_max, size_min, lines_max)
    return _set(text, (), style, locale, room, faces)


def set_words(
    words: Sequence[str],
    style: Style,
    locale: str,
    *,
    width: float,
    height: float,
    size_max: float,
    size_min: float,
    lines_max: int,
    faces: Faces = PACKAGED,
) -> Lettering:
    """Set *words* as one paragraph, as `set_text` does; the caller's words are those of `Lettering.words`."""
    room = _Room(width, height, size_max, size_min, lines_max)
    return _set(linebreaks.join(words), tuple(words), style, locale, room, faces)


def color_of(text: str, opacity: float = 1.0) -> int:
    """Return ``#RRGGBB`` as a skia colour."""
    red, green, blue = (int(text[n : n + 2], 16) for n in (1, 3, 5))
    return int(skia.Color(red, green, blue, round(255 * opacity)))


@lru_cache(maxsize=512)
def _set(
    text: str, words: tuple[str, ...], style: Style, locale: str, room: _Room, faces: Faces
) -> Lettering:
    if lacking := missing(text, style.family, locale, faces):
        raise MediaError(f"the text {shown(text)} has {lacking[0]}; {lacking[0].cure}")
    bound, spans, fit = _broken(
        text, linebreaks.spans_of(text, words), _setting(text, style, locale, faces), room
    )
    while fit and fit.size >= room.size_min - _SLACK:
        letters = Lettering(bound, spans, style, _setting(text, style, locale, faces), fit)
        excess = max(letters.width / room.width, letters.height / room.height)
        if excess <= 1.0:
            return letters
        fit = _Fit(fit.size / excess * 0.995, fit.width / excess * 0.995)
    raise MediaError(
        f"the text {shown(text)} does not fit {room.width:.0f} x {room.height:.0f} px at "
        f"{room.size_min:.0f} px; shorten it"
    )


def _broken(text: str, spans: Spans, setting: Setting, room: _Room) -> tuple[str, Spans, _Fit | None]:
    """Return *text* with what keeps its lines whole, and its fit; phrases stay whole where that is cheap."""
    bound, places = linebreaks.bind(text, spans)
    fit = _fit(bound, setting, room)
    language = language_of(setting.locale)
    if fit is None or language not in linebreaks.PHRASES:
        return bound, places, fit
    whole, whole_places = linebreaks.bind(text, spans, language)
    wide = _fit(whole, setting, room)
    if wide and wide.size >= fit.size * _WORTH_A_PHRASE:
        return whole, whole_places, wide
    return bound, places, fit


def _setting(text: str, style: Style, locale: str, faces: Faces) -> Setting:
    chain = chain_of(text, style.family, locale, faces)
    return Setting(
        families=tuple(chain.families.items()),
        weight=style.weight,
        leading=max(style.leading, *_leadings(text)),
        centered=style.align == "center",
        rtl=is_rtl(locale),
        locale=locale,
        faces=faces,
    )


def _leadings(text: str) -> Iterator[float]:
    yield _STACKED_LEADING if _STACKED.search(text) else 0.0
    yield from (_LEADING[script] for script in scripts(text))


def _fit(text: str, setting: Setting, room: _Room) -> _Fit | None:
    """Return size and width for *text*: in fewer lines if letters stay near as large, else the largest."""
    shaped = paragraph(_pieces(text, skia.ColorBLACK), setting, _REFERENCE)
    widest = linebreaks.widest_piece(_pieces(text, skia.ColorBLACK), setting, _REFERENCE)
    best: _Fit | None = None
    for lines in range(1, room.lines_max + 1):
        narrowest = _narrowest(shaped, widest, lines, setting.leading * _REFERENCE)
        if narrowest is None:
            continue
        tall = room.height / (setting.leading * lines)
        size = min(room.size_max, _REFERENCE * room.width / narrowest, tall)
        if best is None or size > best.size:
            best = _Fit(size, narrowest * size / _REFERENCE + _BREATH)
        if size >= max(room.size_max * _WORTH_A_LINE, room.size_min):
            break
    return best if best and best.size >= room.size_min else None


def _narrowest(
    shaped: skia.textlayout.Paragraph, widest: float, lines: int, line_height: float
) -> float | None:
    """Return the least width, at least *widest*, in which *shaped* has *lines* lines; None for no width."""
    shaped.layout(_UNBOUNDED)
    low, high = widest + _BREATH, float(shaped.MaxIntrinsicWidth) + _BREATH

    def holds(width: float) -> bool:
        shaped.layout(width)
        return round(float(shaped.Height) / line_height) <= lines

    if not holds(high):
        return None
    if holds(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _pieces(
    text: str,
    color: int,
    spans: Spans = (),
    *,
    colors: Mapping[int, int] | None = None,
    marks: Mapping[int, int] | None = None,
) -> list[Piece]:
    """Return *text* cut where a word or a picture begins or ends; words may have *colors* and *marks*."""
    owner = {place: word for word, (start, end) in enumerate(spans) for place in range(start, end)}
    kinds = {run.start: run.kind for run in runs(text)}
    edges = {edge for span in spans for edge in span} | {*kinds, len(text)}
    pieces, kind = [], kinds[0] if kinds else "letters"
    for start, end in pairwise(sorted(edges)):
        kind = kinds.get(start, kind)
        word = owner.get(start, -1)
        own = (colors or {}).get(word, color)
        pieces.append(Piece(text[start:end], own, kind, (marks or {}).get(word)))
    return pieces


def _ink(laid: skia.textlayout.Paragraph, fit: _Fit) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of what *laid* draws, in whole pixels outwards."""
    margin = math.ceil(fit.size * _OVERHANG)
    width, height = math.ceil(fit.width) + 2 * margin, math.ceil(laid.Height) + 2 * margin
    alpha = np.zeros((height, width), np.uint8)
    info = skia.ImageInfo.MakeA8(width, height)
    laid.paint(skia.Surface.MakeRasterDirect(info, alpha, width).getCanvas(), margin, margin)
    rows, columns = (np.flatnonzero(alpha.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return 0.0, 0.0, 0.0, 0.0
    left, right = float(columns[0] - margin), float(columns[-1] + 1 - margin)
    return left, float(rows[0] - margin), right, float(rows[-1] + 1 - margin)
