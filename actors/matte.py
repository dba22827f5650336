"""Cuts the subject of a picture out: a small network finds it, a guided filter follows its edge.

Sources: U2-Net, Qin et al., arXiv 2005.09007 (u2netp is its small form); guided filter, He et al., "Guided
Image Filtering", TPAMI 2013; its fast form, He and Sun, arXiv 1505.00996.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from actors.sessions import open_session

Picture = NDArray[np.uint8]
Matte = NDArray[np.uint8]

_SIDE = 320
"""u2netp sees pictures of this size, in pixels a side."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

_ISLAND_MIN = 0.05
"""Islands smaller than this share of the largest one are noise."""
_AREA_MIN, _AREA_MAX = 0.02, 0.98
_HALF = 127
_SPREAD = 7
"""How far, in pixels, the colours of a cut-out reach into what is transparent."""
_GREY_MAX = 0.5
"""A matte is doubtful when its undecided pixels are more than this share of the subject's."""
_FILTER_SIDE = 800
"""The guided filter works at about this longer side, in pixels: finer, it follows wood grain and noise."""
_RADIUS = 6
_EPSILON = 1e-3
_SMOOTHING = 3
"""Radius that rounds the outline off, in pixels of the filter's size; products have smooth outlines."""
_FOUND = (0.45, 0.95)
"""Below is background, above is subject; high, because a rim of background shows more than a lost edge."""
_CRISP = (0.35, 0.75)
"""The same at full size, where the enlarged outline is soft."""


class Matter:
    """Finds the subject of a picture; one instance holds one network."""

    def __init__(self, network: Path) -> None:
        self._session = open_session(network)

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
    """Fit a coarse matte to the edges of *picture*.

    Takes float ``[h, w]`` in 0..1 and ``uint8 [H, W, 3]``; returns float ``[H, W]`` in 0..1.
    """
    height, width = picture.shape[:2]
    shrink = min(1.0, _FILTER_SIDE / max(height, width))
    size = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    small = Image.fromarray(picture).resize(size[::-1], Image.Resampling.BOX)
    guide = torch.from_numpy(np.array(small)).permute(2, 0, 1)[None].float() / 255
    coarse = functional.interpolate(matte[None, None], size, mode="bicubic").clamp(0, 1)
    slope, offset = _guided(guide, coarse)
    found = _curve((slope * guide).sum(1, keepdim=True) + offset, _FOUND)
    smooth = _box(_box(found, _SMOOTHING), _SMOOTHING)
    return _curve(functional.interpolate(smooth, (height, width), mode="bicubic"), _CRISP)[0, 0]


def spread_colours(picture: Picture) -> Picture:
    """Paint what is transparent in ``uint8 [H, W, 4]`` with the colours beside it: ``uint8 [H, W, 3]``.

    Cut-outs hide black or white under their transparency, and enlarging would mix it into the edge.
    """
    planes = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    seen = (planes[:, 3:] > 0).float()
    colours = planes[:, :3] * seen
    share = _box(seen, _SPREAD)
    average = colours.sum((2, 3), keepdim=True) / seen.sum().clamp(min=1)
    beside = torch.where(share > 0, _box(colours, _SPREAD) / share.clamp(min=1e-6), average)
    painted = torch.where(seen > 0, colours, beside).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(painted[0].permute(1, 2, 0).numpy())


def has_cut_out(alpha: Matte) -> bool:
    """Tell whether an alpha channel, ``uint8 [H, W]``, cuts a subject out, not just rounded corners."""
    return bool(_AREA_MIN <= (alpha > _HALF).mean() <= _AREA_MAX)


def _guided(guide: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Fit target = slope . guide + offset in every window: ``[1, 3, H, W]`` and ``[1, 1, H, W]``.

    The guide is in colour, for a brown cup on brown wood differs in hue more than in light (eq. 19 and 20).
    """
    mean, mean_target = _box(guide, _RADIUS), _box(target, _RADIUS)
    shape = guide.shape[2:]
    spread = _box(_products(guide), _RADIUS) - _products(mean)
    matrix = spread.reshape(3, 3, -1).permute(2, 0, 1) + _EPSILON * torch.eye(3)
    shared = (_box(guide * target, _RADIUS) - mean * mean_target).reshape(3, -1).T
    slope = torch.linalg.solve(matrix, shared[..., None])[..., 0].T.reshape(1, 3, *shape)
    offset = mean_target - (slope * mean).sum(1, keepdim=True)
    return _box(slope, _RADIUS), _box(offset, _RADIUS)


def _products(planes: Tensor) -> Tensor:
    """Multiply each of three planes with each: ``[1, 9, H, W]``."""
    return (planes[:, :, None] * planes[:, None]).flatten(1, 2)


def _curve(values: Tensor, ends: tuple[float, float]) -> Tensor:
    low, high = ends
    ramp = ((values - low) / (high - low)).clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _box(planes: Tensor, radius: int) -> Tensor:
    """Average over a square window, ``[N, C, H, W]``; at the border over what there is of it."""
    side = 2 * radius + 1
    rows = functional.avg_pool2d(planes, (1, side), 1, (0, radius), count_include_pad=False)
    return functional.avg_pool2d(rows, (side, 1), 1, (radius, 0), count_include_pad=False)


def _components(mask: Tensor) -> Tensor:
    """Number the connected parts (8 neighbours) of a mask ``[H, W]`` from 1 up; 0 is outside."""
    inside = mask.float()[None, None]
    labels = torch.arange(1, mask.numel() + 1, dtype=torch.float32).reshape(inside.shape) * inside
    while not torch.equal(labels, grown := functional.max_pool2d(labels, 3, 1, 1) * inside):
        labels = grown
    numbers: Tensor = torch.unique(labels[0, 0], return_inverse=True)[1]
    return numbers + int(bool(mask.all()))
