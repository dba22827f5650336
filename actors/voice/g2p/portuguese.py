"""Transcribes Brazilian Portuguese by its spelling, as said in São Paulo and Rio: tia is tchia.

Source: Barbosa and Albano, "Brazilian Portuguese", JIPA 34 (2004); phonemes as espeak-ng writes them.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from actors.voice.g2p.spelling import Spelling, accented, write
from actors.voice.pieces import Piece

_V = "[aeiouáàâãéêíóôõúü]"
_END = "(?![a-záàâãéêíóôõúüç])"
_RULES = rf"""
ão *ɐ̃ʊ̃
ãe *ɐ̃ɪ̃
õe *õɪ̃
am{_END} *ɐ̃ʊ̃
[eéê]m{_END}|[eéê]n(?=s?{_END}) *eɪŋ
[eéê][mn](?=[pb]) *eɪm
[ií][mn](?=[pb]) *im
[oôó][mn](?=[pb]) *om
[aâá][mn](?![aeiouhmnáâãéêíóôõú]) *ɐ̃ŋ
[eêé][mn](?![aeiouhmnáâãéêíóôõú]) *eɪŋ
[ií][mn](?![aeiouhmnáâãéêíóôõú]) *iŋ
[oôó][mn](?![aeiouhmnáâãéêíóôõú]) *oŋ
[uú][mn](?![aeiouhmnáâãéêíóôõú]) *uŋ
ã|[aâá](?=nh|[mn][aeiouáéíóú]) *ɐ̃
õ *õ
ch ʃ
lh ʎ
nh ɲ
rr x
(?<![a-zà-ú])r|(?<=[nls])r x
r{_END} ɾ
r ɾ
ss s
sc(?=[eiéêí]) s
(?<={_V})s(?={_V}) z
s(?=[bdgvmnlrz]) z
s s
z{_END} s
z z
ç s
c(?=[eiéêí]) s
qu(?=[eiéêí]) k
qu kw
c k
gu(?=[eiéêí]) ɡ
gu(?=[aoáâãó]) ɡw
g(?=[eiéêí]) ʒ
g ɡ
j ʒ
d(?=[ií]|es?{_END}) dʒ
t(?=[ií]|es?{_END}) tʃ
d d
t t
x(?=[pct]) s
(?<=[eê])x(?={_V}) z
x ʃ
l(?![aeiouháàâãéêíóôõú]) ʊ
l l
h
(?<=[aeoáéêóôâ])i(?![mn]) ɪ
(?<=[aeiáéêí])u ʊ
(?<=[oôó])u ʊ
i(?=[aeoáéêóôâ]) j
u(?=[aeioáéêíóôâ]) w
(?<=[aeiouáéêíóôú].)a{_END}|a{_END} *æ
e(?=s?{_END}) *y
o(?=s?{_END}) *ʊ
[aáàâ] *a
é *ɛ
[eê] *e
[ií] *i
ó *ɔ
[oô] *o
[uúü] *u
y *i
w w
n n
m m
b b
f f
k k
p p
q k
v v
"""
_ACCENT = re.compile("[áàâãéêíóôõú]")
_HIATUS = re.compile("i(?=[ao]s?$)")
"""Where no accent says otherwise, dia, rio and energia are stressed on their i."""
_IRREGULAR = {"muito": "múinto", "muita": "múinta", "muitos": "múintos", "muitas": "múintas"}
_WEAK = frozenset(
    (
        "a ao aos as com da das de do dos e em lhe me na nas no nos o os ou para pela pelo por que se "
        "sem seu sua te um uma"
    ).split()
)


def transcriber(territory: str, weights: Path | None) -> "Portuguese":  # noqa: ARG001 (as the others)
    """Return who transcribes Portuguese."""
    return Portuguese()


class Portuguese:
    """Transcribes word by word."""

    def __init__(self) -> None:
        self._spelling = Spelling(_RULES)

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece."""
        return [" ".join(self._word(word) for word in piece.said.lower().split()) for piece in pieces]

    def _word(self, word: str) -> str:
        if not _ACCENT.search(word):
            word = _HIATUS.sub("í", word)
        sounds = self._spelling.sounds(_IRREGULAR.get(word, word))
        stressed = accented(sounds, "áàâéêíóôú")
        if stressed is None:
            stressed = accented(sounds, "ãõ")
        if stressed is None:
            ending = word.rstrip("s")
            stressed = 1 if ending[-1:] in {"a", "e", "o"} or word.endswith(("am", "em", "ens")) else 0
        return write(sounds, None if word in _WEAK else stressed)
