"""Makes the plate of the subject alone: cut out, or as a card of its photo, with a soft shadow."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from actors.backends.motion.canvas import Area, Layer, make_layer
from actors.backends.motion.filling import blur, fill
from actors.backends.motion.framing import Placed, crop, resample
from actors.backends.motion.plates import DENSITY

_FEATHER = 0.012
"""A subject that its photo cuts off ends softly, over so many shorter sides of the frame."""
_CORNER = 0.06
"""Radius of a card's corners, in shorter sides of the card."""


class Shadow(NamedTuple):
    """A soft shadow below the subject; lengths are in shorter sides of the frame."""

    sigma: float
    drop: float
    strength: float


def cutout_layer(placed: Placed, shadows: tuple[Shadow, ...], unit: int, device: str) -> Layer:
    """Return the subject by its matte, or the whole photo as a card with round corners if it has none."""
    scale, feather = placed.scale * DENSITY, _FEATHER * unit
    left, top, right, bottom = placed.subject
    part = crop(placed, Area(left - feather, top - feather, right + feather, bottom + feather))
    rgb = resample(part.photo.rgb, scale, device)
    if part.photo.matte is None:
        alpha = _card(rgb)
    else:
        alpha = _sharpened(resample(part.photo.matte, scale, device)) * _feather(rgb, feather * DENSITY)
        rgb = torch.lerp(fill(rgb, ((alpha - 0.9) * 10).clamp(0, 1)), rgb, ((alpha - 0.5) * 2).clamp(0, 1))
    margin = max(shadow.drop + 3 * shadow.sigma for shadow in shadows)
    return _shadowed(part, rgb, alpha, shadows, (unit * DENSITY, round(margin * unit * DENSITY)))


def _shadowed(
    part: Placed, rgb: Tensor, alpha: Tensor, shadows: tuple[Shadow, ...], scale: tuple[float, int]
) -> Layer:
    """Put *shadows* under a cut-out, with room for them around it."""
    unit, margin = scale
    height, width = alpha.shape[1:]
    room = (margin, margin + width % 2, margin, margin + height % 2)
    rgb, alpha = functional.pad(rgb, room), functional.pad(alpha, room)
    light = 1 - alpha
    for shadow in shadows:
        fallen = torch.roll(blur(alpha, shadow.sigma * unit), round(shadow.drop * unit), dims=1)
        light = light * (1 - shadow.strength * fallen)
    opacity = 1 - light
    left, top = part.left - margin / DENSITY, part.top - margin / DENSITY
    area = Area(left, top, left + alpha.shape[2] / DENSITY, top + alpha.shape[1] / DENSITY)
    return make_layer(rgb * alpha / opacity.clamp(min=1e-4), opacity, area, part.pivot)


def _sharpened(matte: Tensor) -> Tensor:
    """Draw the edge a little inwards: the outermost pixels of a matte show the old background."""
    return ((matte - 0.12) / 0.8).clamp(0, 1)


def _feather(like: Tensor, width: float) -> Tensor:
    """Rise from 0 to 1 over *width* pixels from the edges of the picture, float ``[1, h, w]``."""
    height, across = like.shape[1:]
    depth = torch.minimum(_from_edges(height, like)[:, None], _from_edges(across, like)[None])
    return (depth / width).clamp(0, 1)[None]


def _card(like: Tensor) -> Tensor:
    """Return a rectangle with round corners, one pixel soft, that fills the picture."""
    height, width = like.shape[1:]
    radius = _CORNER * min(height, width)
    x, y = _from_edges(width, like) - 1, _from_edges(height, like) - 1
    corner = radius - torch.hypot((radius - x).clamp(min=0)[None], (radius - y).clamp(min=0)[:, None])
    return (corner + 0.5).clamp(0, 1)[None]


def _from_edges(size: int, like: Tensor) -> Tensor:
    places = torch.arange(size, device=like.device) + 0.5
    return torch.minimum(places, size - places)
