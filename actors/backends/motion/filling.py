"""Fills holes in pictures, and blurs them by amounts that differ from place to place.

Both walk down a pyramid of halved copies and up again, so a hole or a blur of any width costs the same.
"""

import torch
from torch import Tensor
from torch.nn import functional

_VARIANCE = 11 / 3
"""Of one step down and up, in pixels squared: boxes of 2 (1/3) and of 3 times 2 (8/3), a tent of 2 (2/3)."""

_HUNCH = 1e-4
"""Even what is not known counts so much: a picture of which nothing is known becomes its average."""
_COARSE = 4
"""The way out of a hole is looked for on a copy this much smaller."""
_SURE = 0.9
_EVENED = 3.0
"""Blur of the ways out, in pixels of that copy: neighbours should agree."""
_NOWHERE = 1e6


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Replace what is not known by a smooth surface through what is.

    *picture* is float ``[C, H, W]``, *known* ``[1, H, W]`` from 0 to 1. The push-pull pyramid of Gortler et
    al., "The Lumigraph", SIGGRAPH 1996: average what is known ever coarser, then fill from coarse to fine.
    """
    known = known.clamp(min=_HUNCH)
    share = _halve(known)
    coarse = _halve(picture * known) / share
    if min(coarse.shape[1:]) > 1:
        coarse = fill(coarse, (2 * share).clamp(max=1))
    return _enlarge(coarse, like=picture).lerp(picture, known)


def regrow(picture: Tensor, known: Tensor, grain: float) -> Tensor:
    """Replace what is not known by its surroundings: the light of fill, and their texture.

    Texture is what is finer than *grain* pixels; it is mirrored over the edge of the hole, so that it goes on
    there without a break.
    """
    height, width = picture.shape[1:]
    smooth = fill(picture, known)
    texture = (smooth + 0.05) / (blur(smooth, grain) + 0.05)
    coarse = functional.interpolate(known[None], scale_factor=1 / _COARSE, mode="area")[0, 0]
    step = blur(2 * _COARSE * _way_out(coarse > _SURE), _EVENED)
    step = functional.interpolate(step[None], (height, width), mode="bilinear")[0]
    places = (_places(height, width, picture) + step).permute(1, 2, 0)
    grid = (2 * places + 1) / torch.tensor([width, height], device=picture.device) - 1
    mirrored = functional.grid_sample(
        texture[None], grid[None], padding_mode="reflection", align_corners=False
    )
    return (smooth * mirrored[0]).clamp(0, 1).lerp(picture, known)


def blur(picture: Tensor, sigma: float) -> Tensor:
    """Blur ``[C, H, W]`` nearly as a Gaussian of *sigma* pixels does."""
    return _blur(picture, picture.new_full((1, *picture.shape[1:]), sigma**2))


def blur_by(picture: Tensor, sigma: Tensor) -> Tensor:
    """Blur ``[C, H, W]`` at each place nearly as a Gaussian of *sigma* ``[1, H, W]`` pixels does."""
    return _blur(picture, sigma * sigma)


def grow(matte: Tensor, radius: float) -> Tensor:
    """Widen a matte ``[1, H, W]`` by about *radius* pixels, with a soft edge."""
    return (blur(matte, radius) * 8).clamp(max=1)


def smoothstep(x: Tensor) -> Tensor:
    """Rise from 0 at 0 to 1 at 1, level at both ends."""
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


def _way_out(known: Tensor) -> Tensor:
    """Return the step from each pixel to the nearest known one, float ``[2, H, W]``: x and y.

    Jump flooding, Rong and Tan, "Jump Flooding in GPU", I3D 2006. Rolling wraps round, which only offers
    pixels that are farther away.
    """
    here = _places(known.shape[0], known.shape[1], known)
    best = torch.where(known, here, _NOWHERE)
    step = 1 << (max(known.shape) - 1).bit_length() >> 1
    while step:
        for shift in ((dy, dx) for dy in (-step, 0, step) for dx in (-step, 0, step) if dy or dx):
            other = best.roll(shift, (1, 2))
            nearer = (other - here).square().sum(0) < (best - here).square().sum(0)
            best = torch.where(nearer, other, best)
        step //= 2
    return torch.where(best < _NOWHERE, best - here, 0)


def _places(height: int, width: int, like: Tensor) -> Tensor:
    """Return each pixel's x and y, float ``[2, H, W]``."""
    ys, xs = torch.meshgrid(
        torch.arange(height, device=like.device), torch.arange(width, device=like.device), indexing="ij"
    )
    return torch.stack((xs, ys)).float()


def _blur(picture: Tensor, variance: Tensor) -> Tensor:
    """Blur by steps down the pyramid, each as far as *variance* still asks."""
    if float(variance.max()) <= 0 or min(picture.shape[1:]) <= 1:
        return picture
    left = _halve((variance - _VARIANCE).clamp(min=0)) / 4
    softer = _enlarge(_blur(_halve(picture), left), like=picture)
    return picture.lerp(softer, (variance / _VARIANCE).clamp(max=1))


def _halve(picture: Tensor) -> Tensor:
    return functional.avg_pool2d(picture[None], 2, ceil_mode=True)[0]


def _enlarge(picture: Tensor, like: Tensor) -> Tensor:
    even = functional.avg_pool2d(picture[None], 3, 1, 1, count_include_pad=False)
    return functional.interpolate(even, scale_factor=2, mode="bilinear")[
        0, :, : like.shape[1], : like.shape[2]
    ]
