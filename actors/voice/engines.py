"""Runs the networks that speak: phonemes in, sound out, with the time that every phoneme takes.

Sources: hibari, github.com/maureesewilliams/hibari (distilled from Kokoro); Kokoro-82M,
huggingface.co/hexgrad/Kokoro-82M, after StyleTTS 2, arXiv 2306.07691. Both know how many frames each phoneme
lasts and keep that number inside, so one more output is asked of them.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from actors.sessions import open_session
from schemas.errors import GenerationError

Samples = NDArray[np.float32]

RATE = 24_000
"""Samples a second of both networks."""
PHONEMES_MAX = 400
"""Phonemes that are spoken in one breath."""
_SEED = 0
_STYLE = 256
_CONTINUES = 0x80
_LOW_BITS = 0x7F


class Uttered(NamedTuple):
    """Sound, and when each phoneme of it ends."""

    samples: Samples
    """float32 [samples], at RATE."""
    ends: NDArray[np.float64]
    """Seconds, float64 [phonemes]."""
    begin: float
    """Seconds until the first phoneme."""


class Engine(Protocol):
    """A network that speaks."""

    def utter(self, phonemes: str, *, speed: float) -> Uttered:
        """Speak *phonemes*, each one in `vocabulary()`."""
        ...


class Hibari:
    """The English voice inside the package hibari-tts."""

    def __init__(self, network: Path | None = None) -> None:
        path = network or Path(str(files("hibari"))) / "assets" / "hibari.onnx"
        self._session = open_session(path, _further_output("/Clip_output_0"))

    def utter(self, phonemes: str, *, speed: float) -> Uttered:
        """Speak *phonemes*."""
        from hibari import dsp  # noqa: PLC0415 (slow; the other engine does without)

        feed = {"ids": _numbers(phonemes), "speed": np.array([speed], np.float32)}
        *spectrum, frames = self._session.run(None, feed)
        samples = dsp.synth(*(part[0] for part in spectrum), np.random.default_rng(_SEED))
        return _timed(np.asarray(samples, np.float32), frames)


class Kokoro:
    """One speaker of Kokoro-82M, from the folder of its weights."""

    def __init__(self, session: onnxruntime.InferenceSession, style: Path) -> None:
        self._session = session
        try:
            self._style = np.fromfile(style, np.float32).reshape(-1, 1, _STYLE)
        except (OSError, ValueError) as error:
            raise GenerationError(f"{style.name}: is no speaker: fetch the weights again") from error

    def utter(self, phonemes: str, *, speed: float) -> Uttered:
        """Speak *phonemes*."""
        style = self._style[min(len(phonemes), len(self._style)) - 1]
        feed = {"tokens": _numbers(phonemes), "style": style, "speed": np.array([speed], np.float32)}
        samples, frames = self._session.run(None, feed)
        return _timed(np.asarray(samples, np.float32).ravel(), frames)


def kokoro_session(network: Path) -> onnxruntime.InferenceSession:
    """Load Kokoro's network, which all its speakers share."""
    return open_session(network, _further_output("/encoder/Clip_output_0"))


@cache
def vocabulary() -> dict[str, int]:
    """Return the number of every phoneme; both networks have the same."""
    numbers = json.loads((files("hibari") / "assets" / "vocab.json").read_text(encoding="utf-8"))
    return {str(symbol): int(number) for symbol, number in numbers.items()}


def _numbers(phonemes: str) -> NDArray[np.int64]:
    known = vocabulary()
    return np.array([[0, *(known[one] for one in phonemes), 0]], np.int64)


def _timed(samples: Samples, frames: NDArray[np.float32]) -> Uttered:
    """Turn *frames*, those of both pads and all phonemes, into seconds."""
    counts = np.asarray(frames, np.float64).ravel()
    ends = counts.cumsum() * (len(samples) / RATE / max(1.0, float(counts.sum())))
    return Uttered(samples, ends[1:-1], float(ends[0]))


def _further_output(name: str) -> bytes:
    """Return what makes the tensor *name* an output when it follows a file of ONNX.

    Protocol buffers merge messages that stand behind each other (protobuf.dev, Encoding, "Last One Wins"):
    this is a model (field 7: graph) with one output (field 12) of that name (field 1).
    """
    return _field(7, _field(12, _field(1, name.encode())))


def _field(number: int, data: bytes) -> bytes:
    length, size = bytearray(), len(data)
    while size > _LOW_BITS:
        length.append(size & _LOW_BITS | _CONTINUES)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + data
