"""SPAN, the Swift Parameter-free Attention Network, which enlarges pictures two or four times.

Source: Wan et al., arXiv 2311.12770 (v3, 2024), in its deploy form: every re-parameterised block is one plain
3 x 3 convolution.
"""

import math
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from schemas.errors import GenerationError

_BLOCKS = 6
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
        # In place where nothing else looks: a frame's features are tens of megabytes each.
        first = functional.silu(self.conv1(features), inplace=True)
        last = self.conv3(functional.silu(self.conv2(first), inplace=True))
        attention = torch.sigmoid(last).sub_(0.5)
        return last.add_(features).mul_(attention), first


class Span(nn.Module):
    """SPAN: ``[N, 3, H, W]`` in 0..1 becomes ``[N, 3, H * scale, W * scale]``, about 0..1."""

    mean: Tensor
    reach: ClassVar[int] = 24
    """Twenty-one convolutions of 3 x 3 look 21 pixels far, so tiles meet without a seam."""
    tile: ClassVar[int] = 0

    def __init__(self, *, scale: int, channels: int = 48) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("mean", torch.zeros(3))
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(SpanBlock(channels) for _ in range(_BLOCKS))
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.merge = nn.Conv2d(channels * 4, channels, 1)
        self.expand = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Return the network that *tensors* are of; scale and channels are read from their shapes."""
        scale = math.isqrt(tensors["expand.weight"].shape[0] // 3)
        return cls(scale=scale, channels=tensors["head.weight"].shape[0])

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.mean.device

    def hasten(self, dtype: torch.dtype) -> None:
        """Compute in *dtype* where that costs nothing: mean and last layer stay exact.

        bfloat16 has eight bits, so the levels of a picture would come out rounded.
        """
        for part in (self.head, self.blocks, self.tail, self.merge):
            part.to(dtype)

    def forward(self, picture: Tensor) -> Tensor:
        """Enlarge *picture*; the weights expect values of 0..255 around the training set's mean."""
        head = self.head(((picture - self.mean.view(1, 3, 1, 1)) * 255).to(self.head.weight.dtype))
        first, activation = self.blocks[0](head)
        features = first
        for block in self.blocks[1:]:
            features, activation = block(features)
        # The published weights were trained with an in-place activation: what joins here is the last block's
        # first convolution after SiLU, although the paper draws the block's output.
        merged = self.merge(torch.cat([head, self.tail(features), first, activation], dim=1))
        return functional.pixel_shuffle(self.expand(merged.to(self.expand.weight.dtype)), self.scale)


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
