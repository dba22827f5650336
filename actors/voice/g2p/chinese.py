"""Transcribes Mandarin: words by rjieba, readings by pypinyin, phonemes as misaki (Apache-2.0) writes them.

Source: Duanmu, The Phonology of Standard Chinese, 2nd ed. (2007).
"""

from collections.abc import Sequence
from pathlib import Path

import rjieba
from pypinyin import Style, lazy_pinyin

from actors.voice.g2p.english import of_latin
from actors.voice.pieces import Piece

_INITIALS = dict(
    pair.split(":")
    for pair in (
        "b:p c:ʦʰ ch:ꭧʰ d:t f:f g:k h:x j:ʨ k:kʰ l:l m:m n:n p:pʰ q:ʨʰ r:ɻ s:s sh:ʂ t:tʰ x:ɕ z:ʦ zh:ꭧ"
    ).split()
)
_FINALS = dict(
    pair.split(":")
    for pair in (
        "a:a0 ai:ai0 an:a0n ang:a0ŋ ao:au0 e:ɤ0 ei:ei0 en:ə0n eng:ə0ŋ i:i0 ia:ja0 ian:jɛ0n "
        "iang:ja0ŋ iao:jau0 ie:je0 in:i0n "
        "iou:jou0 ing:i0ŋ iong:jʊ0ŋ ong:ʊ0ŋ ou:ou0 u:u0 uei:wei0 ua:wa0 uai:wai0 "
        "uan:wa0n uen:wə0n uang:wa0ŋ ueng:wə0ŋ uo:wo0 o:wo0 v:y0 ve:ɥe0 van:ɥɛ0n vn:y0n er:ɚ0"
    ).split()
)
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_WHISTLED = {"z", "c", "s", "zh", "ch", "sh", "r"}


def transcriber(territory: str, weights: Path | None) -> "Chinese":  # noqa: ARG001 (as the others)
    """Return who transcribes Mandarin."""
    return Chinese()


def cut(text: str) -> Sequence[str]:
    """Cut *text* into words."""
    return list(rjieba.cut(text))


class Chinese:
    """Transcribes a sentence: how a character is read depends on its neighbours."""

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece; what is in Latin letters is read as English."""
        words = [rjieba.cut(piece.said) if not piece.said.isascii() else [piece.said] for piece in pieces]
        return [" ".join(filter(None, (of_latin(word) or _word(word) for word in part))) for part in words]


def _word(word: str) -> str:
    readings = zip(
        lazy_pinyin(word, style=Style.INITIALS, strict=True, errors="ignore"),
        lazy_pinyin(
            word, style=Style.FINALS_TONE3, strict=True, errors="ignore", neutral_tone_with_five=True
        ),
        strict=True,
    )
    return "".join(_syllable(initial, final[:-1], final[-1:]) for initial, final in readings)


def _syllable(initial: str, final: str, tone: str) -> str:
    sound = "ɨ0" if final == "i" and initial in _WHISTLED else _FINALS.get(final.replace("ü", "v"), "")
    return _INITIALS.get(initial, "") + sound.replace("0", _TONES.get(tone, ""))
