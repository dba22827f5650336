"""Transcribes Hindi: Devanagari tells the sound, but for the short a that is written and not said.

Source for that: Ohala, Aspects of Hindi Phonology (1983), the rule of a between consonants; phonemes as
espeak-ng writes them.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from actors.voice.g2p.english import of_latin
from actors.voice.g2p.spelling import STRESS
from actors.voice.pieces import Piece

_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        "k kʰ ɡ ɡʰ ŋ c cʰ ɟ ɟʰ ɲ ʈ ʈʰ ɖ ɖʰ ɳ t tʰ d dʰ n p pʰ b bʰ m j ɾ l ʋ ʃ ʂ s h l".split(),
        strict=True,
    )
)
_DOTTED = {"क": "k", "ख": "x", "ग": "ɣ", "ज": "z", "ड": "ɽ", "ढ": "ɽʰ", "फ": "f"}
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑऍ", "ʌ aː ɪ i ʊ uː ɾɪ eː ɛː oː ɔː ɔ ɛ".split(), strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॉॅ", "aː ɪ i ʊ uː ɾɪ eː ɛː oː ɔː ɔ ɛ".split(), strict=True))
_A = "ə"
_VIRAMA, _NUKTA, _NASAL, _DOT, _BREATH = "्", "़", "ँ", "ं", "ः"
_BEFORE_LIPS = "पफबभम"
_BEFORE_BACK = "कखगघ"


def transcriber(territory: str, weights: Path | None) -> "Hindi":  # noqa: ARG001 (as the others)
    """Return who transcribes Hindi."""
    return Hindi()


class Hindi:
    """Transcribes word by word; words in Latin letters as English."""

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece."""
        return [" ".join(of_latin(word) or _word(word) for word in piece.said.split()) for piece in pieces]


def _word(word: str) -> str:
    word = unicodedata.normalize("NFD", word).replace("ज्ञ", "ग्य")
    syllables = _without_silent(_syllables(word))
    text = "".join(onset + nucleus for onset, nucleus in syllables).replace("ː\u0303", "\u0303ː")
    first = next((onset for onset, nucleus in syllables if nucleus), "")
    return text.replace(first, first + STRESS, 1) if first else STRESS + text


def _syllables(word: str) -> list[tuple[str, str]]:
    """Return consonant and vowel of each letter; the vowel of a letter without a sign is `_A`."""
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(word):
        following = word[at + 1] if at + 1 < len(word) else ""
        if letter in _CONSONANTS:
            dotted = following == _NUKTA
            found.append((_DOTTED.get(letter, _CONSONANTS[letter]) if dotted else _CONSONANTS[letter], _A))
        elif letter in _VOWELS:
            found.append(("", _VOWELS[letter]))
        elif found and letter in _SIGNS:
            found[-1] = (found[-1][0], _SIGNS[letter])
        elif found and letter == _VIRAMA:
            found[-1] = (found[-1][0], "")
        elif found and letter in {_NASAL, _DOT}:
            found[-1] = (found[-1][0], found[-1][1] + _nasal(letter, following))
        elif found and letter == _BREATH:
            found.append(("h", ""))
    return found


def _nasal(letter: str, following: str) -> str:
    if letter == _NASAL or following not in _CONSONANTS:
        return "\u0303"
    return "m" if following in _BEFORE_LIPS else "ŋ" if following in _BEFORE_BACK else "n"


def _without_silent(syllables: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drop the a at the end, and that between a vowel with consonant and a consonant with vowel."""
    kept = list(syllables)
    if len(kept) > 1 and kept[-1][1] == _A:
        kept[-1] = (kept[-1][0], "")
    for at in range(len(kept) - 2, 0, -1):
        if kept[at][1] == _A and kept[at - 1][1] and kept[at + 1][0] and kept[at + 1][1]:
            kept[at] = (kept[at][0], "")
    first = next((at for at, (_, nucleus) in enumerate(kept) if nucleus), 0)
    return [
        (onset, "ʌ" if at == first and nucleus == _A else nucleus) for at, (onset, nucleus) in enumerate(kept)
    ]
