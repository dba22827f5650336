"""Runs models of the table on their tiny checkpoints: small shots, and inputs drawn on the spot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from actors.backends import (
    VIDEO_MODELS,
    Materials,
    Rendering,
    Site,
    VideoModel,
    load_image_model,
    load_video_model,
)
from actors.colors import to_picture
from schemas.brief import Palette
from schemas.errors import StoppedError
from schemas.plan import Drawing, Given, Shot
from tests.tiny.rows import Notebook, folder_of, shrunk, small_of

Pictures = NDArray[np.uint8]
"""RGB ``[frames, height, width, 3]``."""


class Counting:
    """A watch that writes down what it hears, and stops after *patience* steps."""

    def __init__(self, patience: int = 10_000) -> None:
        self.heard: list[tuple[int, int]] = []
        self._patience = patience

    def step(self, done: int, of: int) -> None:
        self.heard.append((done, of))
        if len(self.heard) > self._patience:
            raise StoppedError(f"stopped after {done} of {of} steps")


def load(name: str, tiny: Callable[[str], Path]) -> Any:
    """Load the model *name* of the table from its tiny checkpoint, onto the CPU."""
    torch.set_num_threads(1)
    entry = shrunk(VIDEO_MODELS[name])
    load_any = load_image_model if "still" in entry.tasks else load_video_model
    return load_any(entry, Site("cpu", folder_of(entry, tiny), Notebook()))


def draw_shot(name: str, frames: int, *, size: tuple[int, int] | None = None, **more: Any) -> Shot:
    """Return a small shot for the model *name*: a red car, of words alone unless *more* says so."""
    entry = VIDEO_MODELS[name]
    width, height = size or size_of(name)
    facts: dict[str, Any] = {
        "show": "text",
        "still": "",
        "prompt": "a red car",
        "negative": "blurred",
        "given": Given(),
        "camera": "hold",
        "palette": Palette(primary="#0A7A3C", accent="#F0B000"),
        "width": width,
        "height": height,
        "frames": frames,
        "seed": 7,
        "model": entry.revision,
        "fps": entry.frames.fps,
    }
    return Shot(**(facts | more))


def size_of(name: str) -> tuple[int, int]:
    """Return width and height that the tiny model *name* makes quickly; the two differ where they can."""
    side, multiple = small_of(VIDEO_MODELS[name]).side, small_of(VIDEO_MODELS[name]).multiple
    return side + (multiple if multiple < side else 0), side


def draw_drawing(name: str, *, size: tuple[int, int] | None = None, **more: Any) -> Drawing:
    """Return a small drawing for the model *name*."""
    width, height = size or size_of(name)
    facts: dict[str, Any] = {
        "prompt": "a red car",
        "negative": "",
        "width": width,
        "height": height,
        "seed": 7,
        "model": VIDEO_MODELS[name].revision,
    }
    return Drawing(**(facts | more))


def render(model: VideoModel, shot: Shot, *, shrink: int = 0, **given: Any) -> Pictures:
    """Return what *model* makes of *shot* with the materials *given*, read as pictures."""
    return seen(model.render(shot, Materials(**given), shrink=shrink, watch=Counting()), shot)


def seen(made: Rendering, shot: Shot) -> Pictures:
    """Return the frames of *made* as pictures."""
    frames = [to_picture(frame, shot.width, shot.height, "cpu").numpy() for frame in made.frames]
    return np.stack(frames)


def apart(one: Pictures, other: Pictures) -> float:
    """Return the mean absolute difference of two clips, in levels of 255."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def draw_still(path: Path, seed: int, size: tuple[int, int] = (96, 64)) -> Path:
    """Write a smooth picture of *seed* as a PNG."""
    Image.fromarray(_waves(seed, size)).save(path)
    return path


def draw_video(path: Path, seed: int, frames: int, *, fps: int, size: tuple[int, int] = (96, 64)) -> Path:
    """Write a clip in which the picture of *seed* moves to the right, two pixels a frame, nearly lossless."""
    picture = _waves(seed, size)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "2", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            moved = np.ascontiguousarray(np.roll(picture, 2 * number, axis=1))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _waves(seed: int, size: tuple[int, int]) -> Pictures:
    down, across = np.mgrid[0 : size[1], 0 : size[0]]
    turns = np.random.default_rng(seed).integers(1, 4, 6)
    waves = [turns[n] * across / size[0] + turns[n + 3] * down / size[1] for n in range(3)]
    bands = [127 + 110 * np.sin(2 * np.pi * wave + n + seed) for n, wave in enumerate(waves)]
    return np.stack(bands, axis=-1).astype(np.uint8)
