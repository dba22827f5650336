"""Turns colours into BT.709 planes and back, and planes into frames.

Planes hold floats in the units of 8-bit limited-range video: Y 16..235, U and V 16..240 around 128. Both are
affine in R'G'B', so blending planes with weights that sum to one is blending the pictures. Source: ITU-R
BT.709-6, items 3.2 to 3.5.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_RED, _BLUE = 0.2126, 0.0722
_GREEN = 1 - _RED - _BLUE
_MATRIX = torch.tensor(
    [
        [219 * _RED, 219 * _GREEN, 219 * _BLUE],
        [-112 * _RED / (1 - _BLUE), -112 * _GREEN / (1 - _BLUE), 112.0],
        [112.0, -112 * _GREEN / (1 - _RED), -112 * _BLUE / (1 - _RED)],
    ]
)
_INVERSE = torch.linalg.inv(_MATRIX)
_OFFSET = torch.tensor([16.0, 128.0, 128.0])


class Planes(NamedTuple):
    """A picture, or the noise that goes on one."""

    luma: Tensor
    """Float ``[H, W]``."""
    chroma: Tensor
    """Float ``[2, H / 2, W / 2]``: U and V."""


def parse_color(code: str) -> Tensor:
    """Return ``#RRGGBB`` as R'G'B' in 0..1, float ``[3]``."""
    return torch.tensor([int(code[n : n + 2], 16) / 255 for n in (1, 3, 5)])


def to_yuv(rgb: Tensor) -> Tensor:
    """Convert R'G'B' in 0..1, float ``[3, ...]``, to Y, U and V of the same shape."""
    matrix, offset = _MATRIX.to(rgb.device), _OFFSET.to(rgb.device)
    return torch.addmm(offset[:, None], matrix, rgb.reshape(3, -1)).reshape(rgb.shape)


def to_rgb(yuv: Tensor) -> Tensor:
    """Convert Y, U and V, float ``[3, ...]``, to R'G'B', 0..1 where the colour exists, of the same shape."""
    matrix, offset = _INVERSE.to(yuv.device), _OFFSET.to(yuv.device)
    return torch.mm(matrix, yuv.reshape(3, -1) - offset[:, None]).reshape(yuv.shape)


def make_dither(width: int, height: int, *, grain: float, seed: int, device: str) -> Planes:
    """Return the noise that is added before rounding down: it stands still, and hides the steps of 8 bits.

    It is uniform over one level, which makes rounding unbiased; in Y triangular noise of *grain* levels to
    either side comes on top, which outlives the encoder's quantisation where nothing else moves.
    """
    # Drawn on the CPU wherever the frames are made: a GPU draws other numbers from the same seed.
    random = torch.Generator().manual_seed(seed)
    luma = torch.rand(height, width, generator=random)
    grains = torch.rand(height, width, generator=random) - torch.rand(height, width, generator=random)
    chroma = torch.rand(2, height // 2, width // 2, generator=random)
    return Planes((luma + grains * grain).to(device), chroma.to(device))


def to_frame(planes: Planes, dither: Planes) -> NDArray[np.uint8]:
    """Round *planes*, which are left changed, to a flat yuv420p frame ``uint8 [H * W * 3 / 2]``."""
    count = planes.luma.numel()
    frame = torch.empty(count * 3 // 2, dtype=torch.uint8, device=planes.luma.device)
    frame[:count] = planes.luma.add_(dither.luma).reshape(-1)
    frame[count:] = planes.chroma.add_(dither.chroma).reshape(-1)
    return np.asarray(frame.cpu().numpy(), dtype=np.uint8)
