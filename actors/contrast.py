"""Tells which colours can be read on which (WCAG 2.2, relative luminance and contrast ratio)."""

import numpy as np
from numpy.typing import NDArray

READABLE = 4.5
"""Least contrast ratio of text (WCAG 2.2, success criterion 1.4.3)."""


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio, 1 to 21, of two colours ``#RRGGBB``."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


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
    linear = _linear(ink.astype(np.float64) / 255) @ np.array([0.2126, 0.7152, 0.0722])
    below = _luminance(surface)
    ratio = (np.maximum(linear, below) + 0.05) / (np.minimum(linear, below) + 0.05)
    return float(np.mean(ratio < 1.5)) < 0.25  # noqa: PLR2004 (as the docstring says)


def _luminance(color: str) -> float:
    channels = np.array([int(color[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return float(_linear(channels) @ np.array([0.2126, 0.7152, 0.0722]))


def _linear(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (sRGB)
