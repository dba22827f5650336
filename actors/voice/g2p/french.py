"""Transcribes French by a lexicon, word by word, with the liaisons that everybody makes.

Source of the lexicon and of its rules for words that it lacks: g2p2 (MIT or Apache-2.0).
"""

import re
from collections.abc import Sequence
from pathlib import Path

from g2p2 import Model

from actors.voice.pieces import Piece
from schemas.errors import GenerationError

_LINKED = {
    **dict.fromkeys(
        (
            "les des ces mes tes ses nos vos leurs nous vous ils elles deux trois six dix aux chez sans très"
        ).split(),
        "z",
    ),
    **dict.fromkeys("un mon ton son en on bien aucun".split(), "n"),
    **dict.fromkeys("petit grand tout cet est sont c'est".split(), "t"),
}
"""Words whose silent last consonant is heard before a vowel."""
_OWN = {
    "à": "a", "a": "a", "y": "i", "ô": "o", "et": "e", "est": "ɛ", "plus": "ply", "aujourd'hui":
    "oʒuʁdɥi", "quatre": "katʁə", "vingts": "vɛ̃", "euros": "øʁo", "euro": "øʁo", "le": "lə", "de":
    "də", "ce": "sə", "je": "ʒə", "me": "mə", "ne": "nə", "que": "kə", "se": "sə", "te": "tə",
}  # fmt: skip
_WEAK = frozenset(
    (
        "à a au aux ce ces cette d de des dans du en est et je l la le les leur leurs ma mes mon ne nos "
        "notre nous on ou par pour que qui sa se ses son sur ta te tes ton tu un une vos votre vous"
    ).split()
)
_VOWELS = "aeiouyɑɛɔœøə"
"""Words without a stress of their own."""
_STRESSED = re.compile(rf"([{_VOWELS}]\u0303?[^{_VOWELS}\u0303]*)$")


def transcriber(territory: str, weights: Path | None) -> "French":  # noqa: ARG001 (as the others)
    """Return who transcribes French, by the lexicon in the folder *weights* of Kokoro."""
    path = (weights or Path()) / "fr.g2p"
    if not path.is_file():
        raise GenerationError("voice: no lexicon of French: run `reelmill weights fetch kokoro`")
    return French(Model.load(str(path)))


class French:
    """Transcribes word by word."""

    def __init__(self, lexicon: Model) -> None:
        self._lexicon = lexicon

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece; a liaison belongs to the word that it leads to."""
        found: list[str] = []
        before = ""
        for piece in pieces:
            words = []
            for word in re.findall(r"aujourd'hui|[^\s'-]+'?", piece.said.lower()):
                sound = self._word(word)
                if before in _LINKED and sound[:1] in _VOWELS and sound and not word.startswith("h"):
                    sound = _LINKED[before] + sound
                words.append(sound)
                before = word
            text = " ".join(words).replace("' ", "'").replace("'", "")
            found.append(text if piece.said.lower() in _WEAK else _STRESSED.sub(r"ˈ\1", text))
            before = "" if piece.stop else before
        return found

    def _word(self, word: str) -> str:
        if word.endswith("'"):
            return {"c'": "s", "j'": "ʒ", "qu'": "k"}.get(word, word[0]) + "'"
        return _OWN.get(word) or str(self._lexicon.phonemize(word)).replace("t͡ʃ", "ʧ").replace("g", "ɡ")
