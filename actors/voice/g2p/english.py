"""Transcribes English by hibari's lexicons and rules, which are misaki's (Apache-2.0)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hibari.g2p import G2P
from hibari.g2p.normalize import normalize

from actors.voice.g2p.spelling import is_latin
from actors.voice.pieces import Piece

_BRITISH = frozenset({"GB", "IE", "AU", "NZ", "ZA", "IN"})


def transcriber(territory: str, weights: Path | None) -> "English":  # noqa: ARG001 (as the others)
    """Return who transcribes English: British where people write so."""
    return English(_dictionary(territory in _BRITISH))


def of_latin(word: str) -> str:
    """Return the phonemes of a word in Latin letters that stands in a text of another script."""
    return str(_dictionary(False)(word)) if is_latin(word) else ""


class English:
    """Transcribes whole sentences: how a word sounds depends on its neighbours."""

    def __init__(self, dictionary: G2P) -> None:
        self._dictionary = dictionary

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece."""
        said = [_plain(piece) for piece in pieces]
        # The stops stay in: the tagger and the weak forms look at them. Which piece a token belongs to is
        # told by counting the characters that are no spaces.
        texts = [words + piece.stop for words, piece in zip(said, pieces, strict=True)]
        ends, total = [], 0
        for text in texts:
            total += len(text.replace(" ", ""))
            ends.append(total)
        phonemes = ["" for _ in pieces]
        at = owner = 0
        for token in self._dictionary.phonemize_tokens(self._dictionary.tokenize(" ".join(texts))):
            while owner < len(ends) - 1 and at >= ends[owner]:
                owner += 1
            sound = "".join(one for one in token.phonemes or "" if one not in ".,!?;:—…")
            phonemes[owner] += f" {sound}" if sound and (phonemes[owner]) else sound
            at += len(token.text.replace(" ", ""))
        return phonemes


def _plain(piece: Piece) -> str:
    return str(normalize(piece.said)).strip(".") or piece.said


@cache
def _dictionary(british: bool) -> G2P:  # noqa: FBT001
    return G2P(british=british)
