"""Reads a still and decides where it lies in the frame."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from actors.backends.canvas import Area
from schemas.errors import GenerationError
from schemas.layout import Box

_SEEN = 32
"""A matte's value, of 255, from which on the subject counts as there."""
_SIDE_MAX = 4096
"""A plate has no more pixels than this on a side, however small the subject is in its photo."""


class Photo(NamedTuple):
    """A still with its subject."""

    rgb: Image.Image
    matte: Image.Image | None
    """Opacity of the subject, mode L; None if nobody has cut it out."""
    subject: Area
    """Where the subject is, in pixels of the photo; the middle of a photo without matte."""


class Placing(NamedTuple):
    """Where a photo lies in the frame: frame = photo * scale + (left, top)."""

    scale: float
    left: float
    top: float
    subject: Area
    """Where the subject comes to lie, in frame pixels."""


def read_photo(path: Path) -> Photo:
    """Read a prepared still. Raises GenerationError if it is none."""
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
            matte = image.getchannel("A") if "A" in image.getbands() else None
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise GenerationError(f"{path.name}: cannot be read as a picture: {error}") from error
    seen = matte.point(lambda value: 255 * (value >= _SEEN)).getbbox() if matte else None
    if matte is None or seen is None:
        margin = 0.1
        width, height = rgb.size
        middle = Area(margin * width, margin * height, (1 - margin) * width, (1 - margin) * height)
        return Photo(rgb, None, middle)
    return Photo(rgb, matte, Area(*map(float, seen)))


def place(photo: Photo, box: Box, cover: tuple[int, int] | None) -> Placing:
    """Fit the subject into *box*, but no larger than the photo needs to be to cover a frame of size *cover*.

    Where the subject leaves room in the box, the photo is moved within it to cover more of the frame.
    """
    subject = photo.subject
    size = (subject.right - subject.left, subject.bottom - subject.top)
    scale = min(box.width / size[0], box.height / size[1])
    if cover:
        scale = min(scale, max(cover[0] / photo.rgb.width, cover[1] / photo.rgb.height))
    across, down = cover or (0, 0)
    left = _slide(subject.left, subject.right, photo.rgb.width, scale, (box.left, box.right, across))
    top = _slide(subject.top, subject.bottom, photo.rgb.height, scale, (box.top, box.bottom, down))
    lies = Area(*(edge * scale + start for edge, start in zip(subject, (left, top) * 2, strict=True)))
    return Placing(scale, left, top, lies)


def _slide(first: float, last: float, size: int, scale: float, room: tuple[int, int, int]) -> float:
    """Return the photo's offset on one axis; *room* is the box's two edges, and the frame's size or 0."""
    low, high, frame = room
    offset = (low + high - (first + last) * scale) / 2
    slack = (high - low - (last - first) * scale) / 2
    if not frame:
        return offset
    bare_before, bare_after = max(0.0, offset), max(0.0, frame - offset - size * scale)
    return offset + max(-slack, min(slack, bare_after - bare_before))


def resample(image: Image.Image, scale: float, device: str) -> Tensor:
    """Return *image* scaled, antialiased, as float ``[bands, h, w]`` in 0..1."""
    longest = max(image.size)
    fitted = min(scale, _SIDE_MAX / longest) if scale < 1 else min(scale, max(1.0, _SIDE_MAX / longest))
    size = (max(2, round(image.width * fitted)), max(2, round(image.height * fitted)))
    pixels = np.asarray(image.resize(size, Image.Resampling.LANCZOS))
    planes = torch.from_numpy(pixels.copy()).to(device).reshape(size[1], size[0], -1)
    return planes.permute(2, 0, 1).contiguous().float() / 255
