"""Speaks what plans say, or takes it from a recording, and stores it: ``voices/<key>.flac``.

No file beside it tells its words: they stand in its row, and in the recipe of every ad that says them. An
orphan needs no proof, for the same narration gives the same samples.
"""

from pathlib import Path

from actors.resources import cpu_seconds
from actors.shelf import needs_weights, take_folder
from actors.voice.speaker import Speaker, write_speech
from schemas.media import VoiceFile
from schemas.plan import Narration
from storage.blobs import BlobStore, publish


class Narrator:
    """Makes voices; holds the engines that have spoken once."""

    def __init__(self, blobs: BlobStore, scratch: Path) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._speakers: dict[Path, Speaker] = {}

    def speak(self, narration: Narration) -> VoiceFile:
        """Speak *narration* and publish it. Raises GenerationError, MediaError or StorageError."""
        began = cpu_seconds()
        path = self._scratch / f"{narration.key}.flac"
        recording = self._blobs.local(narration.voice, self._scratch) if narration.recorded else None
        try:
            speech = self._speaker(narration).speak(narration, recording=recording)
            write_speech(speech.sound, path)
            file = publish(self._blobs, f"voices/{narration.key}.flac", path)
        finally:
            path.unlink(missing_ok=True)
        return VoiceFile(
            narration=narration.key,
            file=file,
            seconds=speech.seconds,
            words=speech.words,
            cpu_seconds=round(cpu_seconds() - began, 3),
        )

    def _speaker(self, narration: Narration) -> Speaker:
        """Return who speaks *narration*; its weights are taken each time, for caches forget."""
        folder = self._scratch
        if needs_weights(narration):
            folder = take_folder(narration.engine, self._blobs, self._scratch)
        return self._speakers.setdefault(folder, Speaker(folder))
