"""Paints moving backgrounds of soft lights.

A light is a Gaussian, which is a column times a row; a sum of lights is one product of two thin matrices. So
a field of any size is exact at every pixel, with nothing to enlarge and nothing that could show bands.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from actors.backends.motion.canvas import Canvas
from actors.backends.pixels import parse_color, to_yuv


class Light(NamedTuple):
    """A soft spot of a colour; places and sizes are shares of the frame's width and height."""

    x: float
    y: float
    width: float
    """Standard deviation across."""
    height: float
    """Standard deviation down."""
    color: str
    """``#RRGGBB``: what the ground turns into."""
    strength: float
    """How much of the way to *color* it turns at the middle, 0 to 1."""


def mix(first: str, second: str, share: float) -> str:
    """Return the colour that is *share* of the way from *first* to *second*."""
    blend = torch.lerp(parse_color(first), parse_color(second), share)
    return "#" + "".join(f"{round(255 * value):02X}" for value in blend.tolist())


def shade(color: str) -> str:
    """Return a darker tone: deep for a dark colour, a mere breath for a light one, which would look dirty."""
    lightness = float(_yuv(color)[0] - 16) / 219
    return mix(color, "#000000", 0.6 - 0.5 * lightness)


def shine(canvas: Canvas, ground: str, lights: Sequence[Light]) -> None:
    """Paint the whole canvas in *ground*, then turn it towards the colours of *lights*."""
    device = canvas.luma.device
    base = _yuv(ground)
    tints = torch.stack([(_yuv(light.color) - base) * light.strength for light in lights]).to(device)
    size = (canvas.width, canvas.height)
    column, row = _gaussians(canvas.xs, canvas.ys, lights, size)
    canvas.luma = torch.addmm(base[0].to(device), column * tints[:, 0], row).clamp_(16, 235)
    column, row = _gaussians(canvas.chroma_xs, canvas.chroma_ys, lights, size)
    for plane in (1, 2):
        torch.addmm(base[plane].to(device), column * tints[:, plane], row, out=canvas.chroma[plane - 1])
    canvas.chroma.clamp_(16, 240)


def _yuv(color: str) -> Tensor:
    return to_yuv(parse_color(color)[:, None])[:, 0]


def _gaussians(
    xs: Tensor, ys: Tensor, lights: Sequence[Light], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Return the columns ``[ys, lights]`` and the rows ``[lights, xs]`` of all lights."""
    facts = torch.tensor([light[:4] for light in lights], device=xs.device)
    facts = facts * torch.tensor([*size, *size], device=xs.device)
    x, y, width, height = facts.unbind(1)
    rows = torch.exp(-0.5 * ((xs[None] - x[:, None]) / width[:, None]) ** 2)
    return torch.exp(-0.5 * ((ys[:, None] - y) / height) ** 2), rows
