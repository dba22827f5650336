"""Makes a clip of frames: encoded, counted, stored."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.resources import cpu_seconds
from actors.sound import Sound, write_wav
from actors.video import Encoding, Frame
from actors.video_writer import VideoWriter
from schemas.errors import GenerationError
from schemas.media import Clip
from schemas.plan import Shot
from storage.blobs import BlobStore, publish


class ClipStore:
    """Stores clips: ``clips/<key>.mp4``, each encoded in a scratch folder first."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._ffmpeg_exe = ffmpeg_exe

    def store(
        self,
        shot: Shot,
        frames: Iterable[Frame],
        encoding: Encoding,
        *,
        sound: Sound | None = None,
        looked: str = "",
        began: float,
    ) -> Clip:
        """Encode *frames* one by one, and the *sound* with them, as the clip of *shot*.

        *looked* says who looked at the frames; *began* is the CPU time when work on it did.

        Raises GenerationError unless the frames are as many as the shot asks for, MediaError if they cannot
        be encoded, StorageError if the store does not take them.
        """
        path = self._scratch / f"{shot.key}.mp4"
        try:
            with _as_wav(sound, path.with_suffix(".wav")) as wav:
                self._write(shot, frames, encoding, wav, path)
            file = publish(self._blobs, f"clips/{shot.key}.mp4", path)
        finally:
            path.unlink(missing_ok=True)
        return Clip(
            shot=shot.key,
            file=file,
            width=shot.width,
            height=shot.height,
            fps=shot.fps,
            frames=shot.frames,
            cpu_seconds=round(cpu_seconds() - began, 3),
            sound=sound is not None,
            looked=looked,
        )

    def _write(
        self, shot: Shot, frames: Iterable[Frame], encoding: Encoding, wav: Path | None, path: Path
    ) -> None:
        count = 0
        with VideoWriter(
            path,
            width=shot.width,
            height=shot.height,
            fps=shot.fps,
            encoding=encoding,
            sound=wav,
            ffmpeg_exe=self._ffmpeg_exe,
        ) as writer:
            for count, frame in enumerate(frames, start=1):  # noqa: B007 (checked below)
                writer.write(frame)
        if count != shot.frames:
            made = f"{shot.upscaler or shot.model!r} made {count} frames"
            raise GenerationError(f"{made} where {shot.frames} were asked for")


@contextmanager
def _as_wav(sound: Sound | None, path: Path) -> Iterator[Path | None]:
    """Have *sound* as the file *path* for the length of the block."""
    if sound is None:
        yield None
        return
    try:
        write_wav(path, sound)
        yield path
    finally:
        path.unlink(missing_ok=True)
