"""Shapes text into skia's paragraphs: HarfBuzz chooses glyphs, ICU the direction and the line ends."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import skia

from actors.fonts.faces import Faces, typeface_of
from actors.fonts.last_resort import LAST_RESORT, last_resort
from actors.fonts.scripts import Kind

_layout = skia.textlayout
_RTL_ISOLATE, _LTR_ISOLATE, _POP_ISOLATE = "\u2067", "\u2066", "\u2069"


class Piece(NamedTuple):
    """A part of a paragraph that is drawn in one way."""

    text: str
    color: int
    """As skia has it; wholly transparent is not drawn."""
    kind: Kind = "letters"
    mark: int | None = None
    """Colour of a line across the piece, by which it can be found in a drawing."""
    spacing: float = 0.0
    """Pixels put behind each character."""


class Setting(NamedTuple):
    """What all pieces of a paragraph share."""

    families: tuple[tuple[Kind, tuple[str, ...]], ...]
    """Fonts by what they draw, in the order in which they are asked; those for letters first."""
    weight: int
    leading: float
    """Line height in ems: every line has it, whatever fonts are in it."""
    centered: bool
    rtl: bool
    locale: str
    faces: Faces


def paragraph(pieces: Sequence[Piece], setting: Setting, size: float) -> skia.textlayout.Paragraph:
    """Return *pieces* shaped at *size* pixels an em; the caller lays it out in a width."""
    lines = _layout.ParagraphStyle()
    lines.setTextStyle(_letters(Piece("", 0), setting, size))
    lines.setStrutStyle(_strut(setting, size))
    edge = _layout.TextAlign.kRight if setting.rtl else _layout.TextAlign.kLeft
    lines.setTextAlign(_layout.TextAlign.kCenter if setting.centered else edge)
    names = tuple(dict.fromkeys(name for _, names in setting.families for name in names))
    builder = _layout.ParagraphBuilder.make(
        lines, _collection(names, setting.weight, setting.faces), _unicode()
    )
    isolate = _RTL_ISOLATE if setting.rtl else _LTR_ISOLATE
    for piece in (Piece(isolate, 0), *pieces, Piece(_POP_ISOLATE, 0)):
        builder.pushStyle(_letters(piece, setting, size))
        builder.addText(piece.text)
        builder.pop()
    return builder.Build()


def _letters(piece: Piece, setting: Setting, size: float) -> skia.textlayout.TextStyle:
    letters = _layout.TextStyle()
    families = dict(setting.families)[piece.kind]
    letters.setFontFamilies([_registered(family, setting.weight) for family in families])
    letters.setFontSize(size)
    letters.setColor(piece.color)
    letters.setLocale(setting.locale)
    letters.setHeight(setting.leading)
    letters.setHeightOverride(True)
    letters.setHalfLeading(True)
    if piece.spacing:
        letters.setLetterSpacing(piece.spacing)
    if piece.mark is not None:
        letters.setDecoration(_layout.TextDecoration.kLineThrough)
        letters.setDecorationMode(_layout.TextDecorationMode.kThrough)
        letters.setDecorationColor(piece.mark)
    return letters


def _strut(setting: Setting, size: float) -> skia.textlayout.StrutStyle:
    strut = _layout.StrutStyle()
    strut.setFontFamilies([_registered(dict(setting.families)["letters"][0], setting.weight)])
    strut.setFontSize(size)
    strut.setHeight(setting.leading)
    strut.setHeightOverride(True)
    strut.setHalfLeading(True)
    strut.setStrutEnabled(True)
    strut.setForceStrutHeight(True)
    return strut


def _registered(family: str, weight: int) -> str:
    return f"{family} {weight}"


@lru_cache(maxsize=64)
def _collection(names: tuple[str, ...], weight: int, faces: Faces) -> skia.textlayout.FontCollection:
    provider = _layout.TypefaceFontProvider()
    for name in names:
        face = last_resort() if name == LAST_RESORT else typeface_of(name, weight, faces)
        provider.registerTypeface(face, _registered(name, weight))
    collection = _layout.FontCollection()
    collection.setDefaultFontManager(provider)
    return collection


@lru_cache(maxsize=1)
def _unicode() -> skia.Unicode:
    return skia.Unicodes.ICU.Make()
