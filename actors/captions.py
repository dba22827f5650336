"""Writes captions as files: words or texts broken into cues, SubRip (SRT) and WebVTT (W3C, 2019).

Lines of at most 42 columns, two a cue, 20 characters a second, two frames between cues: Netflix's Timed Text
Style Guide (general requirements, 2024); 16 full-width characters where a script has those, as its guide for
Japanese and Chinese.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wcwidth import iter_graphemes, wcswidth

from schemas.errors import MediaError
from schemas.media import Word
from schemas.record import Record

_COLUMNS = 42
_COLUMNS_WIDE = 32
"""16 characters of two columns."""
_SECONDS_MIN = 0.8
_SECONDS_MAX = 7.0
_GAP = 2 / 30
"""Seconds between cues: two frames."""
_PER_SECOND = 20
"""Characters that are read in a second."""
_PAUSE = 0.6
"""Seconds of silence at which a cue ends."""
_SENTENCE = re.compile(r"[.!?…。\uff01\uff1f؟।]['\"”\u2019»)\]」』]*$")
_CLAUSE = re.compile(r"[.!?…。\uff01\uff1f؟।,;:\u2013—、\uff0c\uff1b\uff1a،]['\"”\u2019»)\]」』]*$")
_NUMBER = re.compile(r"\d")
_UNIT = re.compile(
    r"^([^\w\s]+|[A-Z]{3}|k?g|m?l|[ckm]?m|h|min|zł|kr|Kč|Ft|lei|лв|\u0440\u0443\u0431|ден|元|円|원|บาท)[.,!?]*$"
)
"""What belongs to the number beside it: a currency, a unit, a sign."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""Characters of scripts that put no spaces between words: Thai, Lao, Chinese, Japanese."""
_CLOSING = re.compile(
    r"^[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\u300d\u300f\uff09\u30fc\u3005ぁぃぅぇぉっゃゅょァィゥェォッャュョ%)]"
)
"""What begins no line."""
_OPENING = re.compile(r"[\u300c\u300e\uff08(¥￥$€£]$")
"""What ends none."""


class _Piece(NamedTuple):
    """What stays together, and when it is said."""

    text: str
    start: float
    end: float
    spaced: bool
    """Whether a space comes before it on a line."""


class Cue(Record):
    """What is shown at once."""

    lines: tuple[str, ...]
    """One or two; no line breaks in them."""
    start: float
    """Seconds of the ad."""
    end: float


def said(words: Iterable[Word], text: str = "", *, seconds: float) -> tuple[Cue, ...]:
    """Return the cues of *words*, whose times are those of an ad of *seconds*.

    They are joined as in *text*, from which they are cut; by spaces where it does not have them.
    """
    ordered = sorted(words, key=lambda word: word.start)
    pieces = [
        piece
        for word, spaced in zip(ordered, _spaced(ordered, text), strict=True)
        for piece in _pieces(word.text, word.start, word.end, spaced=spaced)
    ]
    return _timed(_merged(_grouped(_together(pieces))), seconds)


def shown(texts: Iterable[tuple[str, float, float]]) -> tuple[Cue, ...]:
    """Return the cues of (text, start, end), in seconds of the ad, in order; empty texts are left out.

    A text that is too long for one cue is shown in parts, each as long as its share of the characters.
    """
    groups: list[list[_Piece]] = []
    last = 0.0
    for text, start, end in texts:
        pieces = _together(_pieces(text, start, end))
        groups += [] if _fits(pieces) and pieces else _merged(_grouped(pieces))
        groups += [pieces] if _fits(pieces) and pieces else []
        last = max(last, end)
    return _timed(groups, last)


def srt(cues: Sequence[Cue]) -> str:
    """Return *cues* as SubRip: numbered, comma before milliseconds, LF. Raises MediaError for none.

    LinkedIn and Meta take UTF-8; LF is what both accept, and what their own downloads have.
    """
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "\n".join(map(_directed, cue.lines))
        + "\n"
        for number, cue in enumerate(_some(cues), 1)
    )
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue]) -> str:
    """Return *cues* as WebVTT; what would be a tag is escaped. Raises MediaError for none."""
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
        + "\n".join(_escaped(_directed(line)) for line in cue.lines)
        + "\n"
        for cue in _some(cues)
    )
    return "WEBVTT\n\n" + "\n".join(blocks)


def _some(cues: Sequence[Cue]) -> Sequence[Cue]:
    if not cues:
        raise MediaError("no words to write as captions; write no file")
    return cues


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, mark: str) -> str:
    whole = max(0, round(seconds * 1000))
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{mark}{whole % 1000:03}"


def _directed(line: str) -> str:
    """Return *line*, marked by U+200F where it is right-to-left but begins with Latin, as a brand does.

    Players order a line by its first strong character (WebVTT, section 6.4; Unicode Bidirectional Algorithm).
    """
    strong = [kind for kind in map(unicodedata.bidirectional, line) if kind in {"L", "R", "AL"}]
    leftward = sum(kind != "L" for kind in strong)
    return f"\u200f{line}" if strong and strong[0] == "L" and 2 * leftward > len(strong) else line


def _plain(text: str) -> str:
    """Return *text* on one line, without control characters, and with no arrow as of times."""
    kept = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} else char for char in text)
    return re.sub(" +", " ", kept.replace("-->", "→")).strip()


def _spaced(words: Iterable[Word], text: str) -> Iterator[bool]:
    """Yield for each of *words* whether a space stands before it in *text*."""
    at = 0
    for word in words:
        begin = text.find(word.text, at)
        yield begin != at
        at = begin + len(word.text) if begin >= 0 else at


def _pieces(text: str, start: float, end: float, *, spaced: bool = True) -> list[_Piece]:
    """Break *text* where a line may end; each piece gets its share of the time, by its length."""
    parts = [
        (part, not number) for word in _plain(text).split(" ") for number, part in enumerate(_atoms(word))
    ]
    parts[:1] = [(part, spaced) for part, _ in parts[:1]]
    whole = sum(_columns(part) for part, _ in parts) or 1
    pieces, here = [], start
    for part, apart in parts:
        until = here + (end - start) * _columns(part) / whole
        pieces.append(_Piece(part, here, until, apart))
        here = until
    return pieces


def _atoms(word: str) -> Iterator[str]:
    """Yield what of *word* stays together: all of it, but single characters where there are no spaces."""
    atom = ""
    for character in iter_graphemes(word):
        free = _UNSPACED.search(atom[-1:]) or _UNSPACED.search(character)
        if atom and (
            (free and not _CLOSING.match(character) and not _OPENING.search(atom))
            or _columns(atom + character) > _COLUMNS_WIDE
        ):
            yield atom
            atom = ""
        atom += character
    if atom:
        yield atom


def _together(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join numbers to their currencies and units, and to the digits that follow."""
    joined: list[_Piece] = []
    for piece in pieces:
        if (
            joined
            and _belong(joined[-1].text, piece.text)
            and _columns(joined[-1].text + piece.text) < _COLUMNS_WIDE
        ):
            before = joined.pop()
            text = _line([before, piece])
            joined.append(_Piece(text, before.start, piece.end, before.spaced))
        else:
            joined.append(piece)
    return joined


def _belong(before: str, after: str) -> bool:
    if _NUMBER.search(after[:2]) and (_NUMBER.search(before[-1:]) or _UNIT.match(before)):
        return True
    return bool(_NUMBER.search(before) and _UNIT.match(after))


def _grouped(pieces: Iterable[_Piece]) -> list[list[_Piece]]:
    """Return what is shown at once: a sentence, or as much of it as fits, up to its last comma."""
    groups: list[list[_Piece]] = []
    group: list[_Piece] = []
    for piece in pieces:
        if group and _ends(group, piece):
            groups.append(group)
            group = []
        while group and not _fits([*group, piece]):
            cut = _last_clause(group)
            groups.append(group[:cut])
            group = group[cut:]
        group = [*group, piece]
    return [*groups, group] if group else groups


def _ends(group: list[_Piece], piece: _Piece) -> bool:
    last = group[-1]
    long = last.end - group[0].start >= _SECONDS_MIN
    return bool(
        piece.start - last.end >= _PAUSE
        or piece.end - group[0].start > _SECONDS_MAX
        or (long and _SENTENCE.search(last.text))
    )


def _last_clause(group: list[_Piece]) -> int:
    """Return how many pieces lie before the last comma or stop in the second half of *group*; else all."""
    found = [number for number, piece in enumerate(group, 1) if _CLAUSE.search(piece.text)]
    return found[-1] if found and 2 * found[-1] >= len(group) else len(group)


def _merged(groups: list[list[_Piece]]) -> list[list[_Piece]]:
    """Put groups that are too short to be read together with the next, where both fit."""
    merged: list[list[_Piece]] = []
    for group in groups:
        before = merged[-1] if merged else []
        if before and _brief(before, group, last=group is groups[-1]) and _fits([*before, *group]):
            merged[-1] = [*before, *group]
        else:
            merged.append(group)
    return merged


def _brief(before: list[_Piece], group: list[_Piece], *, last: bool) -> bool:
    """Tell whether there is too little time for *before*, or for *group*, which is the *last*."""
    if group[-1].end - before[0].start > _SECONDS_MAX or group[0].start - before[-1].end >= _PAUSE:
        return False
    return group[0].start - _GAP - before[0].start < _SECONDS_MIN or (
        last and group[-1].end - group[0].start < _SECONDS_MIN
    )


def _timed(groups: list[list[_Piece]], seconds: float) -> tuple[Cue, ...]:
    """Return cues that stay long enough to be read, where the next one lets them."""
    cues = []
    until = [*(group[0].start - _GAP for group in groups[1:]), seconds][: len(groups)]
    for group, latest in zip(groups, until, strict=True):
        lines, start = _lines(group), max(0.0, group[0].start)
        read = max(_SECONDS_MIN, sum(map(len, lines)) / _PER_SECOND)
        end = min(max(group[-1].end, start + read), latest, start + _SECONDS_MAX)
        if end > start:
            cues.append(Cue(lines=lines, start=start, end=end))
    return tuple(cues)


def _fits(pieces: Sequence[_Piece]) -> bool:
    return bool(pieces) and _broken(pieces) is not None


def _lines(pieces: Sequence[_Piece]) -> tuple[str, ...]:
    """Return *pieces*, which fit, on one line or two."""
    at = _broken(pieces) or 0
    return tuple(_line(part) for part in (pieces[:at], pieces[at:]) if part)


def _broken(pieces: Sequence[_Piece]) -> int | None:
    """Return before which piece the second line begins, 0 for one line; None where two are too few.

    After a comma or stop if there is one, else where both are about as long.
    """
    wide = any(_columns(piece.text) > len(piece.text) for piece in pieces)
    most = _COLUMNS_WIDE if wide else _COLUMNS
    if _columns(_line(pieces)) <= most:
        return 0
    best, least = None, float("inf")
    for at in range(1, len(pieces)):
        upper, lower = _columns(_line(pieces[:at])), _columns(_line(pieces[at:]))
        cost = abs(upper - lower) - (most / 2 if _CLAUSE.search(pieces[at - 1].text) else 0)
        if max(upper, lower) <= most and cost < least:
            best, least = at, cost
    return best


def _line(pieces: Sequence[_Piece]) -> str:
    return "".join(f" {piece.text}" if piece.spaced else piece.text for piece in pieces).strip()


def _columns(text: str) -> int:
    return max(1, wcswidth(text)) if text else 0
