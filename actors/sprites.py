"""Blends drawn pictures into frames: a sprite is drawn once in RGBA and laid over yuv420p planes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from actors.video import Frame, planes
from schemas.layout import Box

_OPAQUE = 256
"""Alpha runs from 0 to this, so that a blend ends in a shift; 255 * 256 still fits 16 bits."""
_HALF = np.uint16(_OPAQUE // 2)
Plane = NDArray[np.uint16]


_TO_ALPHA = np.float32(_OPAQUE / 255)
_LUMA = np.array([0.2126, 0.7152, 0.0722, 0])
_RED, _BLUE, _ALPHA = np.eye(4)[[0, 2, 3]]
_TO_Y = ((_LUMA * 219 + _ALPHA * 16) * _TO_ALPHA).astype(np.float32)
_TO_U = ((_BLUE - _LUMA) / 1.8556 * 224 + _ALPHA * 128) * _TO_ALPHA
_TO_V = ((_RED - _LUMA) / 1.5748 * 224 + _ALPHA * 128) * _TO_ALPHA
_TO_UV = np.stack([_TO_U, _TO_V, _ALPHA * _TO_ALPHA], axis=1).astype(np.float32)
"""Premultiplied RGBA of 8 bits to limited range (ITU-R BT.709-6) in 1/256 of a level, and to alpha."""


@dataclass(frozen=True, eq=False)
class Sprite:
    """A picture with soft edges, ready to lie over a frame: premultiplied Y, U, V and what shines through."""

    box: Box
    """Its place in the frame; even corners."""
    y: Plane
    u: Plane
    v: Plane
    shine: Plane
    shine_uv: Plane

    def faded(self, opacity: float) -> "Sprite":
        """Return it with *opacity*, 0 to 1."""
        if opacity == 1:
            return self
        y, u, v = (_scaled(plane, opacity) for plane in (self.y, self.u, self.v))
        shine, shine_uv = (_OPAQUE - _scaled(_OPAQUE - part, opacity) for part in (self.shine, self.shine_uv))
        return Sprite(self.box, y, u, v, shine, shine_uv)

    def is_like(self, other: "Sprite") -> bool:
        """Tell whether *other* changes every frame as this one does."""
        mine = (self.y, self.u, self.v, self.shine, self.shine_uv)
        others = (other.y, other.u, other.v, other.shine, other.shine_uv)
        return self.box == other.box and all(map(np.array_equal, mine, others))

    def blend(self, frame: Frame, width: int, height: int) -> None:
        """Lay the sprite over *frame*, in place."""
        luma, u, v = planes(frame, width, height)
        box = self.box
        _over(luma[box.top : box.bottom, box.left : box.right], self.y, self.shine)
        half = (slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2))
        _over(u[half], self.u, self.shine_uv)
        _over(v[half], self.v, self.shine_uv)


def draw_sprite(box: Box, paint: Callable[[skia.Canvas], None]) -> Sprite | None:
    """Draw with *paint*, in frame coordinates, what falls into *box*; None where nothing was drawn."""
    pixels = np.zeros((box.height, box.width, 4), np.uint8)
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.translate(-box.left, -box.top)
    paint(canvas)
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


def _sprite(pixels: NDArray[np.uint8], box: Box) -> Sprite:
    """Take premultiplied RGBA, uint8 [H, W, 4], for *box*."""
    u, v, alpha_uv = np.moveaxis(_halved(pixels) @ _TO_UV, 2, 0)
    return Sprite(
        box=box,
        y=_rounded(pixels.astype(np.float32) @ _TO_Y),
        u=_rounded(u),
        v=_rounded(v),
        shine=_OPAQUE - _rounded(pixels[..., 3] * _TO_ALPHA),
        shine_uv=_OPAQUE - _rounded(alpha_uv),
    )


def _trimmed(pixels: NDArray[np.uint8], box: Box) -> Sprite | None:
    alpha = pixels[..., 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]) // 2 * 2, int(columns[0]) // 2 * 2
    bottom, right = (int(rows[-1]) + 2) // 2 * 2, (int(columns[-1]) + 2) // 2 * 2
    inner = Box(left=box.left + left, top=box.top + top, right=box.left + right, bottom=box.top + bottom)
    return _sprite(pixels[top:bottom, left:right], inner)


def _over(base: Frame, color: Plane, shine: Plane) -> None:
    mixed = np.multiply(base, shine, dtype=np.uint16)
    mixed += color
    mixed += _HALF
    mixed >>= 8
    base[...] = mixed


def _scaled(plane: Plane, share: float) -> Plane:
    return _rounded(plane * np.float32(share))


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the means of 2 x 2 pixels."""
    pairs = np.add(pixels[::2], pixels[1::2], dtype=np.uint16)
    return np.asarray((pairs[:, ::2] + pairs[:, 1::2]) * np.float32(0.25), dtype=np.float32)


def _rounded(plane: NDArray[np.float32]) -> Plane:
    return (plane + np.float32(0.5)).astype(np.uint16)
