"""Runs a network that enlarges pictures: whole, or in tiles that overlap as far as it looks."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Picture = NDArray[np.uint8]


class Enlarger(Protocol):
    """A network: float ``[N, 3, H, W]`` in 0..1 becomes ``[N, 3, H * scale, W * scale]``, about 0..1."""

    scale: int
    reach: ClassVar[int]
    """How many pixels away a pixel is still seen, or still matters."""
    tile: ClassVar[int]
    """Side of the tiles, in source pixels, that a CPU's memory asks for; 0 where whole frames do."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    def __call__(self, picture: Tensor) -> Tensor:
        """Enlarge."""


class _Tile(NamedTuple):
    """One piece of an axis: what is read of it, and which part of that is kept, in pixels."""

    start: int
    stop: int
    keep: slice


def upscale(network: Enlarger, picture: Picture, *, tile: int) -> Picture:
    """Enlarge *picture*, ``uint8 [H, W, 3]``, as `enlarge` does."""
    # torch wants arrays that it may write to, so the picture is copied.
    return np.asarray(enlarge(network, torch.tensor(picture), tile=tile).numpy(), np.uint8)


def enlarge(network: Enlarger, picture: Tensor, *, tile: int = 0) -> Tensor:
    """Enlarge *picture*, ``uint8 [H, W, 3]``, to ``uint8 [H * scale, W * scale, 3]`` on the same device.

    Memory on the network's device is bounded by *tile*, in source pixels a side; 0 takes the whole at once.
    """
    height, width = picture.shape[:2]
    if not tile or tile >= max(height, width):
        return _enlarge(network, picture).to(picture.device)
    scale, reach = network.scale, network.reach
    large = picture.new_empty((height * scale, width * scale, 3))
    for rows in _tiles(height, tile, reach):
        for columns in _tiles(width, tile, reach):
            part = _enlarge(network, picture[rows.start : rows.stop, columns.start : columns.stop])
            large[_scaled(rows, scale), _scaled(columns, scale)] = part[
                _kept(rows, scale), _kept(columns, scale)
            ].to(large.device)
    return large


@torch.inference_mode()
def _enlarge(network: Enlarger, picture: Tensor) -> Tensor:
    batch = picture.to(network.device).permute(2, 0, 1)[None].float() / 255
    large = network(batch.contiguous(memory_format=torch.channels_last))[0].float()
    whole: Tensor = large.mul(255).round_().clamp_(0, 255).to(torch.uint8)
    return whole.permute(1, 2, 0)


def _tiles(length: int, tile: int, overlap: int) -> Iterator[_Tile]:
    count = math.ceil(length / tile)
    for start, stop in pairwise(length * index // count for index in range(count + 1)):
        seen = max(0, start - overlap)
        yield _Tile(seen, min(length, stop + overlap), slice(start - seen, stop - seen))


def _scaled(tile: _Tile, scale: int) -> slice:
    return slice((tile.start + tile.keep.start) * scale, (tile.start + tile.keep.stop) * scale)


def _kept(tile: _Tile, scale: int) -> slice:
    return slice(tile.keep.start * scale, tile.keep.stop * scale)
