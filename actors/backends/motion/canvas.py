"""Draws layers, moved by a camera, into planes.

Points are in pixels of the frame, with 0 at the outer edge of the first pixel. A layer is sampled at the very
points that it moves to, so motion is smooth below the pixel. Chroma is sampled where H.264 expects it: beside
every second luma sample across, between two of them down (ITU-T H.264, 6.2 and Annex E, type 0).
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from actors.backends.motion.cameras import Pose
from actors.backends.pixels import Planes, to_yuv

Affine = tuple[float, float, float, float, float, float]
"""Rows ``a b c`` and ``d e f``: x' = a x + b y + c, y' = d x + e y + f."""


class Area(NamedTuple):
    """A rectangle in frame pixels; it may reach beyond the frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The four corners, as (x, y)."""
        return tuple((x, y) for x in (self.left, self.right) for y in (self.top, self.bottom))


class Layer(NamedTuple):
    """A picture that moves; colours are multiplied by the opacity, where it has one."""

    luma: Tensor
    """Float ``[1, 1 or 2, h, w]``: Y, and the opacity in 0..1."""
    chroma: Tensor
    """Float ``[1, 2 or 3, h / 2, w / 2]``: U, V, and the opacity."""
    area: Area
    """Where it rests in the frame."""
    pivot: tuple[float, float]
    """The point about which it grows and rolls."""


def make_layer(rgb: Tensor, opacity: Tensor | None, area: Area, pivot: tuple[float, float]) -> Layer:
    """Make a layer of R'G'B' in 0..1, float ``[3, h, w]`` of even sides, and of opacity ``[1, h, w]``."""
    yuv = to_yuv(rgb)
    if opacity is not None:
        yuv = torch.cat((yuv * opacity, opacity))
    chroma = functional.avg_pool2d(yuv[1:], 2)
    luma = torch.cat((yuv[:1], yuv[3:]))
    return Layer(luma[None].contiguous(), chroma[None].contiguous(), area, pivot)


def forward(pose: Pose, pivot: tuple[float, float], unit: float) -> Affine:
    """Return where a point at rest moves to; *unit* is the shorter side of the frame in pixels."""
    x, y = pivot
    cos, sin = pose.zoom * math.cos(pose.roll), pose.zoom * math.sin(pose.roll)
    dx, dy = pose.dx * unit, pose.dy * unit
    return (cos, -sin, x + dx - cos * x + sin * y, sin, cos, y + dy - sin * x - cos * y)


def inverse(affine: Affine) -> Affine:
    """Return the transform that undoes *affine*."""
    a, b, c, d, e, f = affine
    det = a * e - b * d
    return (e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det)


def bounds(affine: Affine, area: Area) -> Area:
    """Return the smallest upright rectangle around the moved *area*."""
    a, b, c, d, e, f = affine
    xs = [a * x + b * y + c for x, y in area.corners]
    ys = [d * x + e * y + f for x, y in area.corners]
    return Area(min(xs), min(ys), max(xs), max(ys))


class Canvas:
    """The planes of one frame, drawn over again for each."""

    def __init__(self, width: int, height: int, device: str) -> None:
        self.width, self.height = width, height
        self.unit = min(width, height)
        self.luma = torch.zeros(height, width, device=device)
        self.chroma = torch.zeros(2, height // 2, width // 2, device=device)
        self.xs = torch.arange(width, device=device) + 0.5
        self.ys = torch.arange(height, device=device) + 0.5
        self.chroma_xs = torch.arange(0, width, 2, device=device) + 0.5
        self.chroma_ys = torch.arange(0, height, 2, device=device) + 1.0

    @property
    def planes(self) -> Planes:
        """What is drawn."""
        return Planes(self.luma, self.chroma)

    def cover(self, layer: Layer, pose: Pose) -> None:
        """Draw an opaque layer over the whole frame; beyond its edge its border goes on."""
        texture = _texture(layer, pose, self.unit)
        self.luma = _sample(layer.luma, texture, self.xs, self.ys, "border")[0]
        self.chroma = _sample(layer.chroma, texture, self.chroma_xs, self.chroma_ys, "border")

    def draw(self, layer: Layer, pose: Pose, opacity: float = 1.0) -> None:
        """Draw a layer that has an opacity over what is there."""
        texture = _texture(layer, pose, self.unit)
        rows, columns = self._touched(layer, pose)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        half = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
        luma = _sample(layer.luma, texture, self.xs[columns], self.ys[rows], "zeros")
        chroma = _sample(layer.chroma, texture, self.chroma_xs[half[1]], self.chroma_ys[half[0]], "zeros")
        _over(self.luma[rows, columns], luma[:1], luma[1], opacity)
        _over(self.chroma[:, half[0], half[1]], chroma[:2], chroma[2], opacity)

    def _touched(self, layer: Layer, pose: Pose) -> tuple[slice, slice]:
        """Return the rows and columns that a moved layer reaches, in whole chroma samples."""
        area = bounds(forward(pose, layer.pivot, self.unit), layer.area)
        rows = slice(max(0, math.floor(area.top / 2) * 2), min(self.height, math.ceil(area.bottom / 2) * 2))
        columns = slice(max(0, math.floor(area.left / 2) * 2), min(self.width, math.ceil(area.right / 2) * 2))
        return rows, columns


def visible(poses: Iterable[Pose], pivot: tuple[float, float], width: int, height: int) -> Area:
    """Return the part of a layer, at rest, that a frame sees over all *poses*."""
    frame = Area(0, 0, width, height)
    seen = [bounds(inverse(forward(pose, pivot, min(width, height))), frame) for pose in poses]
    return Area(
        min(area.left for area in seen),
        min(area.top for area in seen),
        max(area.right for area in seen),
        max(area.bottom for area in seen),
    )


def _texture(layer: Layer, pose: Pose, unit: float) -> Affine:
    """Return the transform from the frame to grid_sample's coordinates, -1 to 1 across the layer."""
    a, b, c, d, e, f = inverse(forward(pose, layer.pivot, unit))
    left, top, right, bottom = layer.area
    x, y = 2 / (right - left), 2 / (bottom - top)
    return (a * x, b * x, (c - left) * x - 1, d * y, e * y, (f - top) * y - 1)


def _sample(source: Tensor, texture: Affine, xs: Tensor, ys: Tensor, beyond: str) -> Tensor:
    """Return *source* ``[1, C, h, w]`` at the points *xs* times *ys*, as ``[C, ys, xs]``."""
    a, b, c, d, e, f = texture
    grid = torch.empty(1, len(ys), len(xs), 2, device=xs.device)
    torch.add(a * xs + c, (b * ys)[:, None], out=grid[0, ..., 0])
    torch.add(d * xs + f, (e * ys)[:, None], out=grid[0, ..., 1])
    return functional.grid_sample(source, grid, padding_mode=beyond, align_corners=False)[0]


def _over(target: Tensor, colors: Tensor, alpha: Tensor, opacity: float) -> None:
    """Lay premultiplied *colors* over *target*, in place."""
    target.addcmul_(target, alpha, value=-opacity).add_(colors.reshape(target.shape), alpha=opacity)
