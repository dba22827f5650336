"""Anime4K-L, a network of 8 500 weights that enlarges pictures twice: quick, for drafts.

Source: github.com/bloc97/Anime4K (MIT), the shader Upscale_CNN_x2_L, as the package @websr/websr carries it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from schemas.errors import GenerationError

_LAYERS = 7
_HALVES = ("tf", "tf1")
_COLORS = ("tf", "tf1", "tf2")


class Anime4K(nn.Module):
    """Anime4K-L: ``[N, 3, H, W]`` in 0..1 becomes ``[N, 3, 2 H, 2 W]``, about 0..1."""

    scale = 2
    reach: ClassVar[int] = 8
    """Seven convolutions of 3 x 3, and the neighbour of the bilinear picture below."""
    tile: ClassVar[int] = 0

    def __init__(self, *, channels: int = 8) -> None:
        super().__init__()
        first = nn.Conv2d(3, channels, 3, padding=1)
        others = (nn.Conv2d(2 * channels, channels, 3, padding=1) for _ in range(_LAYERS - 1))
        self.layers = nn.ModuleList([first, *others])
        self.join = nn.Conv2d(2 * channels * _LAYERS, 3 * self.scale**2, 1)

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Return the network that *tensors* are of."""
        return cls(channels=tensors["layers.0.weight"].shape[0])

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.join.weight.device

    def hasten(self, dtype: torch.dtype) -> None:
        """Compute in *dtype* where that costs nothing: what is added to the picture stays exact."""
        self.layers.to(dtype)

    def forward(self, picture: Tensor) -> Tensor:
        """Enlarge *picture*: what the network makes is added to the bilinear enlargement."""
        values, seen = picture.to(next(self.layers.parameters()).dtype), []
        for layer in self.layers:
            values = _both_signs(layer(values))
            seen.append(values)
        detail = self.join(torch.cat(seen, dim=1).to(self.join.weight.dtype))
        plain = functional.interpolate(picture, scale_factor=self.scale, mode="bilinear")
        return functional.pixel_shuffle(detail, self.scale).add_(plain)


def _both_signs(values: Tensor) -> Tensor:
    """Return what is above zero, and beside it what is below, turned round."""
    return torch.cat([functional.relu(values), functional.relu(-values)], dim=1)


def read_websr(network: Any) -> dict[str, NDArray[np.float32]]:  # noqa: ANN401 (any JSON value)
    """Return the tensors of Anime4K, named as Anime4K names them, from the JSON *network* of websr.

    There a layer is split in shaders of four outputs, its kernels listed column by column of the picture,
    each a 4 x 4 matrix of inputs by outputs. Raises GenerationError for another network.
    """
    try:
        layers = network["layers"]
        named: dict[str, NDArray[np.float32]] = {}
        for number in range(_LAYERS):
            halves = [layers[f"conv2d_{number}_{half}" if number else f"conv2d_{half}"] for half in _HALVES]
            kernels = np.concatenate([_kernels(half, 3) for half in halves])
            # The first layer has a fourth input, the picture's opacity, with weights of zero.
            named[f"layers.{number}.weight"] = kernels if number else kernels[:, :3]
            named[f"layers.{number}.bias"] = _bias(halves)
        colors = [layers[f"conv2d_last_{color}"] for color in _COLORS]
        named["join.weight"] = np.concatenate([_kernels(color, 1) for color in colors])
        named["join.bias"] = _bias(colors)
    except (KeyError, TypeError, ValueError) as error:
        raise GenerationError(f"is no Anime4K-L of websr: {error!r}") from error
    return {name: np.ascontiguousarray(array) for name, array in named.items()}


def _kernels(layer: Mapping[str, Any], side: int) -> NDArray[np.float32]:
    """Return the weights of a shader as ``[4, inputs, side, side]``."""
    listed = np.asarray(layer["weights"], np.float32).reshape(-1, side, side, 4, 4)
    groups, outputs = listed.shape[0], 4
    return listed.transpose(4, 0, 3, 2, 1).reshape(outputs, groups * 4, side, side)


def _bias(layers: list[Mapping[str, Any]]) -> NDArray[np.float32]:
    return np.concatenate([np.asarray(layer["bias"], np.float32) for layer in layers])
