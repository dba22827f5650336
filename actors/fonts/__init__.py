"""Fonts: the packages', a brand's files, the emoji; which of them draw a text, and what none can."""

from actors.fonts.brand import FontFacts, open_font
from actors.fonts.faces import HEAVY, PACKAGED, REGULAR, Faces, faces_of, typeface_of
from actors.fonts.missing import Missing, missing
from actors.fonts.scripts import has_emoji
from actors.fonts.table import FONTS, FONTS_REVISION

__all__ = [
    "FONTS",
    "FONTS_REVISION",
    "HEAVY",
    "PACKAGED",
    "REGULAR",
    "Faces",
    "FontFacts",
    "Missing",
    "faces_of",
    "has_emoji",
    "missing",
    "open_font",
    "typeface_of",
]
