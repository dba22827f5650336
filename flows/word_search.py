"""Finds words and phrases in texts of any script, also where they are written to be overlooked.

Texts and phrases are brought to one form: Unicode's compatibility form (NFKC), folded case, no accents and no
characters without a shape. Words are runs of letters, marks and digits by Unicode category; in scripts that
put no space between words, a phrase may stand inside such a run.

Then the text is read anew with its disguises undone: ``p0rn`` and ``p@rn``, ``p o r n``, ``pooorn``, and
Cyrillic or Greek letters in a Latin word. Nothing here is a regular expression, and the time is in proportion
to text times phrases, so a list from a stranger can do no harm.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0\u0640")
"""Fillers that are no format characters by category, and the Arabic letter that only stretches a word."""
_TELLING = frozenset("\u3099\u309a")
"""Marks that make another letter of a kana, not an accented one."""
_SPACELESS = ("CJK ", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "\u20ac": "e"}
_ONES = "1!|"
"""Read as i, and in another reading as l."""
_LOOKALIKES = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0455\u0458"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
    "abekmhopctyxisjaeikvoptux",
)
_STAR_LETTERS_MIN = 3
_RUN = 3
"""So many single letters in a row are a word spelt out, and so many equal letters in a row are one."""


class Hit(NamedTuple):
    """A phrase that stands in a text."""

    phrase: str
    """As the list writes it."""
    written: str
    """As the text does."""


class _Token(NamedTuple):
    """A word in the common form."""

    text: str
    start: int
    """Place in the original text."""
    end: int


class _Match(NamedTuple):
    phrase: str
    start: int
    end: int


class Phrases:
    """A list of words and phrases, ready to be looked for."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Raises ValueError for a phrase without letters, or with a star beside too few."""
        self._starts: dict[str, list[tuple[str, list[str]]]] = {}
        self._starred: list[tuple[str, list[str]]] = []
        self._known: dict[str, list[tuple[str, list[str]]]] = {}
        for phrase in phrases:
            words = _patterns(phrase)
            if "*" in words[0]:
                self._starred.append((phrase, words))
            else:
                self._starts.setdefault(words[0], []).append((phrase, words))

    def matches(self, tokens: Sequence[_Token]) -> Iterator[_Match]:
        """Yield every place of every phrase, word by word of the text."""
        for n, token in enumerate(tokens):
            for phrase, words in self._beginning(token.text):
                if _stand_at(words, tokens, n):
                    yield _Match(phrase, *_span(words, tokens[n : n + len(words)]))

    def _beginning(self, word: str) -> list[tuple[str, list[str]]]:
        """Return the phrases that begin with *word*; a brief repeats its words."""
        if (found := self._known.get(word)) is None:
            ascii_only = word.isascii()  # then most of the list, which is not, need not be compared
            starred = (
                one
                for one in self._starred
                if (one[1][0].isascii() or not ascii_only) and _is(one[1][0], word)
            )
            found = self._known[word] = [*self._starts.get(word, ()), *starred]
        return found


class Text:
    """A text, read in every way in which words may be written in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        ones = ("i", "l") if any(one in text for one in _ONES) else ("i",)
        readings = [[*_tokens(text, "")], *([*_undisguised(_tokens(text, one))] for one in ones)]
        self._readings = [one for n, one in enumerate(readings) if one not in readings[:n]]

    def find(self, phrases: Phrases, spared: Phrases) -> Hit | None:
        """Return the first of *phrases* in the text that no phrase of *spared* covers."""
        for tokens in self._readings:
            around: list[_Match] | None = None
            for match in phrases.matches(tokens):
                around = [*spared.matches(tokens)] if around is None else around
                if not any(one.start <= match.start and match.end <= one.end for one in around):
                    return Hit(match.phrase, self.text[match.start : match.end])
        return None


def is_latin(text: str) -> bool:
    """Tell whether nine of ten letters of *text* are Latin; a text without letters is."""
    letters = [char for char in unicodedata.normalize("NFKC", text) if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    return latin >= len(letters) * 0.9


def _patterns(phrase: str) -> list[str]:
    """Return the words of a phrase as tokens are written, with stars where more letters may stand."""
    words: list[str] = []
    for part in phrase.split():
        tokens = [token.text for token in _tokens(part.strip("*"), "")]
        if not tokens:
            raise ValueError("has a word without letters")
        letters = unicodedata.normalize("NFKD", "".join(tokens))  # a Korean syllable is two or three
        if "*" in part and len(letters) < _STAR_LETTERS_MIN:
            raise ValueError(f"has a star beside fewer than {_STAR_LETTERS_MIN} letters")
        tokens[0] = "*" * part.startswith("*") + tokens[0]
        tokens[-1] += "*" * part.endswith("*")
        words += tokens
    if not words:
        raise ValueError("has no letters")
    if any(_is_spaceless(char) for word in words for char in word):
        words[0] = "*" + words[0].removeprefix("*")
        words[-1] = words[-1].removesuffix("*") + "*"
    return words


def _stand_at(words: Sequence[str], tokens: Sequence[_Token], start: int) -> bool:
    if start + len(words) > len(tokens):
        return False
    return all(_is(word, tokens[start + n].text) for n, word in enumerate(words))


def _is(word: str, token: str) -> bool:
    if word.startswith("*"):
        return word.strip("*") in token if word.endswith("*") else token.endswith(word[1:])
    return token.startswith(word[:-1]) if word.endswith("*") else token == word


def _span(words: Sequence[str], tokens: Sequence[_Token]) -> tuple[int, int]:
    """Return where the words stand; inside a run without spaces as near as the characters tell."""
    first, last = tokens[0], tokens[-1]
    if len(words) > 1 or not (words[0].startswith("*") and words[0].endswith("*")):
        return first.start, last.end
    if len(first.text) != first.end - first.start:
        return first.start, last.end
    start = first.start + first.text.index(words[0].strip("*"))
    return start, start + len(words[0].strip("*"))


def _tokens(text: str, one: str) -> Iterator[_Token]:
    """Split *text* into words; with *one*, the letter for 1, signs that stand for letters belong to words."""
    signs = {**_LEET, **dict.fromkeys(_ONES, one)} if one else {}
    parts: list[str] = []
    start = end = 0
    for n, char in enumerate(f"{text} "):
        for part in _folded(char):
            if _is_letter(part) or (part in signs and (parts or part not in _ONES)):
                start = start if parts else n
                parts.append(part)
                end = n + 1
            elif parts:
                yield _Token(_word(parts, signs), start, end)
                parts = []


def _word(parts: Sequence[str], signs: dict[str, str]) -> str:
    word = "".join(parts)
    bare = word.rstrip(_ONES[1:])  # an exclamation mark ends words more often than it stands for i
    if signs and any(part.isalpha() for part in bare):
        word = "".join(signs.get(part, part) for part in bare)
        if any("a" <= part <= "z" for part in bare):
            word = word.translate(_LOOKALIKES)
    return unicodedata.normalize("NFC", word)


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    """Return what *char* is in the common form: nothing, one character, or several."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(part for part in parts if not _is_shapeless(part))


def _is_shapeless(char: str) -> bool:
    return (
        char in _SHAPELESS
        or unicodedata.category(char) in {"Cf", "Me"}
        or (unicodedata.combining(char) != 0 and char not in _TELLING)
        or "VARIATION SELECTOR" in unicodedata.name(char, "")
    )


@lru_cache(maxsize=4096)
def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


@lru_cache(maxsize=4096)
def _is_spaceless(char: str) -> bool:
    return unicodedata.name(char, "").startswith(_SPACELESS)


def _undisguised(tokens: Iterable[_Token]) -> Iterator[_Token]:
    """Join letters that stand alone in a row, and shorten letters that stand three times or more."""
    for alone, group in groupby(tokens, key=lambda token: len(token.text) == 1 and token.text.isalpha()):
        some = [*group]
        if alone and len(some) >= _RUN:
            some = [_Token("".join(token.text for token in some), some[0].start, some[-1].end)]
        yield from (token._replace(text=_shortened(token.text)) for token in some)


@lru_cache(maxsize=65536)
def _shortened(word: str) -> str:
    runs = ((char, len([*group])) for char, group in groupby(word))
    return "".join(char if times >= _RUN and char.isalpha() else char * times for char, times in runs)
