"""Finds what would come out as an empty box, before anything is drawn."""

from functools import lru_cache
from typing import NamedTuple

import skia

from actors.fonts.faces import HEAVY, PACKAGED, REGULAR, Faces
from actors.fonts.last_resort import BLANK_EMS, LAST_RESORT
from actors.fonts.scripts import Chain, chain_of, clusters, has_emoji, runs
from actors.fonts.shaping import Piece, Setting, paragraph
from schemas.money import parse_locale

_SIZE = 16.0


class Missing(NamedTuple):
    """A character, as people see it, that no font of a text has."""

    text: str
    family: str
    """The font that the text is set in; others stand in for what it lacks."""
    locale: str
    cure: str

    @property
    def codes(self) -> str:
        """Its code points, ``U+1F44D U+1F3FD``."""
        return " ".join(f"U+{ord(char):04X}" for char in self.text)

    def __str__(self) -> str:
        return f"{self.text!r} ({self.codes}), which neither {self.family!r} nor another font has"


@lru_cache(maxsize=4096)
def missing(text: str, family: str, locale: str, faces: Faces = PACKAGED) -> tuple[Missing, ...]:
    """Return what of *text* would not be drawn with *family* in *locale*; nothing: all will be, for certain.

    Each character must be in a font whole; then the text is shaped, with a last font that takes what the
    others leave, so that what characters do to each other is seen too.
    """
    chain = chain_of(text, family, locale, faces)
    lacking = chain.lacking
    if not lacking and _spills(text, chain, locale, faces):
        lacking = tuple(one for one in clusters(text) if _spills(one, chain, locale, faces)) or (text,)
    return tuple(Missing(one, family, locale, _cure(one, faces)) for one in dict.fromkeys(lacking))


def pieces_of(text: str, color: int) -> tuple[Piece, ...]:
    """Return *text* in one colour, with what other fonts draw apart."""
    return tuple(Piece(text[run.start : run.end], color, run.kind) for run in runs(text))


def is_rtl(locale: str) -> bool:
    """Tell whether *locale* is written from right to left."""
    parsed = parse_locale(locale)
    return parsed is not None and parsed.text_direction == "rtl"


def _spills(text: str, chain: Chain, locale: str, faces: Faces) -> bool:
    """Tell whether a glyph of *text*, at either weight, comes from the last font."""
    return any(_width(text, chain, locale, faces, weight) > BLANK_EMS * _SIZE for weight in (REGULAR, HEAVY))


def _width(text: str, chain: Chain, locale: str, faces: Faces, weight: int) -> float:
    setting = Setting(
        families=tuple((kind, (*names, LAST_RESORT)) for kind, names in chain.families.items()),
        weight=weight,
        leading=1.0,
        centered=False,
        rtl=is_rtl(locale),
        locale=locale,
        faces=faces,
    )
    shaped = paragraph(pieces_of(text, skia.ColorBLACK), setting, _SIZE)
    shaped.layout(1e9)
    return float(shaped.MaxIntrinsicWidth)


def _cure(text: str, faces: Faces) -> str:
    if has_emoji(text) and not faces.emoji:
        return "run `reelmill weights fetch emoji`"
    return "take it out, or name a font file that has it as brand.fonts"
