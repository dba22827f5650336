"""Finds faces in pictures with BlazeFace (Bazarevsky et al., 2019), the full-range network of 256 pixels.

The network looks at a square; it tells for 896 anchors how sure it is of a face, and where its box lies.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.sessions import open_session
from schemas.layout import Box

_SIDE = 256
_GRIDS = ((16, 2), (8, 6))
"""Cells across, and anchors in each cell."""
_SURE = 0.75
"""Score from which a face is believed; a cup seen from above reached 0.67 (tried on four photographs)."""
_SAME = 0.3
"""Overlap, as intersection over union, from which two boxes show one face."""

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float64]


class FaceFinder:
    """The face detector; one thread, so that the same picture gives the same faces everywhere."""

    def __init__(self, path: Path) -> None:
        """Load the weights in *path*."""
        self._session = open_session(path)
        self._anchors = np.concatenate([_anchors(*grid) for grid in _GRIDS])

    def find(self, picture: Picture) -> tuple[Box, ...]:
        """Return the faces in *picture*, R'G'B' ``uint8 [H, W, 3]``: chin to forehead, the surest first."""
        found = np.concatenate([self._look(picture, square) for square in _squares(picture)])
        height, width = picture.shape[:2]
        return tuple(_box(face, width, height) for face in _each_once(found))

    def _look(self, picture: Picture, square: tuple[int, int, int]) -> Boxes:
        """Return left, top, right, bottom and score of what is seen in *square*: ``float64 [faces, 5]``."""
        left, top, side = square
        part = Image.fromarray(picture).crop((left, top, left + side, top + side))
        pixels = np.asarray(part.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), np.float32)
        answers = self._session.run(None, {self._session.get_inputs()[0].name: pixels[None] / 127.5 - 1})
        logits = np.concatenate([answers[0][0, :, 0], answers[1][0, :, 0]]).astype(np.float64)
        boxes = np.concatenate([answers[2][0, :, :4], answers[3][0, :, :4]]).astype(np.float64)
        scores = 1 / (1 + np.exp(-logits.clip(-100, 100)))
        centres = self._anchors + boxes[:, :2] / _SIDE
        half = boxes[:, 2:] / _SIDE / 2
        corners = np.concatenate([centres - half, centres + half], axis=1) * side + (left, top, left, top)
        faces: Boxes = np.concatenate([corners, scores[:, None]], axis=1)[scores >= _SURE]
        return faces


@lru_cache(maxsize=1)
def face_finder(path: Path) -> FaceFinder:
    """Return the detector with the weights in *path*, loaded once."""
    return FaceFinder(path)


def _anchors(across: int, each: int) -> Boxes:
    """Return the middles of the anchors of a grid, in shares of the square: ``float64 [n, 2]``."""
    middles = (np.arange(across) + 0.5) / across
    grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    return np.repeat(grid, each, axis=0)


def _squares(picture: Picture) -> Iterator[tuple[int, int, int]]:
    """Yield left, top and side of the squares that are looked at: all, then parts of a long picture."""
    height, width = picture.shape[:2]
    short, long = sorted((height, width))
    yield (width - long) // 2, (height - long) // 2, long
    if short < long:
        yield from ((left, top, short) for top in _starts(height, short) for left in _starts(width, short))


def _starts(length: int, side: int) -> list[int]:
    """Return where parts of *side* begin that cover *length* and overlap by half or more."""
    steps = math.ceil((length - side) / (side / 2))
    return [round(n * (length - side) / steps) for n in range(steps + 1)] if steps else [0]


def _each_once(found: Boxes) -> Boxes:
    """Keep of boxes that show one face the surest."""
    kept: list[NDArray[np.float64]] = []
    for face in found[np.argsort(-found[:, 4], kind="stable")]:
        if all(_overlap(face, other) < _SAME for other in kept):
            kept.append(face)
    return np.array(kept).reshape(-1, 5)


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the intersection over the smaller of two boxes: a part of a face is that face too."""
    corner, opposite = np.maximum(one[:2], other[:2]), np.minimum(one[2:4], other[2:4])
    shared = float(np.prod((opposite - corner).clip(0)))
    areas = [float(np.prod(face[2:4] - face[:2])) for face in (one, other)]
    return shared / max(1e-9, min(areas))


def _box(face: NDArray[np.float64], width: int, height: int) -> Box:
    left, top, right, bottom = (round(edge) for edge in face[:4])
    frame = Box(left=0, top=0, right=width, bottom=height)
    return Box(left=left, top=top, right=right, bottom=bottom).within(frame)
