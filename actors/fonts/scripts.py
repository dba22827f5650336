"""Decides which fonts draw a text: character by character as people see them, the fewest fonts opened."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, cast

import regex

from actors.fonts.faces import PACKAGED, Faces, has_glyph
from schemas.money import parse_locale

_SCRIPTS = {
    "Arabic": ("Noto Sans Arabic",),
    "Bengali": ("Noto Sans Bengali",),
    "Devanagari": ("Noto Sans Devanagari",),
    "Ethiopic": ("Noto Sans Ethiopic",),
    "Han": ("Noto Sans SC", "Noto Sans JP", "Noto Sans TC", "Noto Sans KR"),
    "Hangul": ("Noto Sans KR",),
    "Hebrew": ("Noto Sans Hebrew",),
    "Hiragana": ("Noto Sans JP",),
    "Katakana": ("Noto Sans JP",),
    "Khmer": ("Noto Sans Khmer",),
    "Lao": ("Noto Sans Lao",),
    "Myanmar": ("Noto Sans Myanmar",),
    "Tamil": ("Noto Sans Tamil",),
    "Telugu": ("Noto Sans Telugu",),
    "Thai": ("Noto Sans Thai",),
}
"""The families beside Noto Sans that write a script, best first."""
_SCRIPT = regex.compile("|".join(rf"(?P<{name}>\p{{Script_Extensions={name}}})" for name in _SCRIPTS))
_HAN_WRITERS = {"Han", "Hangul", "Hiragana", "Katakana"}
_OF_SCRIPT = {name: regex.compile(rf"\p{{Script_Extensions={name}}}") for name in _SCRIPTS}
_WRITTEN = {
    language: script
    for script, languages in {
        "Arabic": "ar ckb fa ps ug ur",
        "Bengali": "as bn",
        "Devanagari": "hi mr ne",
        "Ethiopic": "am ti",
        "Han": "zh",
        "Hangul": "ko",
        "Hebrew": "he yi",
        "Katakana": "ja",
        "Khmer": "km",
        "Lao": "lo",
        "Myanmar": "my",
        "Tamil": "ta",
        "Telugu": "te",
        "Thai": "th",
    }.items()
    for language in languages.split()
}
"""The script of a language, where it is none of the alphabets that Noto Sans has."""
_EAST_ASIAN = {"ja": "Noto Sans JP", "ko": "Noto Sans KR", "zh": "Noto Sans SC", "zh-Hant": "Noto Sans TC"}
"""The family of a language that writes Han characters, which look different in each."""
_TRADITIONAL = {"TW", "HK", "MO"}

_ELEMENT = r"\p{Emoji}(?:\p{EMod}|\uFE0F?\u20E3|\uFE0F|[\U000E0020-\U000E007E]+\U000E007F)?"
_SEQUENCE = regex.compile(rf"\p{{RI}}\p{{RI}}|{_ELEMENT}(?:\u200D{_ELEMENT})*")
"""What Unicode's TR 51 calls a possible emoji."""
_PICTURE = regex.compile(r"[\p{EPres}\uFE0F\u20E3]|.\p{EMod}|\u200D")
"""What makes a possible emoji one that is shown as a picture."""
_EAST = r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303F\uFF00-\uFF60\u2060]"
_QUOTES = regex.compile(rf"(?<={_EAST})[“”‘’…—·]+|[“”‘’…—·]+(?={_EAST})")  # noqa: RUF001 (they are meant)
_TEXT_STYLE = "\ufe0e"
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}--\n]", regex.V1)
"""What has no look; skia ends the text at U+0000."""
_BARE_MARK = regex.compile(r"[\p{Mn}\p{Me}]")
"""A mark with nothing to stand on: shapers put a dotted ring or an empty box under it."""
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Zs}\n]")


Kind = Literal["letters", "emoji", "quotes"]


class Run(NamedTuple):
    """A part of a text that one list of fonts draws."""

    start: int
    end: int
    kind: Kind
    """*quotes* are the marks that Latin and Chinese write with the same characters, beside Han or kana."""


def runs(text: str) -> tuple[Run, ...]:
    """Divide *text* by what draws it; ``©`` and ``☀`` are emoji only where U+FE0F follows."""
    special: dict[tuple[int, int], Kind] = {match.span(): "quotes" for match in _QUOTES.finditer(text)}
    for match in _SEQUENCE.finditer(text):
        if _PICTURE.search(match.group()) and text[match.end() : match.end() + 1] != _TEXT_STYLE:
            special[match.span()] = "emoji"
    found, place = [], 0
    for (start, end), kind in sorted(special.items()):
        found += [Run(place, start, "letters"), Run(start, end, kind)]
        place = end
    return tuple(run for run in (*found, Run(place, len(text), "letters")) if run.start < run.end)


def has_emoji(text: str) -> bool:
    """Tell whether *text* needs the colour emoji."""
    return any(run.kind == "emoji" for run in runs(text))


class Chain(NamedTuple):
    """The fonts that draw a text, and what none of them can."""

    families: dict[Kind, tuple[str, ...]]
    """By what they draw, in the order in which they are asked."""
    lacking: tuple[str, ...]
    """The characters, as people see them, that no font has whole; each once."""


@lru_cache(maxsize=2048)
def chain_of(text: str, family: str, locale: str, faces: Faces = PACKAGED) -> Chain:
    """Return the fonts that *text* needs, *family* first, then what writes *locale*."""
    used: dict[str, bool] = {family: True}
    lacking: dict[str, bool] = {}
    for run in runs(text):
        part = text[run.start : run.end]
        for cluster in [part] if run.kind == "emoji" else clusters(part):
            picture = faces.emoji if _pictured(part, faces) else None
            drawer = picture if run.kind == "emoji" else _drawer(cluster, family, locale, faces)
            (used if drawer else lacking)[drawer or cluster] = True
    wide = _EAST_ASIAN.get(language_of(locale))
    first = {"letters": family, "emoji": faces.emoji, "quotes": wide if wide in used else family}
    families = {kind: tuple(dict.fromkeys((*filter(None, [name]), *used))) for kind, name in first.items()}
    return Chain(cast("dict[Kind, tuple[str, ...]]", families), tuple(lacking))


def clusters(text: str) -> list[str]:
    """Divide *text* into characters as people see them (Unicode's extended grapheme clusters)."""
    return regex.findall(r"\X", text)  # type: ignore[no-any-return]


def scripts(text: str) -> set[str]:
    """Return the scripts of *text* beside Latin, Greek and Cyrillic."""
    return {match.lastgroup for match in _SCRIPT.finditer(text)}


def _drawer(cluster: str, family: str, locale: str, faces: Faces) -> str | None:
    """Return the first font that has *cluster* whole, composed or decomposed."""
    if _CONTROL.search(cluster) or _BARE_MARK.match(_visible(cluster)):
        return None
    forms = [_visible(unicodedata.normalize(form, cluster)) for form in ("NFC", "NFD")]
    for name in _candidates(cluster, family, locale, faces):
        if any(all(has_glyph(name, char, faces) for char in form) for form in forms):
            return name
    return None


def _pictured(picture: str, faces: Faces) -> bool:
    return bool(faces.emoji) and all(has_glyph(faces.emoji, char, faces) for char in _visible(picture))


def _visible(cluster: str) -> str:
    return str(_INVISIBLE.sub("", cluster))


def _candidates(cluster: str, family: str, locale: str, faces: Faces) -> Iterator[str]:
    """Yield the fonts that may have *cluster*, each once; a font may be 17 MB, so the order counts."""
    language = language_of(locale)
    script = _WRITTEN.get(language.partition("-")[0], "")
    other = _SCRIPT.search(cluster)
    names = [family]
    if not other:
        names += [_EAST_ASIAN.get(language, "Noto Sans"), *_SCRIPTS.get(script, ())[:1], "Noto Sans"]
        names += ["Noto Sans Symbols 2", *_EAST_ASIAN.values(), *([faces.emoji] if faces.emoji else [])]
    elif script and _OF_SCRIPT[script].search(cluster):
        names += [_EAST_ASIAN.get(language, family), *_SCRIPTS[script]]
    if other:
        names += [_EAST_ASIAN.get(language, family)] if other.lastgroup in _HAN_WRITERS else []
        names += [*_SCRIPTS[other.lastgroup], "Noto Sans"]
    yield from dict.fromkeys(names)


def language_of(locale: str) -> str:
    """Return the language of *locale*; Chinese in traditional characters is ``zh-Hant``."""
    parsed = parse_locale(locale)
    if parsed is None:
        return ""
    if parsed.language == "zh" and (parsed.script == "Hant" or parsed.territory in _TRADITIONAL):
        return "zh-Hant"
    return str(parsed.language)
