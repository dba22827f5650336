"""Fills holes in pictures and blurs them by amounts that differ from place to place."""

import math

import torch
from torch import Tensor
from torch.nn import functional


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Replace what is not known by a smooth surface through what is.

    *picture* is float ``[C, H, W]``, *known* ``[1, H, W]`` from 0 to 1. The push-pull pyramid of Gortler et
    al., "The Lumigraph", SIGGRAPH 1996: average what is known ever coarser, then fill from coarse to fine.
    """
    height, width = picture.shape[1:]
    weight = known.sum()
    if min(height, width) <= 2:  # noqa: PLR2004 (nothing coarser is left)
        mean = (picture * known).sum((1, 2), keepdim=True) / weight.clamp(min=1e-6)
        return torch.lerp(mean, picture, known)
    share = _halve(known)
    coarse = fill(_halve(picture * known) / share.clamp(min=1e-6), (2 * share).clamp(max=1))
    return torch.lerp(_enlarge(coarse, height, width), picture, known)


def blur(picture: Tensor, sigma: float) -> Tensor:
    """Blur ``[C, H, W]`` with a Gaussian of *sigma* pixels; a wide one is made on a smaller copy."""
    factor = max(1, 2 ** math.floor(math.log2(max(1.0, sigma / 2))))
    height, width = picture.shape[1:]
    size = (max(1, round(height / factor)), max(1, round(width / factor)))
    small = picture if factor == 1 else _resize(picture, size)
    # Averaging and enlarging blur too: a box and a tent as wide as the factor.
    left = math.sqrt(max(0.0, (sigma / factor) ** 2 - (0.25 if factor > 1 else 0)))
    soft = _gaussian(_gaussian(small, left).mT, left).mT
    return soft if factor == 1 else _enlarge(soft, height, width)


def blur_by(picture: Tensor, sigma: Tensor) -> Tensor:
    """Blur ``[C, H, W]`` at each place with a Gaussian of about *sigma* ``[1, H, W]`` pixels."""
    level = torch.log2(sigma.clamp(min=0.5)) + 1
    result = picture
    for n in range(1, math.ceil(float(level.max())) + 1):
        share = (level - (n - 1)).clamp(0, 1)
        result = torch.lerp(result, blur(picture, 2.0 ** (n - 1)), share)
    return result


def grow(matte: Tensor, radius: float) -> Tensor:
    """Widen a matte ``[1, H, W]`` by *radius* pixels, and soften the new edge over as many."""
    side = 2 * max(1, round(radius)) + 1
    wide = functional.max_pool2d(matte[None], (side, 1), 1, (side // 2, 0))
    wide = functional.max_pool2d(wide, (1, side), 1, (0, side // 2))
    return blur(wide[0], radius / 3)


def smoothstep(x: Tensor) -> Tensor:
    """Rise from 0 at 0 to 1 at 1, level at both ends."""
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


def _halve(picture: Tensor) -> Tensor:
    return functional.avg_pool2d(picture[None], 2, ceil_mode=True, count_include_pad=False)[0]


def _enlarge(picture: Tensor, height: int, width: int) -> Tensor:
    larger = functional.interpolate(picture[None], (height, width), mode="bicubic", align_corners=False)
    return larger[0].clamp(0, 1)


def _resize(picture: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(picture[None], size, mode="bilinear", antialias=True)[0]


def _gaussian(picture: Tensor, sigma: float) -> Tensor:
    """Blur along the rows."""
    reach = min(max(1, math.ceil(3 * sigma)), max(1, picture.shape[2] - 1))
    offsets = torch.arange(-reach, reach + 1, device=picture.device)
    kernel = torch.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
    padded = functional.pad(picture[None], (reach, reach, 0, 0), mode="replicate")
    weights = (kernel / kernel.sum())[None, None, None].repeat(picture.shape[0], 1, 1, 1)
    return functional.conv2d(padded, weights, groups=picture.shape[0])[0]
