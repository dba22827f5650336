"""Transcribes Italian by its spelling; where it hides the stress, endings that throw it back are known.

Sources: Canepari, Il DiPI (1999), on endings; phonemes as espeak-ng writes them.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from actors.voice.g2p.spelling import Spelling, accented, write
from actors.voice.pieces import Piece

_V = "[aeiouàèéìòóù]"
_RULES = rf"""
sc(?=[eèé]) ʃ
sci(?={_V}) ʃ
sc(?=[iì]) ʃ
gli(?={_V}) ʎ
gl(?=i(?![a-z])) ʎ
gn ɲ
cch kː
cc(?=[eiìèé]) tʧ
ch k
ci(?=[aouàòù]) ʧ
c(?=[eiìèé]) ʧ
gg(?=[eiìèé]) dʤ
ggh ɡː
gh ɡ
gi(?=[aouàòù]) ʤ
g(?=[eiìèé]) ʤ
cq kː
qq kː
zz ʦː
(?<![a-z])z ʣ
z ʦ
(?<={_V})s(?={_V}) z
s(?=[bdgvlmnr]) z
ss sː
bb bː
dd dː
ff fː
kk kː
ll lː
mm mː
nn nː
pp pː
rr rː
tt tː
vv vː
h
j j
i(?=[aeouàèòù]) j
(?<=[gq])u(?={_V}) w
u(?=[oòeèaàié]) w
[aà] *a
[eé] *e
è *ɛ
[iì] *i
[oó] *o
ò *ɔ
[uù] *u
y *i
w w
x ks
n(?=[cgqk]) ŋ
q k
c k
g ɡ
b b
d d
f f
k k
l l
m m
n n
p p
r r
s s
t t
v v
"""
_THROWN_BACK = re.compile(
    r"(?:[aeiu]bil[ei]|issim[oaie]|[aeiou]tic[oaihe]+|[aeiou]nic[oaihe]+|[aeiou]gic[oaihe]+|fic[oaihe]+|evol[ei]|ogra"
    r"f[oaie]|olog[oaih]+|iplic[oaei]+|ettric[oaihe]+|rapid[oaie]|semplic[ei]|comod[oaie]|unic[oaihe]+|magic[oaihe]+"
    r"|ultim[oaie]|prossim[oaie]|numer[oaie]|zuccher[oaie]|morbid[oaie]|solid[oaie]|tavol[oaie]|camer[aeo]|secol[oaie]"
    r"|perdon[oaie]|subito|gioved|giovane|giovani|anima|liber[oaie]|pover[oaie]|scopr[ei]r[ea]|vend[ei]re|essere|credere"
    r"|vivere|prendere|mettere|scegliere|chiedere|correre|leggere|ridere|perdere|sabato|domenica|attimo|attimi|periodo"
    r"|angol[oaie]|articol[oaie]|piccol[oaie]|favol[oaie]|musica|fisic[oaihe]+|pratic[oaihe]+|energetic[oaihe]+)$"
)
_WEAK = frozenset(
    (
        "a ad al alla alle ai agli con da dal dalla dai dei del della delle di e ed gli i il in la le lo "
        "ma mi ne nel nella o per se si su sul sulla ti tra un una uno"
    ).split()
)


def transcriber(territory: str, weights: Path | None) -> "Italian":  # noqa: ARG001 (as the others)
    """Return who transcribes Italian."""
    return Italian()


class Italian:
    """Transcribes word by word."""

    def __init__(self) -> None:
        self._spelling = Spelling(_RULES)

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece."""
        return [
            " ".join(self._word(word) for word in re.split(r"[\s']+", piece.said.lower()) if word)
            for piece in pieces
        ]

    def _word(self, word: str) -> str:
        sounds = self._spelling.sounds(word)
        stressed = accented(sounds, "àèéìòóù")
        if stressed is None:
            stressed = 2 if _THROWN_BACK.search(word) else 1
        return write(sounds, None if word in _WEAK else stressed)
