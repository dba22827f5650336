"""The table of models: a plug-in is a file and a line here.

It holds strings only, so that reading it never loads torch.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.errors import GenerationError
from schemas.plan import Shot
from schemas.record import Record

Task = Literal[
    "text",
    "image",
    "first_last",
    "restyle",
    "extend",
    "extend_back",
    "long",
    "subjects",
    "keep",
    "sound",
    "presenter",
    "still",
]
"""What a model can be asked for; a shot needs exactly one."""


class Entry(Record):
    """One model: where its class is, what it can do, what it takes."""

    path: str
    """``module:Class``; the class is a VideoModel."""
    revision: str
    """Name and version. It goes into every shot's key, so other pixels are another revision."""
    tasks: tuple[Task, ...]
    gpus: float
    cpus: float
    memory_bytes: int
    """Most main memory that one worker needs, weights included."""
    seconds: float
    """What a worker takes for a million pixels of one frame, on the reference machine; the first forecast.

    The reference for CPU models is two cores of an AMD EPYC (Zen 4) virtual machine, both busy; a model that
    needs GPUs says its own in *note*.
    """
    licence: str
    any_size: bool
    """Whether it renders at the size of delivery, so that its clips need no upscaling."""
    short_side: int = 0
    """Pixels of the shorter side that it renders best; 0 for a model of any size."""
    multiple: int = 2
    """What both sides are a multiple of; even, as yuv420p asks."""
    note: str

    def own_size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height that it renders for a clip of *width* x *height*.

        A model of any size renders just that; another renders its own shorter side, and of the longer one
        what keeps the ratio best.
        """
        if self.any_size:
            return width, height
        scale = self.short_side / min(width, height)
        return (
            round(width * scale / self.multiple) * self.multiple,
            round(height * scale / self.multiple) * self.multiple,
        )


class VideoModel(Protocol):
    """What a back-end's class offers."""

    def __init__(self, device: str) -> None:
        """Load everything that all shots need onto *device*, ``cpu`` or ``cuda``."""

    def render(self, shot: Shot, still: Path | None, *, shrink: int) -> Iterator[NDArray[np.uint8]]:
        """Yield ``shot.frames`` frames, each flat yuv420p ``uint8 [width * height * 3 / 2]``.

        BT.709, limited range, of the shot's width and height; the same shot gives the same frames on the same
        machine. *still* is the PNG of ``shot.still``, None for a shot without. *shrink* counts how often the
        shot did not fit into memory before: each step halves what is worked on at a time, never the result.
        Raises GenerationError if the shot cannot be made; torch's own out-of-memory error may pass through.
        """


VIDEO_MODELS: dict[str, Entry] = {
    "motion": Entry(
        path="actors.backends.motion:Motion",
        revision="motion/1",
        tasks=("text", "image"),
        gpus=0,
        cpus=1,
        memory_bytes=1_000_000_000,
        seconds=0.035,
        licence="Apache-2.0",
        any_size=True,
        note="built in: camera moves with parallax over a photo, no weights",
    ),
}


def task_of(shot: Shot) -> Task:
    """Return what *shot* asks of a model."""
    return "image" if shot.still else "text"


def find_video_model(shot: Shot) -> str:
    """Return the table name of the model that *shot* was planned for.

    Raises GenerationError if there is no such model, if it has another revision here, if it cannot do what
    the shot asks, or if the shot is not rendered at all but enlarged.
    """
    if shot.base:
        raise GenerationError(
            f"shot {shot.key[:12]} is enlarged from the clip of shot {shot.base[:12]}, no model makes it: "
            "call enlarge for it, and generate for its base"
        )
    name = shot.model.partition("/")[0]
    entry = VIDEO_MODELS.get(name)
    if entry is None:
        raise GenerationError(f"model {shot.model!r} is not in the table; known: {', '.join(VIDEO_MODELS)}")
    if shot.model != entry.revision:
        raise GenerationError(
            f"the shot was planned for {shot.model!r}, this worker has {entry.revision!r}; plan again"
        )
    if task_of(shot) not in entry.tasks:
        raise GenerationError(
            f"model {name!r} cannot do {task_of(shot)!r}; it does: {', '.join(entry.tasks)}"
        )
    return name


def load_video_model(name: str, device: str = "cpu") -> VideoModel:
    """Load the model *name* of the table onto *device*."""
    module, _, class_name = VIDEO_MODELS[name].path.partition(":")
    model: VideoModel = getattr(import_module(module), class_name)(device)
    return model
