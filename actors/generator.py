"""Makes clips: a shot goes in, a file in the blob store comes out."""

from collections.abc import Iterator
from pathlib import Path

from actors.backends import VIDEO_MODELS, VideoModel, find_video_model, load_video_model
from actors.clips import ClipStore
from actors.resources import cpu_seconds, gpu_memory
from actors.video import BASE, MEZZANINE, Frame
from schemas.media import Clip
from schemas.plan import Shot
from storage.blobs import BlobStore


class Generator:
    """Makes clips with any model of the table; each is loaded when its first shot comes, and kept."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._clips = ClipStore(blobs, scratch, ffmpeg_exe)
        self._models: dict[str, VideoModel] = {}

    def generate(self, shot: Shot, shrink: int) -> Clip:
        """Make *shot* and store it as ``clips/<key>.mp4``; *shrink* is as VideoModel.render takes it.

        Raises GenerationError if the model cannot make it, GpuMemoryError if it does not fit, MediaError if
        it cannot be encoded, and StorageError if the store does not take it or does not have the still.
        """
        began = cpu_seconds()
        name = find_video_model(shot)
        tried = f"shot {shot.key[:12]} ({shot.width}x{shot.height}, {shot.frames} frames) by {shot.model}"
        with gpu_memory(f"{tried}, halved {shrink} times"):
            encoding = MEZZANINE if VIDEO_MODELS[name].any_size else BASE
            return self._clips.store(shot, self._frames(name, shot, shrink), encoding, began=began)

    def _frames(self, name: str, shot: Shot, shrink: int) -> Iterator[Frame]:
        still = self._blobs.local(f"stills/{shot.still}.png", self._scratch) if shot.still else None
        return self._model(name).render(shot, still, shrink=shrink)

    def _model(self, name: str) -> VideoModel:
        if name not in self._models:
            self._models[name] = load_video_model(name, "cuda" if VIDEO_MODELS[name].gpus else "cpu")
        return self._models[name]
