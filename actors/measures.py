"""Measures what a clip looks like: how sharp it is, how much moves, how much flickers, how like its product.

All figures are taken on decoded frames, a few at a time, at sizes of their own, so that clips of any size and
length can be compared. They are plain and cheap: they order clips of the same shot, they are no verdict.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.probing import probe_video
from actors.video import planes, read_frames

Plane = NDArray[np.float32]

SHARPNESS_SIDE = 720
"""Pixels of the shorter side on which sharpness is measured; near what a phone shows."""
_SHARPNESS_STEP = 6
"""One frame of so many is looked at: five a second of delivery."""
_MOTION_SIDE = 180
"""Small enough that grain and the encoder's traces do not count as motion."""
_BLOCK = 15
"""Pixels of the small frame on a side of a block whose flicker is measured."""


class Movement(NamedTuple):
    """What changes from frame to frame."""

    motion: float
    """Luma levels a second, see `measure_movement`."""
    flicker: float
    """Luma levels, see `measure_movement`."""


def measure_sharpness(clip: Path) -> float:
    """Return how sharp the yuv420p file *clip* is: the variance of the Laplacian, median over its frames.

    The Laplacian, ``4 Y - Y_left - Y_right - Y_above - Y_below``, is taken of 8-bit luma that is scaled to
    720 pixels on the shorter side, so the unit is luma levels squared; one frame of six is looked at. Source:
    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000. More detail and more
    contrast raise it, and so does grain: it compares clips of one shot, not shots. Raises MediaError.
    """
    frames = _lumas(clip, SHARPNESS_SIDE, Image.Resampling.LANCZOS, step=_SHARPNESS_STEP)
    return float(np.median([_laplacian_variance(luma) for luma in frames]))


def measure_movement(clip: Path) -> Movement:
    """Return how much moves in the yuv420p file *clip*, and how much flickers; 0 and 0 for a still.

    Motion: the mean over neighbouring frames of ``mean(|d - mean(d)|)``, where ``d`` is the difference of
    their 8-bit luma at 180 pixels on the shorter side, times the frame rate: luma levels a second. A change
    of brightness of the whole picture is no motion. It grows with speed and with contrast, and less than
    linearly where things move by more than their own detail.

    Flicker: by how many luma levels a frame stands out from the mean of the frames before and after it,
    ``|Y[t] - (Y[t-1] + Y[t+1]) / 2|``, half their second difference in time; taken of the means of blocks of
    15 x 15 pixels, over the half of the blocks that change least between ``t - 1`` and ``t + 1``, where
    motion explains the least; the mean over all frames. Measure a clip as its model made it: frames that are
    repeated to reach another rate would count. The formulas are our own. Raises MediaError.
    """
    fps = probe_video(clip).fps
    before: list[Plane] = []
    moved, stood_out = [], []
    for luma in _lumas(clip, _MOTION_SIDE, Image.Resampling.BOX):
        before.append(luma)
        if len(before) > 1:
            change = before[-1] - before[-2]
            moved.append(float(np.abs(change - change.mean()).mean()))
        if len(before) > 2:  # noqa: PLR2004 (a frame and its neighbours)
            stood_out.append(_standing_out(*before))
            del before[0]
    return Movement(_mean(moved) * fps, _mean(stood_out))


def _laplacian_variance(luma: Plane) -> float:
    inner = 4 * luma[1:-1, 1:-1]
    inner -= luma[1:-1, :-2]
    inner -= luma[1:-1, 2:]
    inner -= luma[:-2, 1:-1]
    inner -= luma[2:, 1:-1]
    return float(inner.var(dtype=np.float64))


def _standing_out(first: Plane, middle: Plane, last: Plane) -> float:
    """Return by how much *middle* stands out from its neighbours where little moves."""
    changes = _blocks(np.abs(last - first))
    out = np.abs(_blocks(middle - 0.5 * (first + last)))
    calm = np.argsort(changes, axis=None, kind="stable")[: max(1, changes.size // 2)]
    return float(out.reshape(-1)[calm].mean())


def _blocks(plane: NDArray[np.floating[Any]]) -> Plane:
    """Return the means of the whole blocks of *plane*."""
    high, wide = (side // _BLOCK for side in plane.shape)
    cut = plane[: high * _BLOCK, : wide * _BLOCK]
    return np.asarray(cut.reshape(high, _BLOCK, wide, _BLOCK).mean(axis=(1, 3)), dtype=np.float32)


def _lumas(clip: Path, side: int, filter_: Image.Resampling, *, step: int = 1) -> Iterator[Plane]:
    """Yield the luma of every *step*-th frame, its shorter side scaled to *side* pixels, 8-bit levels."""
    facts = probe_video(clip)
    scale = side / min(facts.width, facts.height)
    size = (round(facts.width * scale), round(facts.height * scale))
    for number, frame in enumerate(read_frames(clip)):
        if number % step == 0:
            luma = Image.fromarray(planes(frame, facts.width, facts.height)[0].astype(np.float32))
            yield np.asarray(luma.resize(size, filter_), dtype=np.float32)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0
