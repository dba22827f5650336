"""Transcribes Japanese: words and readings by fugashi with UniDic, phonemes as misaki has them."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import unidic_lite
from fugashi import GenericTagger, Tagger

from actors.voice.g2p.english import of_latin
from actors.voice.pieces import Piece

_ROWS = {
    "アイウエオ": "a i ɯ e o", "カキクケコ": "ka kʲi kɯ ke ko", "ガギグゲゴ": "ɡa ɡʲi ɡɯ ɡe ɡo",
    "サシスセソ": "sa ɕi sɨ se so", "ザジズゼゾ": "ʣa ʥi zɨ ʣe ʣo", "タチツテト": "ta ʨi ʦɨ te to",
    "ダヂヅデド": "da ʥi zɨ de do", "ナニヌネノ": "na ɲi nɯ ne no", "ハヒフヘホ": "ha çi ɸɯ he ho",
    "バビブベボ": "ba bʲi bɯ be bo", "パピプペポ": "pa pʲi pɯ pe po", "マミムメモ": "ma mʲi mɯ me mo",
    "ヤユヨワヲ": "ja jɯ jo βa o", "ラリルレロ": "ɾa ɾʲi ɾɯ ɾe ɾo", "ヴャュョァ": "vɯ ja jɯ jo a",
    "ィゥェォ": "i ɯ e o",
}  # fmt: skip
_KANA = {
    kana: sound for row, sounds in _ROWS.items() for kana, sound in zip(row, sounds.split(), strict=True)
}
_SMALL_Y = {"ャ": "a", "ュ": "ɨ", "ョ": "o"}
_SMALL = {"ァ": "a", "ィ": "i", "ゥ": "ɯ", "ェ": "e", "ォ": "o"}
_LEANING = ("助詞", "助動詞", "接尾辞", "補助記号", "記号")
"""Parts of speech that lean on the word before them."""


def transcriber(territory: str, weights: Path | None) -> "Japanese":  # noqa: ARG001 (as the others)
    """Return who transcribes Japanese."""
    return Japanese()


def cut(text: str) -> list[str]:
    """Cut *text* into phrases: a word with what leans on it, as Japanese readers expect a line to break."""
    phrases: list[str] = []
    prefixed = False
    verb = False
    for word in _tagger()(text):
        part = word.feature.pos1
        leans = part in _LEANING or (word.feature.pos2 == "非自立可能" and verb)
        if phrases and (prefixed or leans):
            phrases[-1] += word.surface
        else:
            phrases.append(word.surface)
        prefixed = part == "接頭辞"
        verb = part in {"動詞", "助動詞"} or (leans and verb)
    return phrases


class Japanese:
    """Transcribes phrase by phrase."""

    def __call__(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the phonemes of each piece; what is in Latin letters is read as English."""
        return [" ".join(of_latin(word) or _phrase(word) for word in piece.said.split()) for piece in pieces]


def _phrase(text: str) -> str:
    return " ".join(phonemes(_reading(word.surface, word.feature.pron)) for word in _tagger()(text))


def _reading(surface: str, pron: str | None) -> str:
    """Return the katakana of a word; a word that the dictionary lacks is read as it stands."""
    kana = pron if pron and pron != "*" else surface
    return "".join(chr(ord(one) + 0x60) if "ぁ" <= one <= "ゖ" else one for one in kana)


def phonemes(kana: str) -> str:
    """Return the phonemes of katakana."""
    sounds: list[str] = []
    for one in kana:
        if sounds and sounds[-1] and one in _SMALL_Y:
            sounds[-1] = _palatal(sounds[-1]) + _SMALL_Y[one]
        elif sounds and sounds[-1] and one in _SMALL:
            sounds[-1] = re.sub(r"[aiɯɨeo]$", "", sounds[-1]) + _SMALL[one]
        else:
            sounds.append({"ー": "ː", "ッ": "ʔ", "ン": "N"}.get(one) or _KANA.get(one, ""))
    return _with_nasals("".join(sounds))


def _palatal(sound: str) -> str:
    """Return the consonant of キ, シ, チ before a small ya, yu, yo."""
    return re.sub(r"[aiɯɨeo]$", "", sound)


def _with_nasals(sounds: str) -> str:
    sounds = re.sub(r"N(?=[mpb])", "m", sounds)
    sounds = re.sub(r"N(?=[kɡ])", "ŋ", sounds)
    sounds = re.sub(r"N(?=[ɲʨʥ])", "ɲ", sounds)
    return re.sub(r"N(?=[ntdɾzʣʦ])", "n", sounds).replace("N", "ɴ")


@cache
def _tagger() -> GenericTagger:
    return Tagger(f'-d "{unidic_lite.DICDIR}"')
