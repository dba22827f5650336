"""Reads languages whose spelling tells the sound: rules, tried in order at every letter, and stress."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

STRESS = "ˈ"


class Sound(NamedTuple):
    """A phoneme or two, and the letters that they come from."""

    phonemes: str
    letters: str
    vowel: bool


class Spelling:
    """The rules of one language.

    A rule is a pattern and phonemes; patterns may look at what stands before and after. Phonemes that begin
    with ``*`` are the nucleus of a syllable.
    """

    def __init__(self, rules: str) -> None:
        pairs = [line.split() for line in rules.strip().splitlines()]
        self._phonemes = [pair[1] if len(pair) > 1 else "" for pair in pairs]
        self._pattern = re.compile("|".join(f"({pair[0]})" for pair in pairs))

    def sounds(self, word: str) -> list[Sound]:
        """Return the sounds of a *word* in lower case; letters without a rule are silent."""
        found = []
        for match in self._pattern.finditer(word):
            phonemes = self._phonemes[(match.lastindex or 1) - 1]
            found.append(Sound(phonemes.lstrip("*").replace("_", ""), match[0], phonemes.startswith("*")))
        return found


def write(sounds: Sequence[Sound], stressed: int | None) -> str:
    """Return the phonemes of *sounds*, the stress before the nucleus *stressed*, counted from the end.

    0 is the last nucleus; None and what is beyond the first stand for no stress and for the first.
    """
    nuclei = [at for at, sound in enumerate(sounds) if sound.vowel]
    place = nuclei[max(0, len(nuclei) - 1 - stressed)] if nuclei and stressed is not None else None
    text = "".join((STRESS if at == place else "") + sound.phonemes for at, sound in enumerate(sounds))
    for pair, one in _JOINED.items():
        text = text.replace(pair, one)
    return text


_JOINED = {"aɪ": "I", "aʊ": "W", "eɪ": "A", "oʊ": "O", "dʒ": "ʤ", "tʃ": "ʧ", "dz": "ʣ", "ts": "ʦ"}
"""Phonemes that Kokoro knows as one."""


def accented(sounds: Sequence[Sound], accents: str) -> int | None:
    """Return the nucleus, counted from the end, whose letters bear one of *accents*; None for none."""
    nuclei = [sound for sound in sounds if sound.vowel]
    for at, sound in enumerate(reversed(nuclei)):
        if any(letter in accents for letter in sound.letters):
            return at
    return None


def is_latin(word: str) -> bool:
    """Tell whether *word* is written in Latin letters."""
    return any(one.isalpha() for one in word) and all(
        "LATIN" in unicodedata.name(one, "") for one in word if one.isalpha()
    )
