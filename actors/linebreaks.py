"""Where lines may break and where not: joins words, binds prices, finds the pieces of unspaced scripts."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate

import budoux
import regex

from actors.fonts.shaping import Piece, Setting, paragraph

Spans = tuple[tuple[int, int], ...]
"""Start and end of each word of a text; ascending, apart from each other."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORDLESS = regex.compile(rf"[{_UNSPACED}]")
_TOUCHING = regex.compile(
    rf"[{_UNSPACED}\u3000-\u303F\uFF00-\uFF60ー]$|^[{_UNSPACED}\u3000-\u303F\uFF00-\uFF60ー]"
)
_SPACED = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}%]")

_NO_BREAK_SPACE, _WORD_JOINER = "\u00a0", "\u2060"
_UNITS = r"(?:%|‰|\p{Sc}|[A-Z]{3}\b|(?:kr|Kč|zł|Ft|lei|лв|ml|l|cl|g|kg|mg|cm|mm|m|h|min|W|Wh|mAh|GB|TB)\b)"
_GLUED = regex.compile(
    rf"(?<=\d) (?={_UNITS})|(?<=[\p{{Sc}}%]) (?=\d)|(?<=\b[A-Z]{{3}}) (?=\d)|(?<=\d) (?=\d{{3}}\b)"
    r"|(?<=[\p{L}\p{Nd}]) (?=[!?:;»](?:\s|$))|(?<=«) "
)
"""Spaces inside prices and measures, and before French marks."""
_ABUTTING = regex.compile(
    r"(?<=\d)(?=[元円원圆圓块塊万萬億亿折年月日時时分秒號号倍\uFF05%€£])|(?<=[¥￥$€£₩])(?=\d)"
    r"|(?<=\S)(?=[ーｰ々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰ-ㇿ])"
)
"""Places where a line could end although nothing stands between: inside prices, and before the marks and
small kana that begin no line (JIS X 4051; ICU allows it)."""

_EAST = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー]")

PHRASES = {
    "ja": budoux.load_default_japanese_parser,
    "zh": budoux.load_default_simplified_chinese_parser,
    "zh-Hant": budoux.load_default_traditional_chinese_parser,
}
"""The languages that part a line between any two characters, but read better parted between phrases."""

_SIZE, _WIDE, _UNBOUNDED = 16.0, 10_000.0, 1e9


def join(words: Sequence[str]) -> str:
    """Return *words* as one text: with spaces, but none beside letters of scripts that have none."""
    text = ""
    for word in words:
        text += ("" if not text or _abut(text, word) else " ") + word
    return text


def spans_of(text: str, words: Sequence[str]) -> Spans:
    """Return where *words*, joined by `join`, lie in *text*."""
    found, end = [], 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        found.append((start, end))
    return tuple(found)


def bind(text: str, spans: Spans, phrases: str = "") -> tuple[str, Spans]:
    """Return *text* and *spans* with prices kept on one line: ``250 €``, ``CHF 12``, ``12 000``, ``199元``.

    *phrases* names the language whose phrases are kept whole too, one of `PHRASES`.
    """
    text = _GLUED.sub(_NO_BREAK_SPACE, text)
    places = sorted({match.start() for match in _ABUTTING.finditer(text)} | _inside_phrases(text, phrases))

    def moved(place: int) -> int:
        return place + bisect_left(places, place)

    for place in reversed(places):
        text = text[:place] + _WORD_JOINER + text[place:]
    return text, tuple((moved(start), moved(end)) for start, end in spans)


def _inside_phrases(text: str, language: str) -> set[int]:
    """Return the places between Han or kana of *text* where a reader would not pause."""
    if not language:
        return set()
    ends = accumulate(len(phrase) for phrase in _parser(language).parse(text))
    pauses = {*ends, *(end for span in regex.finditer(r"\s", text) for end in span.span())}
    return {
        place
        for place in range(1, len(text))
        if place not in pauses and _EAST.search(text[place - 1 : place + 1])
    }


@cache
def _parser(language: str) -> budoux.Parser:
    return PHRASES[language]()


def plain(bound: str) -> str:
    """Return a text or part of one as it was before `bind`."""
    return bound.replace(_NO_BREAK_SPACE, " ").replace(_WORD_JOINER, "")


@lru_cache(maxsize=256)
def pieces_between_breaks(text: str, setting: Setting) -> Spans:
    """Return the words of *text*: what stands between spaces, and in scripts without, between line breaks."""
    found: list[tuple[int, int]] = []
    for match in regex.finditer(r"[^\s\u00a0]+", text):
        start, ends = match.start(), [match.end()]
        if _WORDLESS.search(match.group()):
            ends = [start + end for end in _breaks(match.group(), setting)] + ends
        for end in ends:
            found.append((start, end))
            start = end
    return tuple(found)


def widest_piece(pieces: Sequence[Piece], setting: Setting, size: float) -> float:
    """Return how wide the widest part of a text is that cannot be broken, in pixels."""
    shaped = paragraph([*pieces, Piece(" .", 0)], setting, size)  # without a space, one line counts as a part
    shaped.layout(_UNBOUNDED)
    return float(shaped.MinIntrinsicWidth)


def _abut(before: str, after: str) -> bool:
    if _SPACED.search(before[-1:]) and _SPACED.search(after[:1]):
        return False
    return bool(_TOUCHING.search(before[-1:]) or _TOUCHING.search(after[:1]))


def _breaks(text: str, setting: Setting) -> list[int]:
    """Return where a line of *text* may end.

    Skia tells only how wide the widest piece is that cannot be broken. So characters are spread far apart,
    one and then two neighbours: where they may be parted, the widest piece is as wide as with one of them.
    """
    parts = regex.findall(rf"\X(?:{_WORD_JOINER}\X)*", text)
    alone = [_spread_apart(parts, {index}, setting) for index in range(len(parts))]
    found, place = [], 0
    for index, part in enumerate(parts[:-1]):
        place += len(part)
        both = _spread_apart(parts, {index, index + 1}, setting)
        if both < max(alone[index], alone[index + 1]) + _WIDE / 2:
            found.append(place)
    return found


def _spread_apart(parts: list[str], spread: set[int], setting: Setting) -> float:
    spaced = [Piece(part, 0, spacing=_WIDE * (number in spread)) for number, part in enumerate(parts)]
    return widest_piece(spaced, setting, _SIZE)
