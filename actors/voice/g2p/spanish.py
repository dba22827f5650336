"""Transcribes Spanish by its spelling; Castilian in Spain, with s for z and c elsewhere.

Source: Real Academia Española, Ortografía de la lengua española (2010); phonemes as espeak-ng writes them.
"""

from collections.abc import Sequence
from pathlib import Path

from actors.voice.g2p.spelling import Spelling, accented, write
from actors.voice.pieces import Piece

_V = "[aeiouáéíóúü]"
_RULES = rf"""
ch ʧ
sh ʃ
ll ʝ
rr r
(?<![a-zñáéíóúü])r|(?<=[nls])r r
r ɾ
qu(?=[eiéí]) k
gu(?=[eiéí]) ɡ
gü ɡw
g(?=[eiéí]) x
(?<![a-zñáéíóú])g|(?<=n)g ɡ
g ɣ
j x
c(?=[eiéí]) θ
z θ
c(?!h) k
ph f
(?<![a-zñáéíóú])[bv]|(?<=[mn])[bv] b
[bv] β
(?<![a-zñáéíóú])d|(?<=[nl])d d
d ð
ñ ɲ
n(?=[gkqj]|c(?![eiéíh])) ŋ
n(?=[bvpm]) m
n n
h
y(?={_V}) ʝ
(?<=[aeou])y(?![a-z]) ɪ
y *i
x(?=[aeiouáéíóú]) ks
x s
w w
[i](?=[aeouáéóú]) j
[uü](?=[aeioáéíó]) w
(?<=[aeoáéó])i ɪ
(?<=[aeoáéó])u ʊ
[aá] *a
[eé] *e
[ií] *i
[oó] *o
[uúü] *u
f f
k k
l l
m m
p p
q k
s s
t t
"""
_WEAK = frozenset(
    "a al con de del e el en la las le les lo los me mi nos o para por que se si su sus te tu un y".split()
)


def transcriber(territory: str, weights: Path | None) -> "Spanish":  # noqa: ARG001 (as the others)
    """Return who transcribes Spanish as in *territory*; without one, as in Spain."""
    return Spanish(lisps=territory in {"", "ES"})


class Spanish:
    """Transcribes word by word."""

    def __init__(self, *, lisps: bool) -> None:
        self._spelling = Spelling(_RULES if lisps else _RULES.replace("θ", "s"))

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece."""
        return [" ".join(self._word(word) for word in piece.said.lower().split()) for piece in pieces]

    def _word(self, word: str) -> str:
        sounds = self._spelling.sounds(word)
        stressed = accented(sounds, "áéíóú")
        if stressed is None:
            stressed = 1 if word[-1] in "aeiouns" else 0
        return write(sounds, None if word in _WEAK else stressed)
