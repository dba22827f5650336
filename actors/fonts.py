"""Finds fonts: families by name, the scripts behind them, and characters that none of them has.

Only fonts from pinned packages are used, never the machine's own, so that every machine draws the same text.
All are under the SIL Open Font License 1.1.
"""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import skia

from schemas.errors import MediaError
from schemas.money import parse_locale
from schemas.record import Record, content_key

_WEIGHT_AXIS = 0x77676874  # "wght"

REGULAR, HEAVY = 400, 900
"""The two weights in use: between them skia-python 144.1 draws some letters of Noto Sans too bold."""


class FontFile(Record):
    """One variable font inside a package."""

    package: str
    path: str
    sha256: str


FONTS = {
    "Noto Sans": FontFile(
        package="justmytype_western_core",
        path="notosans/NotoSans[wdth,wght].ttf",
        sha256="bfb7bb691513f12e734dc346c03a03f784912432d7e3fa8e56efcf906fe86b3d",
    ),
    "Noto Serif": FontFile(
        package="justmytype_western_core",
        path="notoserif/NotoSerif[wdth,wght].ttf",
        sha256="4d8e6761424656867019081a1a01336f3cb086982682698714054fc33f782713",
    ),
    "Inter": FontFile(
        package="justmytype_western_core",
        path="inter/Inter[opsz,wght].ttf",
        sha256="29160a80ff49ddcab2c97711247e08b1fab27a484a329ce8b813d820dc559031",
    ),
    "Source Serif 4": FontFile(
        package="justmytype_western_core",
        path="sourceserif4/SourceSerif4[opsz,wght].ttf",
        sha256="97b2d4da6e3cb494b5a1e66ae176914d852ccabef49e0c02c0df25f3e39aca0b",
    ),
    "Noto Sans Arabic": FontFile(
        package="justmytype_intl_rtl",
        path="notosansarabic/NotoSansArabic[wdth,wght].ttf",
        sha256="63111b5b2e074dd48cc67692e0a2726d86ee94c1c37fe8598257b7b4e87e869e",
    ),
    "Noto Sans Hebrew": FontFile(
        package="justmytype_intl_rtl",
        path="notosanshebrew/NotoSansHebrew[wdth,wght].ttf",
        sha256="7ef36a2c3593758cdb622e1bdef4f84523e92fbc3ccc667438dd80ff54c2de88",
    ),
    "Noto Sans SC": FontFile(
        package="justmytype_intl_cjk",
        path="notosanssc/NotoSansSC[wght].ttf",
        sha256="a3041811a78c361b1de50f953c805e0244951c21c5bd412f7232ef0d899af0da",
    ),
    "Noto Sans TC": FontFile(
        package="justmytype_intl_cjk",
        path="notosanstc/NotoSansTC[wght].ttf",
        sha256="864727d210d54f2537bbe23b3a839436c3992af72de9322af5270897246bd44f",
    ),
    "Noto Sans JP": FontFile(
        package="justmytype_intl_cjk",
        path="notosansjp/NotoSansJP[wght].ttf",
        sha256="c2f3b4d463500a2ddcd3849cded1fceeb9fd6d1c32e6cbecd568453ba50fc68f",
    ),
    "Noto Sans KR": FontFile(
        package="justmytype_intl_cjk",
        path="notosanskr/NotoSansKR[wght].ttf",
        sha256="194018e6b2b293a7964f037b25c0249ce1418bc9ab3c971060a03aa57861e252",
    ),
}

FONTS_REVISION = content_key({name: font.sha256 for name, font in FONTS.items()})[:12]

_SCRIPTS = {
    "ar": "Noto Sans Arabic",
    "fa": "Noto Sans Arabic",
    "ur": "Noto Sans Arabic",
    "he": "Noto Sans Hebrew",
    "ja": "Noto Sans JP",
    "ko": "Noto Sans KR",
    "zh": "Noto Sans SC",
    "zh-Hant": "Noto Sans TC",
}
"""The family that writes a language. Han characters look different in each, so the locale decides."""

_TRADITIONAL = {"TW", "HK", "MO"}


def families_for(family: str, locale: str) -> tuple[str, ...]:
    """Return *family* and what stands in for the characters that it lacks, the locale's script first."""
    parsed = parse_locale(locale)
    language = parsed.language if parsed else ""
    if parsed and language == "zh" and (parsed.script == "Hant" or parsed.territory in _TRADITIONAL):
        language = "zh-Hant"
    chain = [family, _SCRIPTS.get(language, "Noto Sans"), "Noto Sans", *sorted(set(_SCRIPTS.values()))]
    return tuple(dict.fromkeys(chain))


def missing_characters(text: str, family: str, locale: str) -> str:
    """Return the characters of *text* that no font of the chain can draw, each once."""
    lacking = [char for char in dict.fromkeys(text) if char.isprintable() and not char.isspace()]
    for name in families_for(family, locale):
        if not lacking:
            break  # a font is a file of up to 17 MB: those that nothing needs are not opened
        face = typeface_of(name, REGULAR)
        lacking = [char for char in lacking if not face.unicharToGlyph(ord(char))]
    return "".join(lacking)


@cache
def typeface_of(family: str, weight: int) -> skia.Typeface:
    """Return *family* at *weight*, REGULAR or HEAVY."""
    position = skia.FontArguments.VariationPosition
    coordinates = position.Coordinates([position.Coordinate(_WEIGHT_AXIS, weight)])
    arguments = skia.FontArguments()
    arguments.setVariationDesignPosition(position(coordinates))
    return _empty_machine().makeFromData(_content(family)).makeClone(arguments)


@cache
def _empty_machine() -> skia.FontMgr:
    """Return a font manager without any font; skia's own would read the machine's list, and warn of it."""
    return skia.FontMgr.New_Custom_Empty()


@cache
def _content(family: str) -> skia.Data:
    path = _font_path(FONTS[family])
    content = skia.Data.MakeFromFileName(str(path))  # mapped: processes share one copy
    if content is None or hashlib.sha256(memoryview(content)).hexdigest() != FONTS[family].sha256:
        raise MediaError(
            f"{family}: {path.name} is not the file that was tested; reinstall {FONTS[family].package}"
        )
    return content


def _font_path(font: FontFile) -> Path:
    return Path(str(files(font.package))) / "fonts" / "ofl" / font.path
