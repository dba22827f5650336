"""Blends drawn pictures into frames: a sprite is drawn once in RGBA and laid over yuv420p planes."""

from collections.abc import Callable

import numpy as np
import skia
from numpy.typing import NDArray

from actors.video import Frame, planes
from schemas.layout import Box

_OPAQUE = 256
"""Alpha runs from 0 to this, so that a blend ends in a shift; 255 * 256 still fits 16 bits."""


class Sprite:
    """A picture with soft edges, ready to lie over a frame: premultiplied Y, U, V and what shines through."""

    def __init__(self, pixels: NDArray[np.uint8], box: Box) -> None:
        """Take premultiplied RGBA *pixels*, uint8 [H, W, 4], for the even-aligned *box* of the frame."""
        self.box = box
        alpha = _to_256(pixels[..., 3])
        red, green, blue = (pixels[..., n].astype(np.float32) for n in range(3))
        share = alpha.astype(np.float32)
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        self._y = _rounded(luma * (219 / 255 * _OPAQUE) + 16 * share)
        self._shine = _OPAQUE - alpha
        soft = _halved(share)
        self._u = _rounded(_halved((blue - luma) / 1.8556) * (224 / 255 * _OPAQUE) + 128 * soft)
        self._v = _rounded(_halved((red - luma) / 1.5748) * (224 / 255 * _OPAQUE) + 128 * soft)
        self._shine_uv = _OPAQUE - _rounded(soft)

    def blend(self, frame: Frame, width: int, height: int) -> None:
        """Lay the sprite over *frame*, in place."""
        luma, u, v = planes(frame, width, height)
        box = self.box
        _over(luma[box.top : box.bottom, box.left : box.right], self._y, self._shine)
        half = (slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2))
        _over(u[half], self._u, self._shine_uv)
        _over(v[half], self._v, self._shine_uv)


def draw_sprite(box: Box, paint: Callable[[skia.Canvas], None], *, opacity: float = 1.0) -> Sprite | None:
    """Draw with *paint*, in frame coordinates, what falls into *box*; None where nothing was drawn."""
    pixels = np.zeros((box.height, box.width, 4), np.uint8)
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.translate(-box.left, -box.top)
    if opacity < 1:
        canvas.saveLayerAlpha(None, round(255 * opacity))
    paint(canvas)
    if opacity < 1:
        canvas.restore()
    surface.flushAndSubmit()
    return _trimmed(pixels, box)


def even_box(left: float, top: float, right: float, bottom: float, *, width: int, height: int) -> Box:
    """Return the smallest box with even corners around the given edges, inside the frame."""
    return Box(
        left=max(0, int(left) // 2 * 2),
        top=max(0, int(top) // 2 * 2),
        right=min(width, (int(right) + 3) // 2 * 2),
        bottom=min(height, (int(bottom) + 3) // 2 * 2),
    )


def _trimmed(pixels: NDArray[np.uint8], box: Box) -> Sprite | None:
    alpha = pixels[..., 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]) // 2 * 2, int(columns[0]) // 2 * 2
    bottom, right = (int(rows[-1]) + 2) // 2 * 2, (int(columns[-1]) + 2) // 2 * 2
    inner = Box(left=box.left + left, top=box.top + top, right=box.left + right, bottom=box.top + bottom)
    return Sprite(pixels[top:bottom, left:right], inner)


def _over(base: Frame, color: NDArray[np.uint16], shine: NDArray[np.uint16]) -> None:
    mixed = np.multiply(base, shine, dtype=np.uint16)
    mixed += color
    mixed >>= 8
    base[...] = mixed


def _to_256(alpha: NDArray[np.uint8]) -> NDArray[np.uint16]:
    wide = alpha.astype(np.uint16)
    return wide + (wide >> 7)


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    total = plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]
    return np.asarray(total / 4, dtype=np.float32)


def _rounded(plane: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.clip(np.rint(plane), 0, 65_280).astype(np.uint16)
