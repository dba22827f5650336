"""Makes clips: a shot goes in, a file in the blob store comes out."""

from pathlib import Path

from actors.backends import VIDEO_MODELS, VideoModel, find_video_model, load_video_model
from actors.resources import cpu_seconds
from actors.video import MEZZANINE, VideoWriter
from schemas.errors import GenerationError
from schemas.media import Clip
from schemas.plan import Shot
from storage.blobs import BlobStore, publish


class Generator:
    """Makes clips with any model of the table; each is loaded when its first shot comes, and kept."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._ffmpeg_exe = ffmpeg_exe
        self._models: dict[str, VideoModel] = {}

    def generate(self, shot: Shot) -> Clip:
        """Make *shot* and store it as ``clips/<key>.mp4``.

        Raises GenerationError if the model cannot make it, MediaError if it cannot be encoded, and
        StorageError if the store does not take it or does not have the still.
        """
        start = cpu_seconds()
        model = self._model(find_video_model(shot))
        path = self._scratch / f"{shot.key}.mp4"
        try:
            self._render(model, shot, path)
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
            cpu_seconds=round(cpu_seconds() - start, 3),
        )

    def _model(self, name: str) -> VideoModel:
        if name not in self._models:
            self._models[name] = load_video_model(name, "cuda" if VIDEO_MODELS[name].gpus else "cpu")
        return self._models[name]

    def _render(self, model: VideoModel, shot: Shot, path: Path) -> None:
        still = self._blobs.local(f"stills/{shot.still}.png", self._scratch) if shot.still else None
        count = 0
        with VideoWriter(
            path,
            width=shot.width,
            height=shot.height,
            fps=shot.fps,
            encoding=MEZZANINE,
            ffmpeg_exe=self._ffmpeg_exe,
        ) as writer:
            for count, frame in enumerate(model.render(shot, still), start=1):  # noqa: B007 (checked below)
                writer.write(frame)
        if count != shot.frames:
            raise GenerationError(
                f"model {shot.model!r} made {count} frames where {shot.frames} were asked for"
            )
