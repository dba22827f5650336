"""Fills holes in pictures, and blurs them by amounts that differ from place to place.

Both walk down a pyramid of halved copies and up again, so a hole or a blur of any width costs the same.
"""

from torch import Tensor
from torch.nn import functional

_VARIANCE = 11 / 3
"""Of one step down and up, pixels squared: a box of 2 (1/3), a box of 3 twice as large (8/3), a tent of 2 (2/3)."""


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Replace what is not known by a smooth surface through what is.

    *picture* is float ``[C, H, W]``, *known* ``[1, H, W]`` from 0 to 1. The push-pull pyramid of Gortler et
    al., "The Lumigraph", SIGGRAPH 1996: average what is known ever coarser, then fill from coarse to fine.
    """
    share = _halve(known)
    coarse = _halve(picture * known) / share.clamp(min=1e-6)
    if min(coarse.shape[1:]) > 1:
        coarse = fill(coarse, (2 * share).clamp(max=1))
    return _enlarge(coarse, like=picture).lerp(picture, known)


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
    return functional.interpolate(even, scale_factor=2, mode="bilinear")[0, :, : like.shape[1], : like.shape[2]]
