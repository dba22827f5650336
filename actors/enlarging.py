"""Enlarges video frame by frame: super-resolution where there is a model, then Lanczos to the exact size."""

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from actors.video import Frame, planes

if TYPE_CHECKING:
    from actors.span import Span


class Size(NamedTuple):
    """Of a frame, in pixels; both are even."""

    width: int
    height: int


def sharpened(frames: Iterable[Frame], size: Size, span: "Span", tile: int) -> Iterator[Frame]:
    """Yield each of *frames* enlarged by *span*; only one is held at a time."""
    from actors.colors import to_frame, to_picture  # noqa: PLC0415 (torch waits until a model is asked for)
    from actors.span import enlarge  # noqa: PLC0415 (the same)

    device = str(span.mean.device)
    for frame in frames:
        yield to_frame(enlarge(span, to_picture(frame, *size, device), tile=tile))


def fitted(frames: Iterable[Frame], size: Size, to: Size) -> Iterator[Frame]:
    """Yield each of *frames* at the size *to*: covered, its middle kept where the ratio differs."""
    return (_resized(frame, size, to) for frame in frames)


def _resized(frame: Frame, size: Size, to: Size) -> Frame:
    if size == to:
        return frame
    step = min(size.width / to.width, size.height / to.height)
    width, height = to.width * step, to.height * step
    left, top = (size.width - width) / 2, (size.height - height) / 2
    large = np.empty(to.width * to.height * 3 // 2, np.uint8)
    old, new = planes(frame, *size), planes(large, *to)
    new[0][...] = _lanczos(old[0], to, (left, top, width, height))
    # A chroma sample sits beside a luma sample, not between two: scaled by step, it would drift sideways.
    chroma = (left / 2 + (1 - step) / 4, top / 2, width / 2, height / 2)
    for plane in (1, 2):
        new[plane][...] = _lanczos(old[plane], Size(to.width // 2, to.height // 2), chroma)
    return large


def _lanczos(plane: Frame, to: Size, part: tuple[float, float, float, float]) -> Frame:
    """Resize the *part* of a plane (left, top, width, height), which may reach a little over its sides."""
    left, top, width, height = part
    over = max(0, math.ceil(-left), math.ceil(left + width - plane.shape[1]))
    if over:
        plane = np.pad(plane, ((0, 0), (over, over)), mode="edge")
    box = (left + over, max(top, 0), left + over + width, min(top + height, plane.shape[0]))
    return np.asarray(Image.fromarray(plane).resize(to, Image.Resampling.LANCZOS, box), np.uint8)
