"""Turns words into phonemes, a module for each language, in the alphabet of Kokoro."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from actors.voice.engines import vocabulary
from actors.voice.pieces import Cutter, Piece

Transcriber = Callable[[Sequence[Piece]], Sequence[str]]
"""Returns the phonemes of each piece of a sentence."""

_MODULES = {
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "it": "italian",
    "ja": "japanese",
    "pt": "portuguese",
    "zh": "chinese",
}


def transcriber(language: str, territory: str, weights: Path | None) -> Transcriber:
    """Return who transcribes *language* as spoken in *territory*; *weights* is the folder of Kokoro's."""
    module = import_module(f"{__name__}.{_MODULES[language]}")
    transcribe: Transcriber = module.transcriber(territory, weights)
    return lambda pieces: [_known(phonemes) for phonemes in transcribe(pieces)]


def cutter(language: str) -> Cutter | None:
    """Return who cuts a *language* that is written without spaces into words; None for others."""
    if language not in {"ja", "zh"}:
        return None
    cut: Cutter = import_module(f"{__name__}.{_MODULES[language]}").cut
    return cut


def _known(phonemes: str) -> str:
    """Leave out what the voices have no number for."""
    known = vocabulary()
    return "".join(one for one in phonemes if one in known)
