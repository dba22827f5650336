"""Reads a still and decides where it lies in the frame."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from actors.backends.motion.canvas import Area
from actors.subjects import noted_subject, subject_of_matte
from schemas.errors import GenerationError
from schemas.layout import Box

_MARGINS = 0.1, 0.04
"""Shares of a photo without matte that may be lost at each side, and above and below."""


class Photo(NamedTuple):
    """A still with its subject."""

    rgb: Image.Image
    matte: Image.Image | None
    """Opacity of the subject, mode L; None if nobody has cut it out."""
    subject: Area
    """Where the subject is, in pixels of the photo."""


class Placed(NamedTuple):
    """A photo in the frame: frame = photo * scale + (left, top)."""

    photo: Photo
    scale: float
    left: float
    top: float

    @property
    def subject(self) -> Area:
        """Where the subject lies, in frame pixels."""
        return self._in_frame(self.photo.subject)

    @property
    def edges(self) -> Area:
        """Where the photo lies, in frame pixels."""
        return self._in_frame(Area(0, 0, *self.photo.rgb.size))

    @property
    def pivot(self) -> tuple[float, float]:
        """The middle of the subject: what the camera looks at."""
        left, top, right, bottom = self.subject
        return (left + right) / 2, (top + bottom) / 2

    def _in_frame(self, area: Area) -> Area:
        starts = (self.left, self.top) * 2
        return Area(*(edge * self.scale + start for edge, start in zip(area, starts, strict=True)))


def read_photo(path: Path) -> Photo:
    """Read a prepared still. Raises GenerationError if it is none."""
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
            matte = image.getchannel("A") if "A" in image.getbands() else None
            noted = noted_subject(image)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise GenerationError(f"{path.name}: cannot be read as a picture: {error}") from error
    if noted is not None:
        return Photo(rgb, matte, Area(noted.left, noted.top, noted.right, noted.bottom))
    seen = subject_of_matte(np.asarray(matte)) if matte else None
    if seen is not None:
        return Photo(rgb, matte, Area(seen.left, seen.top, seen.right, seen.bottom))
    width, height = rgb.size
    across, down = _MARGINS[0] * width, _MARGINS[1] * height
    return Photo(rgb, None, Area(across, down, width - across, height - down))


def place(photo: Photo, box: Box, cover: tuple[int, int] | None) -> Placed:
    """Fit the subject into *box*, but no larger than the photo needs to be to cover a frame of size *cover*.

    Where the subject leaves room in the box, the photo is moved within it to cover more of the frame.
    """
    subject, (width, height) = photo.subject, photo.rgb.size
    scale = min(box.width / (subject.right - subject.left), box.height / (subject.bottom - subject.top))
    if cover:
        scale = min(scale, max(cover[0] / width, cover[1] / height))
    left, top = (
        _slide(first * scale, last * scale, low, high)
        for first, last, low, high in (
            (subject.left, subject.right, box.left, box.right),
            (subject.top, subject.bottom, box.top, box.bottom),
        )
    )
    if cover:
        left += _toward_cover(left, width * scale, cover[0], _slack(left, subject.left * scale, box.left))
        top += _toward_cover(top, height * scale, cover[1], _slack(top, subject.top * scale, box.top))
    return Placed(photo, scale, left, top)


def crop(placed: Placed, area: Area) -> Placed:
    """Cut off what lies beyond *area* of the frame, so that the frame bounds the work, not the photo."""
    photo, scale, left, top = placed
    box = (
        max(0, math.floor((area.left - left) / scale)),
        max(0, math.floor((area.top - top) / scale)),
        min(photo.rgb.width, math.ceil((area.right - left) / scale)),
        min(photo.rgb.height, math.ceil((area.bottom - top) / scale)),
    )
    subject = Area(*(x - start for x, start in zip(photo.subject, box[:2] * 2, strict=True)))
    matte = photo.matte.crop(box) if photo.matte else None
    return Placed(
        Photo(photo.rgb.crop(box), matte, subject), scale, left + box[0] * scale, top + box[1] * scale
    )


def resample(image: Image.Image, scale: float, device: str) -> Tensor:
    """Return *image* scaled, antialiased, as float ``[bands, h, w]`` in 0..1."""
    size = (max(2, round(image.width * scale)), max(2, round(image.height * scale)))
    pixels = np.asarray(image.resize(size, Image.Resampling.LANCZOS)).reshape(size[1], size[0], -1)
    return torch.from_numpy(pixels.copy()).to(device).permute(2, 0, 1).contiguous().float() / 255


def _slide(first: float, last: float, low: float, high: float) -> float:
    """Return the offset that brings the middle of the first pair to the middle of the second."""
    return (low + high - first - last) / 2


def _slack(offset: float, subject: float, box: float) -> float:
    """Return how far the subject can move in the box, to either side."""
    return max(0.0, offset + subject - box)


def _toward_cover(offset: float, size: float, frame: int, slack: float) -> float:
    """Return how far to move a photo so that less of the frame is left bare, within *slack*."""
    bare_before, bare_after = max(0.0, offset), max(0.0, frame - offset - size)
    return max(-slack, min(slack, bare_after - bare_before))
