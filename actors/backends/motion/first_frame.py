"""Fits pictures into the frame of a model: a still that the clip begins with, a subject on white.

A fitted still is the first frame that the built-in renderer would draw of it: the subject in its place, and
where the photo ends, its surroundings go on.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from actors.backends.motion.canvas import Canvas
from actors.backends.motion.framing import read_photo
from actors.backends.motion.scenes import PhotoScene
from actors.backends.pixels import to_rgb
from schemas.plan import Shot

Picture = NDArray[np.uint8]
"""RGB ``[H, W, 3]``."""

_MARGIN = 0.08
"""White around a subject, as a share of the frame."""


def fit_still(still: Path, shot: Shot) -> Picture:
    """Return the picture of *still* in the frame of *shot*. Raises GenerationError if it cannot be read."""
    canvas = Canvas(shot.width, shot.height, "cpu")
    calm = shot.model_copy(update={"camera": "hold", "frames": 1})
    PhotoScene(calm, read_photo(still), "cpu").paint(canvas, 0)
    luma, chroma = canvas.planes
    colors = functional.interpolate(chroma[None], size=luma.shape, mode="bilinear", align_corners=False)[0]
    rgb = to_rgb(torch.cat((luma[None], colors)))
    return np.asarray((rgb * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())


def subject_on_white(still: Path, shot: Shot) -> Picture:
    """Return the subject of *still* whole, as large as the frame of *shot* lets it be, on white.

    Without a matte it is the photo that is shown whole. Raises GenerationError if it cannot be read.
    """
    photo = read_photo(still)
    whole = photo.rgb.copy()
    box = (0, 0, *whole.size)
    if photo.matte is not None:
        white = Image.new("RGB", whole.size, "white")
        whole = Image.composite(whole, white, photo.matte)
        left, top, right, bottom = photo.subject
        box = round(left), round(top), round(right), round(bottom)
    part = whole.crop(box)
    room = 1 - 2 * _MARGIN
    scale = min(shot.width * room / part.width, shot.height * room / part.height)
    size = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    frame = Image.new("RGB", (shot.width, shot.height), "white")
    place = ((shot.width - size[0]) // 2, (shot.height - size[1]) // 2)
    frame.paste(part.resize(size, Image.Resampling.LANCZOS), place)
    return np.asarray(frame, dtype=np.uint8)
