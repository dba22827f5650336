"""Makes clips and drawings: a shot or a drawing goes in, pixels of a model of the table come out."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from actors.backends import Materials, Watch, find_video_model
from actors.clips import ClipStore
from actors.footage import probe_footage
from actors.models import Means, Models
from actors.resources import cpu_seconds, gpu_memory
from actors.shelf import take_weights
from actors.subjects import subject_of_clip
from actors.video import BASE, MEZZANINE
from schemas.layout import Box
from schemas.media import Clip
from schemas.plan import Drawing, Shot
from storage.blobs import BlobStore

if TYPE_CHECKING:
    from actors.safety import FrameGate


class Generator:
    """Makes clips and drawings with any model of the table."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str, means: Means) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._clips = ClipStore(blobs, scratch, ffmpeg_exe)
        self._means = means
        self._models = Models(means, blobs)

    def generate(self, shot: Shot, shrink: int, watch: Watch) -> Clip:
        """Make *shot* and store it as ``clips/<key>.mp4``; *shrink* and *watch* are as VideoModel takes them.

        Raises GenerationError if the model cannot make it, GpuMemoryError if it does not fit, StoppedError if
        *watch* does, MediaError if it cannot be encoded, and StorageError if the store does not take it or
        lacks what it is made of.
        """
        began = cpu_seconds()
        entry = find_video_model(shot)
        tried = f"shot {shot.key[:12]} ({shot.width}x{shot.height}, {shot.frames} frames) by {shot.model}"
        with gpu_memory(f"{tried}, halved {shrink} times"):
            materials = self._materials(shot)
            made = self._models.video(shot.model).render(shot, materials, shrink=shrink, watch=watch)
            gate = self._gate if entry.weights or entry.service else None
            return self._clips.store(
                shot,
                gate.watched(made.frames, shot) if gate else made.frames,
                MEZZANINE if entry.any_size else BASE,
                sound=made.sound,
                looked=gate.revision if gate else "",
                began=began,
            )

    def draw(self, drawing: Drawing, shrink: int, watch: Watch) -> NDArray[np.uint8]:
        """Return the picture of *drawing*, RGB ``uint8 [height, width, 3]``; raises as `generate` does."""
        tried = f"a drawing of {drawing.width}x{drawing.height} by {drawing.model}"
        with gpu_memory(f"{tried}, halved {shrink} times"):
            picture = self._models.image(drawing.model).draw(drawing, shrink=shrink, watch=watch)
        if self._gate is not None:
            self._gate.look_at_drawing(picture, drawing)
        return picture

    @cached_property
    def looked(self) -> str:
        """Who looks at what models make; empty for nobody."""
        return self._gate.revision if self._gate else ""

    @cached_property
    def _gate(self) -> "FrameGate | None":
        gate = self._means.gate
        if gate is None:
            return None
        from actors.safety import FrameGate  # noqa: PLC0415 (onnxruntime waits until there is a picture)

        return FrameGate(take_weights(gate.classifier, self._blobs, self._scratch), gate)

    def _materials(self, shot: Shot) -> Materials:
        given = shot.given
        video = self._local(given.video) if given.video else None
        return Materials(
            still=self._still(shot.still),
            until=self._still(given.until),
            video=video,
            video_subject=self._subject(shot, video) if video else None,
            subjects=tuple(self._local(f"stills/{key}.png") for key in given.subjects),
            follows=self._local(f"clips/{given.follows}.mp4") if given.follows else None,
        )

    def _subject(self, shot: Shot, video: Path) -> Box | None:
        """Return what *video* is of, where the shot may crop it."""
        if not shot.framing:
            return None
        from actors.faces import face_finder  # noqa: PLC0415 (onnxruntime waits until there is a picture)

        revision = shot.framing.partition("/")[0]
        finder = face_finder(take_weights(revision, self._blobs, self._scratch)) if revision else None
        return subject_of_clip(video, probe_footage(video).seconds, finder)

    def _still(self, key: str) -> Path | None:
        return self._local(f"stills/{key}.png") if key else None

    def _local(self, name: str) -> Path:
        return self._blobs.local(name, self._scratch)
