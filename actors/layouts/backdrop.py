"""Looks at the picture behind a text, and says in which colour it is written and how much must be veiled."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.layouts.contrast import READABLE, channels_of, readable_on, worst_contrast
from schemas.brief import Palette
from schemas.layout import Box

Behind = Callable[[Box, int, int], NDArray[np.uint8]]
"""(box, first frame, frame after the last) -> pixels of the bare picture there, RGB uint8 [n, 3]."""
_ENOUGH = READABLE * 1.07
"""What is asked before encoding, so that the finished frames keep to the rule."""
_WORST = 1
"""Percent of the pixels behind a text, of all looks together, that need not be veiled: one look out of three
may hold all of them, and letters cover a third of what is behind them."""
_STEPS = 25
_SAMPLES = 3000


class Ground(NamedTuple):
    """What text is written in, and on."""

    color: str
    """Of the text."""
    veil: str
    """Colour of the scrim."""
    opacity: float
    """Of the scrim behind text, as little as the text needs."""


class Backdrop:
    """Some frames of an ad's bare picture, reduced by leaving pixels out."""

    def __init__(self, looks: Sequence[tuple[int, NDArray[np.uint8]]], width: int, height: int) -> None:
        """Take (frame number, RGB uint8 [h, w, 3]) pairs in order of time, of *width* x *height* frames."""
        self._looks = looks
        self._size = (width, height)

    def behind(self, box: Box, first: int, last: int) -> NDArray[np.uint8]:
        """Return the pixels in *box* of the looks from frame *first* up to *last*, else of the nearest."""
        chosen = [look for number, look in self._looks if first <= number < last]
        if not chosen:
            middle = (first + last) / 2
            chosen = [min(self._looks, key=lambda look: abs(look[0] - middle))[1]]
        return np.concatenate([self._part(look, box) for look in chosen])

    def _part(self, look: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
        across, down = look.shape[1] / self._size[0], look.shape[0] / self._size[1]
        rows = slice(int(box.top * down), int(box.bottom * down) + 1)
        columns = slice(int(box.left * across), int(box.right * across) + 1)
        return look[rows, columns].reshape(-1, 3)


def plain(color: str) -> Behind:
    """Return a picture of nothing but *color*."""
    return lambda _box, _first, _last: channels_of(color)[None]


def grounds(palette: Palette) -> tuple[Ground, Ground]:
    """Return the two ways to write on a picture: on the brand's main colour, or on its background."""
    main, paper = palette.primary, palette.background
    return (
        Ground(readable_on(main, paper, palette.text), main, 0.0),
        Ground(readable_on(paper, palette.text, main), paper, 0.0),
    )


def veiled(ground: Ground, pixels: NDArray[np.uint8]) -> Ground:
    """Return *ground* with the least opacity at which its text can be read on all of *pixels*."""
    some = pixels[:: len(pixels) // _SAMPLES + 1].astype(np.float64)
    veil = channels_of(ground.veil).astype(np.float64)
    for step in range(_STEPS):
        opacity = step / _STEPS
        mixed = np.rint(some + (veil - some) * opacity).astype(np.uint8)
        if worst_contrast(mixed, ground.color, _WORST) >= _ENOUGH:
            return ground._replace(opacity=opacity)
    return ground._replace(opacity=1.0)
