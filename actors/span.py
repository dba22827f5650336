"""Enlarges pictures with SPAN, the Swift Parameter-free Attention Network.

Source: Wan et al., arXiv 2311.12770 (v3, 2024), in its deploy form: every re-parameterised block is one plain
3 x 3 convolution.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from schemas.errors import GenerationError

Picture = NDArray[np.uint8]

_BLOCKS = 6
_TILE = 512
_OVERLAP = 24
"""Twenty-one convolutions of 3 x 3 look 21 pixels far, so tiles meet without a seam."""

_NCNN_NAMES = {
    "/Constant_output_0": "mean",
    "/conv_1/eval_conv/Conv": "head",
    "/conv_2/eval_conv/Conv": "tail",
    "/conv_cat/Conv": "merge",
    "/upsampler/upsampler.0/Conv": "expand",
} | {
    f"/block_{block + 1}/c{number}_r/eval_conv/Conv": f"blocks.{block}.conv{number}"
    for block in range(_BLOCKS)
    for number in (1, 2, 3)
}


class SpanBlock(nn.Module):
    """Three convolutions whose result is its own attention map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv3 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's output and its first activation, both ``[N, C, H, W]`` like *features*."""
        first = functional.silu(self.conv1(features))
        last = self.conv3(functional.silu(self.conv2(first)))
        return (last + features) * (torch.sigmoid(last) - 0.5), first


class Span(nn.Module):
    """SPAN: ``[N, 3, H, W]`` in 0..1 becomes ``[N, 3, H * scale, W * scale]``, about 0..1."""

    mean: Tensor

    def __init__(self, *, scale: int, channels: int = 48) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("mean", torch.zeros(3))
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(SpanBlock(channels) for _ in range(_BLOCKS))
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.merge = nn.Conv2d(channels * 4, channels, 1)
        self.expand = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        """Enlarge *picture*; the weights expect values of 0..255 around the training set's mean."""
        head = self.head((picture - self.mean.view(1, 3, 1, 1)) * 255)
        first, activation = self.blocks[0](head)
        features = first
        for block in self.blocks[1:]:
            features, activation = block(features)
        # The published weights were trained with an in-place activation: what joins here is the last block's
        # first convolution after SiLU, although the paper draws the block's output.
        merged = self.merge(torch.cat([head, self.tail(features), first, activation], dim=1))
        return functional.pixel_shuffle(self.expand(merged), self.scale)


class _Tile(NamedTuple):
    """One piece of an axis: what is read of it, and which part of that is kept, in pixels."""

    start: int
    stop: int
    keep: slice


def name_tensors(arrays: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Give the arrays of SPAN's ncnn file the names that Span knows them by.

    Raises GenerationError for an array that SPAN does not have.
    """
    named = {}
    for name, array in arrays.items():
        layer, _, part = name.rpartition(".")
        if layer not in _NCNN_NAMES:
            raise GenerationError(f"SPAN has no layer {layer!r}")
        named["mean" if layer == "/Constant_output_0" else f"{_NCNN_NAMES[layer]}.{part}"] = array
    return named


def load_span(path: Path, *, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Span:
    """Load SPAN from a safetensors file; scale and channels are read from the shapes.

    Raises GenerationError when the file does not hold a SPAN.
    """
    try:
        tensors = load_file(path)
        channels = tensors["head.weight"].shape[0]
        model = Span(scale=math.isqrt(tensors["expand.weight"].shape[0] // 3), channels=channels)
        model.load_state_dict({name: _channels_last(tensor) for name, tensor in tensors.items()}, assign=True)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise GenerationError(f"{path.name}: holds no SPAN weights: {error}") from error
    return model.eval().to(device=device, dtype=dtype)


def upscale(model: Span, picture: Picture, *, tile: int = _TILE, overlap: int = _OVERLAP) -> Picture:
    """Enlarge *picture*, ``uint8 [H, W, 3]``, as `enlarge` does."""
    # torch wants arrays that it may write to, so the picture is copied.
    return np.asarray(enlarge(model, torch.tensor(picture), tile=tile, overlap=overlap).numpy(), np.uint8)


def enlarge(model: Span, picture: Tensor, *, tile: int = _TILE, overlap: int = _OVERLAP) -> Tensor:
    """Enlarge *picture*, ``uint8 [H, W, 3]``, to ``uint8 [H * scale, W * scale, 3]`` on the same device.

    Memory on the model's device is bounded by *tile*, in source pixels a side; *overlap* is what a tile sees
    of its neighbours.
    """
    height, width = picture.shape[:2]
    scale = model.scale
    large = picture.new_empty((height * scale, width * scale, 3))
    for rows in _tiles(height, tile, overlap):
        for columns in _tiles(width, tile, overlap):
            part = _enlarge(model, picture[rows.start : rows.stop, columns.start : columns.stop])
            large[_scaled(rows, scale), _scaled(columns, scale)] = part[
                _kept(rows, scale), _kept(columns, scale)
            ].to(large.device)
    return large


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor  # noqa: PLR2004


@torch.inference_mode()
def _enlarge(model: Span, picture: Tensor) -> Tensor:
    place = model.mean
    batch = picture.to(place.device).permute(2, 0, 1)[None].to(place.dtype) / 255
    large = model(batch.contiguous(memory_format=torch.channels_last))[0].float()
    whole: Tensor = (large * 255).round().clamp(0, 255).to(torch.uint8)
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
