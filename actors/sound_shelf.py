"""Keeps the finished sound of a worker's latest ads: those of other languages and shapes sound the same."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from schemas.media import VoiceFile
from schemas.plan import Composition


class SoundShelf:
    """WAV files in a folder, named by what is heard in them; *most* at a time, the latest ones."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._kept: list[Path] = []

    def take(self, composition: Composition, voice: VoiceFile | None, make: Callable[[Path], None]) -> Path:
        """Return the sound of *composition* with *voice*; where it is not kept, *make* writes it to a path.

        The file is there until the next call.
        """
        path = self._folder / f"{_heard(composition, voice)}.wav"
        self._kept = [kept for kept in self._kept if kept != path]
        if not path.exists():
            unfinished = path.with_suffix(".part.wav")
            try:
                make(unfinished)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        self._kept.append(path)
        while len(self._kept) > self._most:
            self._kept.pop(0).unlink(missing_ok=True)
        return path


def _heard(composition: Composition, voice: VoiceFile | None) -> str:
    """Return a name for all that an ad's sound is made of; each part of it is named by its content."""
    shots = [(cut.shot, start, cut.frames) for start, cut in composition.timeline if cut.sound]
    said = voice.file.model_dump_json() if voice else ""
    what = (composition.sound.model_dump_json(), said, shots, composition.frames, composition.fps)
    return hashlib.sha256(repr(what).encode()).hexdigest()
