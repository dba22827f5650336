"""What every model offers, and how the one that a plan names is found and loaded; `table` lists them."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from actors.backends.entry import Checkpoint, Entry, FrameRule, Service
from actors.backends.table import VIDEO_MODELS
from schemas.errors import GenerationError
from schemas.layout import Box
from schemas.plan import Drawing, Shot, Task

__all__ = [
    "VIDEO_MODELS",
    "Checkpoint",
    "Entry",
    "FrameRule",
    "ImageModel",
    "Materials",
    "Notes",
    "Rendering",
    "Service",
    "Site",
    "VideoModel",
    "Watch",
    "entry_of",
    "find_video_model",
    "load_image_model",
    "load_video_model",
    "tasks_of",
]


class Watch(Protocol):
    """Who follows the making of one clip."""

    def step(self, done: int, of: int) -> None:
        """Take note that *done* of *of* steps are done. Raises StoppedError where no more shall be."""


class Notes(Protocol):
    """Short texts that outlive the worker: a service's task ids, so that nothing is paid twice."""

    def recall(self, key: str) -> str | None:
        """Return what was kept under *key*; None or empty for nothing."""

    def keep(self, key: str, text: str) -> None:
        """Keep *text* under *key* in place of what stood there."""


class Site(NamedTuple):
    """Where a model works."""

    device: str
    """``cpu`` or ``cuda``."""
    folder: Path | None
    """Of its checkpoint, verified; None for a model without weights."""
    notes: Notes


class Materials(NamedTuple):
    """The files of what a shot is given."""

    still: Path | None = None
    """PNG, as are *until* and *subjects*; its alpha channel, if any, tells the subject from its
    background."""
    until: Path | None = None
    video: Path | None = None
    video_subject: Box | None = None
    """What the video is of, in its pixels; None where nothing stands out."""
    subjects: tuple[Path, ...] = ()
    follows: Path | None = None
    """The clip whose look is kept."""


class Rendering(NamedTuple):
    """What a model makes of a shot."""

    frames: Iterator[NDArray[np.uint8]]
    """``shot.frames`` frames of the shot's size, each flat yuv420p ``uint8 [width * height * 3 / 2]``,
    BT.709, limited range; made as they are asked for."""
    sound: NDArray[np.float32] | None = None
    """``[samples, 2]`` at 48 kHz, as long as the frames; None for none."""


class VideoModel(Protocol):
    """What a back-end's class offers."""

    def __init__(self, entry: Entry, site: Site) -> None:
        """Load everything that all shots need."""

    def render(self, shot: Shot, materials: Materials, *, shrink: int, watch: Watch) -> Rendering:
        """Make *shot* of *materials*; the same shot gives the same frames on the same machine.

        *shrink* counts how often the shot did not fit into memory before: each step makes what is worked on
        at a time smaller, never the result. *watch* hears of every step. Raises GenerationError if the shot
        cannot be made, StoppedError where *watch* does; torch's own out-of-memory error may pass through.
        """


class ImageModel(Protocol):
    """What the class of a model of stills offers."""

    def __init__(self, entry: Entry, site: Site) -> None:
        """Load everything that all drawings need."""

    def draw(self, drawing: Drawing, *, shrink: int, watch: Watch) -> NDArray[np.uint8]:
        """Return the picture, RGB ``uint8 [height, width, 3]``. *shrink* and *watch* as for a VideoModel."""


def entry_of(model: str) -> Entry:
    """Return the line of the model that a plan calls *model*, ``name/version@fingerprint``.

    Raises GenerationError if there is none, or one of another version.
    """
    name = model.partition("/")[0]
    entry = VIDEO_MODELS.get(name)
    if entry is None:
        raise GenerationError(f"model {model!r} is not in the table; known: {', '.join(VIDEO_MODELS)}")
    if model.partition("@")[0] != entry.revision:
        raise GenerationError(f"it was planned for {model!r}, this worker has {entry.revision!r}; plan again")
    return entry


def tasks_of(shot: Shot, entry: Entry) -> tuple[Task, ...]:
    """Return what *shot* asks of the model of *entry*, the main thing first."""
    given = shot.given
    asks: list[Task] = [_main_task(shot)]
    if given.follows:
        asks.append("keep")
    if given.sound and not given.speech:
        asks.append("sound")
    if entry.frames.most and shot.frames > entry.frames.most:
        asks.append("long")
    return tuple(asks)


def _main_task(shot: Shot) -> Task:
    given = shot.given
    if given.task:
        return given.task
    if given.subjects:
        return "subjects"
    if given.speech:
        return "presenter"
    if given.until:
        return "first_last"
    return "image" if shot.still else "text"


def find_video_model(shot: Shot) -> Entry:
    """Return the line of the model that *shot* was planned for.

    Raises GenerationError if there is no such model, if it has another revision here, if it cannot do what
    the shot asks, or if the shot is not rendered at all but enlarged.
    """
    if shot.base:
        raise GenerationError(
            f"shot {shot.key[:12]} is enlarged from the clip of shot {shot.base[:12]}, no model makes it: "
            "call enlarge for it, and generate for its base"
        )
    entry = entry_of(shot.model)
    for task in tasks_of(shot, entry):
        if task not in entry.tasks:
            raise GenerationError(
                f"model {entry.name!r} cannot do {task!r}; it does: {', '.join(entry.tasks)}"
            )
    return entry


def load_video_model(entry: Entry, site: Site) -> VideoModel:
    """Load the model of *entry*."""
    model: VideoModel = _class_of(entry)(entry, site)
    return model


def load_image_model(entry: Entry, site: Site) -> ImageModel:
    """Load the model of stills of *entry*. Raises GenerationError where it makes none."""
    if "still" not in entry.tasks:
        raise GenerationError(f"model {entry.name!r} draws no stills; it does: {', '.join(entry.tasks)}")
    model: ImageModel = _class_of(entry)(entry, site)
    return model


def _class_of(entry: Entry) -> type:
    module, _, name = entry.path.partition(":")
    found: type = getattr(import_module(module), name)
    return found
