"""Tells which colours can be read on which (WCAG 2.2, relative luminance and contrast ratio)."""

import numpy as np
from numpy.typing import NDArray

from schemas.layout import Box

READABLE = 4.5
"""Least contrast ratio of text (WCAG 2.2, success criterion 1.4.3)."""
WORST = 5
"""Percent of the pixels behind a text that are left out of account: specks and edges."""
_INK = 40
"""Pixels whose channels all lie this near to a text's colour are taken for its ink, of 255."""
_FULL = 0.8
"""Share of ink in a cell as large as a letter from which on it is no letter: the ground has its colour."""


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio, 1 to 21, of two colours ``#RRGGBB``."""
    return float(_ratio(_luminance(channels_of(first)), _luminance(channels_of(second))))


def readable_on(surface: str, *wanted: str) -> str:
    """Return the first of *wanted* that can be read on *surface*, else the better of white and black."""
    for color in wanted:
        if contrast(surface, color) >= READABLE:
            return color
    return max(("#FFFFFF", "#000000"), key=lambda color: contrast(surface, color))


def stands_out(pixels: NDArray[np.uint8], surface: str) -> bool:
    """Tell whether a drawing, straight RGBA uint8 [H, W, 4], can be seen whole on *surface*.

    A drawing counts as seen when less than a quarter of its ink is nearly the colour below it.
    """
    ink = pixels[pixels[..., 3] > 127][:, :3]  # noqa: PLR2004 (more ink than not)
    if not len(ink):
        return True
    ratio = _ratio(_luminance(ink), _luminance(channels_of(surface)))
    return float(np.mean(ratio < 1.5)) < 0.25  # noqa: PLR2004 (as the docstring says)


def worst_contrast(pixels: NDArray[np.uint8], color: str, worst: float = WORST) -> float:
    """Return the contrast that *color* has with all but the *worst* % of *pixels*, RGB uint8 [n, 3]."""
    ratio = _ratio(_luminance(pixels), _luminance(channels_of(color)))
    return float(np.percentile(ratio, worst))


def measured_contrast(
    frame: NDArray[np.uint8],
    color: str,
    box: Box,
    free: NDArray[np.bool_] | None = None,
    worst: float = WORST,
) -> float:
    """Return how a text of *color* stands out in a finished *frame*, RGB uint8 [H, W, 3], within its *box*.

    What has nearly the text's colour is taken for ink, and left out with the two pixels around it; so is what
    is not *free*, bool [h, w] of the box, because something else covers text and ground there. Where a whole
    cell of the box is ink, the ground has the text's colour there: the contrast is 1. The *worst* % of the
    ground are left out of account.
    """
    part = frame[box.top : box.bottom, box.left : box.right]
    covered = np.zeros(part.shape[:2], np.bool_) if free is None else ~free
    ink = (np.abs(part.astype(np.int16) - channels_of(color)) < _INK).all(axis=-1) & ~covered
    if _fullest_cell(ink) > _FULL:
        return 1.0
    ground = part[~_grown(_grown(ink | covered))]
    return worst_contrast(ground, color, worst) if len(ground) > (~covered).sum() // 50 else 1.0


def channels_of(color: str) -> NDArray[np.uint8]:
    """Return red, green and blue of ``#RRGGBB``, uint8 [3]."""
    return np.frombuffer(bytes.fromhex(color[1:]), np.uint8)


def _fullest_cell(ink: NDArray[np.bool_]) -> float:
    """Return the largest share of ink in squares that are as high as half of the box, or a line of it."""
    side = max(4, min(ink.shape) // 2)
    rows, columns = (max(1, size // side) for size in ink.shape)
    cells = ink[: rows * side, : columns * side].reshape(rows, -1, columns, min(side, ink.shape[1]))
    return float(cells.mean(axis=(1, 3)).max())


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _ratio(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05))


def _luminance(channels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the relative luminance of colours, uint8 [..., 3]."""
    share = channels.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (sRGB)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))
