"""Cuts a text into pieces: each as it is written, with what is said meanwhile and the stop behind it."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from actors.voice.reading import reader
from schemas.errors import GenerationError

TEXT_MAX = 600
"""Characters of a text that is spoken: 40 seconds and more."""
_KEPT_INVISIBLE = "\u200c\u200d"
"""Joiners, with which Hindi and Persian are spelt."""
_FORBIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn"}
_STOPS = {
    **dict.fromkeys(".。।۔．", "."),
    **dict.fromkeys("!！", "!"),
    **dict.fromkeys("?？؟", "?"),
    **dict.fromkeys(",，、،", ","),
    **dict.fromkeys(";；؛", ";"),
    **dict.fromkeys(":：", ":"),
    **dict.fromkeys("—–", "—"),
    "…": "…",
}
_STRENGTH = ".?!…;:—,"
_ENDS = frozenset(".?!…")
_UNSPACED = frozenset({"ja", "zh"})
_WORDS = re.compile(r"\S+")

Cutter = Callable[[str], Iterable[str]]
"""Cuts what is written without spaces into words."""


class Piece(NamedTuple):
    """A word as it is written, or a price with its currency."""

    written: str
    said: str
    """Words without punctuation; never empty."""
    stop: str
    """The stop behind it, one of ``.?!…;:—,``, or empty."""
    spaced: bool
    """Whether a space stands before it."""

    @property
    def ends(self) -> bool:
        """Whether a sentence ends here."""
        return self.stop in _ENDS and bool(self.stop)


def clean(text: str) -> str:
    """Return *text* without control characters and with single spaces. Raises GenerationError if too long."""
    if len(text) > TEXT_MAX:
        raise GenerationError(
            f"voiceover: {len(text)} characters; a voice speaks at most {TEXT_MAX}: shorten it"
        )
    kept = (
        one if not _invisible(one) else " " if one.isspace() else ""
        for one in unicodedata.normalize("NFC", text)
    )
    return re.sub(r"[^\S\u00a0\u202f]+", " ", "".join(kept)).strip()


def cut(text: str, locale: str, cutter: Cutter | None = None) -> tuple[Piece, ...]:
    """Cut *text* of the BCP 47 *locale*; *cutter* finds the words of languages written without spaces."""
    text = clean(text)
    language = locale.partition("-")[0].lower()
    read = reader(locale)
    spans = read.spans(text) if read else []
    found: list[Piece] = []
    for begin, end in _bounds(text, spans, cutter if language in _UNSPACED else None):
        said = _said(text, begin, end, spans)
        stop = _stop(text[begin:end])
        spaced = begin > 0 and text[begin - 1].isspace()
        if said:
            found.append(Piece(text[begin:end], said, stop, spaced))
        elif found:
            last = found[-1]
            written = last.written + (" " if spaced else "") + text[begin:end]
            found[-1] = last._replace(written=written, stop=_stronger(last.stop, stop))
    return tuple(found)


def _invisible(one: str) -> bool:
    return unicodedata.category(one) in _FORBIDDEN and one not in _KEPT_INVISIBLE


def _bounds(text: str, spans: list[tuple[int, int, str]], cutter: Cutter | None) -> list[tuple[int, int]]:
    """Return begin and end of every piece: at spaces outside of *spans*, and where *cutter* cuts."""
    inside = {position for begin, end, _ in spans for position in range(begin, end)}
    gaps = [at for at, one in enumerate(text) if one.isspace() and at not in inside]
    ends = [*gaps, len(text)]
    chunks = [
        (begin, end) for begin, end in zip([0, *(gap + 1 for gap in gaps)], ends, strict=True) if begin < end
    ]
    if cutter is None:
        return chunks
    return [bound for chunk in chunks for bound in _words(text, chunk, spans, cutter)]


def _words(
    text: str, chunk: tuple[int, int], spans: list[tuple[int, int, str]], cutter: Cutter
) -> list[tuple[int, int]]:
    """Cut one *chunk* without spaces; a span is a word by itself."""
    bounds, at = [], chunk[0]
    for begin, end, _ in [
        *(span for span in spans if chunk[0] <= span[0] < chunk[1]),
        (chunk[1], chunk[1], ""),
    ]:
        for word in cutter(text[at:begin]) if at < begin else ():
            bounds.append((at, at + len(word)))
            at += len(word)
        if begin < end:
            bounds.append((begin, end))
        at = end
    return bounds


def _said(text: str, begin: int, end: int, spans: list[tuple[int, int, str]]) -> str:
    """Return what is said of ``text[begin:end]``, its spans read and its punctuation left out."""
    said, at = "", begin
    for first, last, words in spans:
        if begin <= first and last <= end:
            said += f"{_spoken_letters(text[at:first])} {words} "
            at = last
    said += _spoken_letters(text[at:end])
    return " ".join(said.split())


def _spoken_letters(text: str) -> str:
    """Keep letters, marks and what binds them: apostrophes and hyphens inside words."""
    kept = "".join(
        one if unicodedata.category(one)[0] in "LMN" or one in "'’-ー゛゜・.@" + _KEPT_INVISIBLE else " "
        for one in text
    )
    kept = re.sub(r"(?<![^\W\d_])[.'’@-]|[.'’@-](?![^\W\d_])", " ", kept)
    return kept.replace("’", "'")


def _stop(text: str) -> str:
    """Return the stop at the end of *text*, if any, behind which quotes and brackets may stand."""
    stop = ""
    for one in reversed(text):
        if one in _STOPS:
            stop = _stronger(stop, _STOPS[one])
        elif one.isalnum() or unicodedata.category(one) in {"Sc", "Mn", "Mc"} or one == "%":
            break
    return stop


def _stronger(one: str, other: str) -> str:
    known = [stop for stop in (one, other) if stop]
    return min(known, key=_STRENGTH.index) if known else ""
