"""Estimates how long a text takes to say, from its letters alone."""

import unicodedata

from actors.voice.pieces import cut

PAUSES = {"": 0.0, ",": 0.15, ";": 0.2, ":": 0.2, "—": 0.2, ".": 0.3, "?": 0.3, "!": 0.3, "…": 0.3}
"""Seconds of pause behind each stop."""
_LETTER, _WORD = 0.065, 0.05
_LANGUAGES = {"fr": 0.85, "hi": 1.8}
"""How much longer a letter takes than in English: French has silent ones, Hindi writes syllables."""
_HAN = 3.2
"""Letters of an alphabet that take as long to say as one Chinese character."""
_KANA = 1.9


def estimate_seconds(text: str, locale: str, voice: str = "") -> float:  # noqa: ARG001 (all speak alike fast)
    """Return about how many seconds *voice* needs for *text* at speed 1, with its pauses; 0 for no text."""
    pieces = cut(text, locale)
    pace = _LANGUAGES.get(locale.partition("-")[0].lower(), 1.0)
    return pace * sum(letters_seconds(piece.said) for piece in pieces) + sum(
        PAUSES[piece.stop] for piece in pieces[:-1]
    )


def letters_seconds(said: str) -> float:
    """Return about how long the letters of *said* take."""
    return _LETTER * sum(_weight(one) for one in said) + _WORD


def _weight(letter: str) -> float:
    name = unicodedata.name(letter, "")
    if name.startswith("CJK"):
        return _HAN
    if name.startswith(("HIRAGANA", "KATAKANA", "HANGUL")):
        return _KANA
    return 1.0 if letter.isalnum() else 0.0
