"""Cuts the subject of a picture out: a small network finds it, a guided filter follows its edge.

Sources: U2-Net, Qin et al., arXiv 2005.09007 (u2netp is its small form); guided filter, He et al., "Guided
Image Filtering", TPAMI 2013; its fast form, He and Sun, arXiv 1505.00996.
"""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from schemas.errors import GenerationError

Picture = NDArray[np.uint8]
Matte = NDArray[np.uint8]

_SIDE = 320
"""u2netp sees pictures of this size, in pixels a side."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

_ISLAND_MIN = 0.05
"""Islands smaller than this share of the largest one are noise."""
_AREA_MIN, _AREA_MAX = 0.02, 0.98
_GREY_MAX = 0.5
"""A matte is doubtful when its undecided pixels are more than this share of the subject's."""
_FILTER_SIDE = 800
"""The guided filter's coefficients are fitted at about this longer side, in pixels."""
_RADIUS = 6
_EPSILON = 1e-4
_CURVE = (0.2, 0.8)
"""Below is background, above is subject; the filter leaves a faint veil outside and holes inside."""


class Matter:
    """Finds the subject of a picture; one instance holds one network."""

    def __init__(self, network: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise GenerationError(f"{network.name}: cannot be loaded: {error}") from error

    def matte(self, picture: Picture) -> Matte | None:
        """Return the subject's opacity, ``uint8 [H, W]``, of a picture ``uint8 [H, W, 3]``.

        None when no clear subject is found: it fills less than 2 % or more than 98 % of the picture, or most
        of it is undecided.
        """
        coarse = without_islands(self._salience(picture))
        if not is_clear(coarse):
            return None
        fine = follow_edges(coarse, picture)
        return np.asarray((fine * 255).round().to(torch.uint8).numpy(), dtype=np.uint8)

    def _salience(self, picture: Picture) -> Tensor:
        small = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        pixels = np.asarray(small, np.float32)
        pixels = (pixels / max(1.0, float(pixels.max())) - _MEAN) / _DEVIATION
        feed = {self._session.get_inputs()[0].name: pixels.transpose(2, 0, 1)[None]}
        answer = torch.from_numpy(self._session.run(None, feed)[0][0, 0])
        low, high = answer.min(), answer.max()
        return (answer - low) / (high - low).clamp(min=1e-6)


def is_clear(matte: Tensor) -> bool:
    """Tell whether a matte, float ``[H, W]`` in 0..1, separates a subject from a background."""
    area = float((matte > 0.5).float().mean())  # noqa: PLR2004 (the middle)
    undecided = float(((matte > 0.1) & (matte < 0.9)).float().mean())  # noqa: PLR2004 (clearly neither)
    return _AREA_MIN <= area <= _AREA_MAX and undecided <= _GREY_MAX * area


def without_islands(matte: Tensor) -> Tensor:
    """Clear the parts of a matte, float ``[H, W]``, that are small beside its largest part."""
    labels = _components(matte > 0.1)  # noqa: PLR2004 (an island's faint rim goes with it)
    sizes = torch.bincount(labels.flatten())
    sizes[0] = 0
    return torch.where((sizes >= _ISLAND_MIN * sizes.max())[labels] & (labels > 0), matte, 0.0)


def follow_edges(matte: Tensor, picture: Picture) -> Tensor:
    """Fit a coarse matte, float ``[h, w]``, to the edges of *picture*, ``uint8 [H, W, 3]``: float ``[H, W]``."""
    guide = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    shrink = min(1.0, _FILTER_SIDE / max(guide.shape[2:]))
    size = (round(guide.shape[2] * shrink), round(guide.shape[3] * shrink))
    small = functional.interpolate(guide, size, mode="bilinear", antialias=True)
    coarse = functional.interpolate(matte[None, None], size, mode="bicubic").clamp(0, 1)
    slope, offset = _guided(small, coarse)
    slope, offset = (
        functional.interpolate(plane, guide.shape[2:], mode="bilinear") for plane in (slope, offset)
    )
    fine = ((slope * guide).sum(1) + offset[:, 0])[0]
    low, high = _CURVE
    ramp = ((fine - low) / (high - low)).clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _guided(guide: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Fit target = slope . guide + offset in every window: ``[1, 3, H, W]`` and ``[1, 1, H, W]``.

    The guide is in colour, for a brown cup on brown wood differs in hue more than in light (eq. 19 and 20).
    """
    mean, mean_target = _box(guide), _box(target)
    products = guide[:, :, None] * guide[:, None]
    shape = guide.shape[2:]
    spread = _box(products.reshape(1, 9, *shape)) - (mean[:, :, None] * mean[:, None]).reshape(1, 9, *shape)
    matrix = spread.reshape(3, 3, -1).permute(2, 0, 1) + _EPSILON * torch.eye(3)
    shared = (_box(guide * target) - mean * mean_target).reshape(3, -1).T
    slope = torch.linalg.solve(matrix, shared[..., None])[..., 0].T.reshape(1, 3, *shape)
    offset = mean_target - (slope * mean).sum(1, keepdim=True)
    return _box(slope), _box(offset)


def _box(planes: Tensor) -> Tensor:
    """Average over a square window, ``[N, C, H, W]``; at the border over what there is of it."""
    side = 2 * _RADIUS + 1
    return functional.avg_pool2d(planes, side, stride=1, padding=_RADIUS, count_include_pad=False)


def _components(mask: Tensor) -> Tensor:
    """Number the connected parts (8 neighbours) of a mask ``[H, W]`` from 1 up; 0 is outside."""
    inside = mask.float()[None, None]
    labels = torch.arange(1, mask.numel() + 1, dtype=torch.float32).reshape(inside.shape) * inside
    while not torch.equal(labels, grown := functional.max_pool2d(labels, 3, 1, 1) * inside):
        labels = grown
    return torch.unique(labels[0, 0], return_inverse=True)[1] + int(bool(mask.all()))
