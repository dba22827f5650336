"""Speaks narrations, and takes recordings of them: sound at 48 kHz, with the time of every word."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

from actors.synth import RATE, Sound
from actors.voice.aligning import align
from actors.voice.engines import PHONEMES_MAX, Engine, Hibari, Kokoro, Uttered, kokoro_session
from actors.voice.g2p import Transcriber, cutter, transcriber
from actors.voice.pace import PAUSES
from actors.voice.pieces import Piece, cut
from actors.voice.table import VOICES, Voice, voices_for
from actors.voice.waves import doubled, levelled, read_recording, trimmed, write_flac
from actors.weights import weights_path
from schemas.errors import GenerationError
from schemas.media import Word
from schemas.money import parse_locale
from schemas.plan import Narration

__all__ = ["RATE", "SPEEDS", "Sound", "Speaker", "Speech", "write_speech"]

SPEEDS = (0.8, 1.25)
"""Slowest and fastest that still sounds human."""
_HEARD_EARLY = 0.05
"""Seconds before its time, by the network's own count, at which a word is heard after a pause."""


class Speech(NamedTuple):
    """What was said."""

    sound: Sound
    """float32 [samples, 2] at 48 kHz, full scale 1."""
    words: tuple[Word, ...]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.sound) / RATE


class Speaker:
    """Speaks; loads what it needs when it is first needed, from the folder of the weights."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._engine = cache(self._load)
        self._kokoro = cache(self._load_kokoro)
        self._transcriber = cache(self._load_transcriber)

    def speak(self, narration: Narration, *, speed: float = 1.0, recording: Path | None = None) -> Speech:
        """Say *narration*, or take its *recording*, with its words timed.

        Raises GenerationError for a text that no voice can say, MediaError for a file that is no recording.
        """
        slow, fast = SPEEDS
        if not slow <= speed <= fast:
            raise GenerationError(f"voice: speed {speed:g}; use {slow:g} to {fast:g}")
        if recording is not None:
            return self._record(narration, recording)
        voice = _voice(narration.voice)
        pieces = self._pieces(narration)
        if not pieces:
            raise GenerationError(f"voiceover: no word to say in {narration.text[:40]!r}: write some")
        return _joined(list(self._sentences(pieces, voice, narration.locale, speed)))

    def _record(self, narration: Narration, recording: Path) -> Speech:
        sound, _ = trimmed(read_recording(recording))
        pieces = self._pieces(narration)
        if not pieces:
            return Speech(sound, ())
        return Speech(sound, align(sound, pieces, self._model(pieces, narration.locale)))

    def _model(self, pieces: Sequence[Piece], locale: str) -> Speech | None:
        """Say what a recording says, to be compared with it; None where no voice is here."""
        for voice in voices_for(locale):
            if not voice.missing and (
                not voice.weights or weights_path(self._weights, voice.weights).exists()
            ):
                return _joined(list(self._sentences(pieces, voice, locale, 1.0)))
        return None

    def _pieces(self, narration: Narration) -> tuple[Piece, ...]:
        parsed = parse_locale(narration.locale)
        language = parsed.language if parsed else ""
        known = [voice for voice in VOICES if voice.language == language]
        missing = bool(known) and bool(known[0].missing)
        return cut(narration.text, narration.locale, None if missing else cutter(language))

    def _sentences(
        self, pieces: Sequence[Piece], voice: Voice, locale: str, speed: float
    ) -> Iterator[tuple[Speech, float]]:
        """Yield each sentence with the pause behind it."""
        engine = self._engine(voice)
        parsed = parse_locale(locale)
        transcribe = self._transcriber(voice.language, parsed.territory or "" if parsed else "")
        for sentence in _split(pieces):
            for part, sounds in _breaths(sentence, transcribe(sentence)):
                yield _utter(engine, part, sounds, speed), PAUSES[part[-1].stop] / speed

    def _load(self, voice: Voice) -> Engine:
        if voice.engine == "hibari":
            return Hibari()
        return Kokoro(
            self._kokoro(), weights_path(self._weights, "kokoro") / "voices" / f"{voice.speaker}.bin"
        )

    def _load_kokoro(self) -> onnxruntime.InferenceSession:
        return kokoro_session(weights_path(self._weights, "kokoro") / "kokoro.onnx")

    def _load_transcriber(self, language: str, territory: str) -> Transcriber:
        return transcriber(language, territory, weights_path(self._weights, "kokoro"))


def write_speech(sound: Sound, to: Path) -> None:
    """Write *sound* as FLAC of 24 bits. Raises MediaError."""
    write_flac(sound, to)


def _voice(name: str) -> Voice:
    """Return the voice that a plan names; its weights must be those of this version."""
    for voice in VOICES:
        if voice.name == name:
            if voice.missing:
                raise GenerationError(
                    f"voice {name}: needs {', '.join(voice.missing)}: pip install reelmill[voices]"
                )
            return voice
    raise GenerationError(f"voice {name!r} is not known to this version: plan the campaign again")


def _split(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the sentences."""
    sentence: list[Piece] = []
    for piece in pieces:
        sentence.append(piece)
        if piece.ends:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _breaths(pieces: list[Piece], sounds: Sequence[str]) -> Iterator[tuple[list[Piece], list[str]]]:
    """Cut a sentence that is too long for one breath, after a stop where there is one near."""
    part: list[Piece] = []
    said: list[str] = []
    for piece, sound in zip(pieces, sounds, strict=True):
        length = sum(len(one) + 2 for one in said)
        full = length + len(sound) + 2 > PHONEMES_MAX
        if part and (full or (part[-1].stop and length > PHONEMES_MAX // 2)):
            yield part, said
            part, said = [], []
        part.append(piece)
        said.append(sound[: PHONEMES_MAX - 2])
    if part:
        yield part, said


def _utter(engine: Engine, pieces: list[Piece], sounds: list[str], speed: float) -> Speech:
    """Say one breath; each piece lasts from its first phoneme to its last."""
    text, spans = "", []
    for piece, phonemes in zip(pieces, sounds, strict=True):
        text += " " if text else ""
        spans.append((len(text), len(text) + len(phonemes)))
        text += phonemes + piece.stop
    if not any(sounds):
        raise GenerationError(f"voiceover: cannot be said: {pieces[0].written!r}: write it in words")
    uttered = engine.utter(text if pieces[-1].stop else f"{text}.", speed=speed)
    if not np.isfinite(uttered.samples).all():
        raise GenerationError(f"voice: no sound came of {pieces[0].written!r}: write it in other words")
    sound, cut_off = trimmed(levelled(doubled(uttered.samples)))
    words = tuple(
        Word(text=piece.written, start=start, end=end)
        for piece, (start, end) in zip(
            pieces, _times(uttered, spans, cut_off, len(sound) / RATE), strict=True
        )
    )
    return Speech(sound, words)


def _times(
    uttered: Uttered, spans: Sequence[tuple[int, int]], cut_off: float, seconds: float
) -> Iterator[tuple[float, float]]:
    """Yield when each span of phonemes is said, *cut_off* seconds being gone from the beginning."""
    starts = [uttered.begin, *uttered.ends]
    heard = -1
    for first, last in spans:
        early = _HEARD_EARLY if first - heard != 1 else 0.0
        start, end = (min(max(0.0, at - cut_off), seconds) for at in (starts[first] - early, starts[last]))
        yield round(start, 3), round(max(start, end), 3)
        heard = last


def _joined(parts: list[tuple[Speech, float]]) -> Speech:
    """Lay sentences one behind the other, with their pauses."""
    sounds: list[Sound] = []
    words: list[Word] = []
    at = 0
    for number, (speech, pause) in enumerate(parts):
        shift = at / RATE
        words += [
            Word(text=word.text, start=round(word.start + shift, 3), end=round(word.end + shift, 3))
            for word in speech.words
        ]
        gap = round(pause * RATE) if number + 1 < len(parts) else 0
        sounds += [speech.sound, np.zeros((gap, 2), np.float32)]
        at += len(speech.sound) + gap
    return Speech(np.concatenate(sounds), tuple(words))
