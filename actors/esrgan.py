"""Real-ESRGAN x4plus, which enlarges pictures four times and invents what they lack: crisp, and not faithful.

Source: Wang et al., arXiv 2107.10833 (2021), the generator RRDBNet of ESRGAN, arXiv 1809.00219. It changes
faces: eyes and noses come out other than they were.
"""

from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from schemas.errors import GenerationError

_SLOPE = 0.2
_SHARE = 0.2
"""How much of a block's result is added to what went in."""
_DENSE, _GROUPS = 5, 3
_LAST = ("tail", "rise1", "rise2", "polish", "paint")


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees all before it."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        outputs = [growth] * (_DENSE - 1) + [channels]
        self.convs = nn.ModuleList(
            nn.Conv2d(channels + growth * number, out, 3, padding=1) for number, out in enumerate(outputs)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return ``[N, C, H, W]`` like *features*."""
        seen = features
        for conv in self.convs[:-1]:
            seen = torch.cat([seen, functional.leaky_relu(conv(seen), _SLOPE, inplace=True)], dim=1)
        last: Tensor = self.convs[-1](seen)
        return last.mul_(_SHARE).add_(features)


class Esrgan(nn.Module):
    """RRDBNet: ``[N, 3, H, W]`` in 0..1 becomes ``[N, 3, 4 H, 4 W]``, about 0..1."""

    scale = 4
    reach: ClassVar[int] = 24
    """It looks hundreds of pixels far, but what lies beyond these changes nothing that shows."""
    tile: ClassVar[int] = 192
    """At sixteen times the pixels, 64 channels of a whole frame are gigabytes."""

    def __init__(self, *, groups: int = 23, channels: int = 64, growth: int = 32) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.groups = nn.ModuleList(
            nn.Sequential(*(DenseBlock(channels, growth) for _ in range(_GROUPS))) for _ in range(groups)
        )
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.rise1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.rise2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.polish = nn.Conv2d(channels, channels, 3, padding=1)
        self.paint = nn.Conv2d(channels, 3, 3, padding=1)

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Return the network that *tensors* are of; its sizes are read from their shapes."""
        groups = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("groups."))
        growth, channels = tensors["groups.0.0.convs.0.weight"].shape[:2]
        return cls(groups=groups, channels=channels, growth=growth)

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.paint.weight.device

    def hasten(self, dtype: torch.dtype) -> None:
        """Compute in *dtype* where that costs nothing: the last layer stays exact."""
        self.to(dtype)
        self.paint.float()

    def forward(self, picture: Tensor) -> Tensor:
        """Enlarge *picture*."""
        head = self.head(picture.to(self.head.weight.dtype))
        features = head
        for group in self.groups:
            features = group(features).mul_(_SHARE).add_(features)
        features = self.tail(features).add_(head)
        for layer in (self.rise1, self.rise2):
            features = functional.interpolate(features, scale_factor=2, mode="nearest")
            features = functional.leaky_relu(layer(features), _SLOPE, inplace=True)
        features = functional.leaky_relu(self.polish(features), _SLOPE, inplace=True)
        large: Tensor = self.paint(features.to(self.paint.weight.dtype))
        return large


def name_tensors(arrays: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Give the arrays of RRDBNet's ncnn file, in its order, the names that Esrgan knows them by.

    Raises GenerationError if they are not as many as such a network has.
    """
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in arrays))
    groups, left = divmod(len(layers) - 1 - len(_LAST), _DENSE * _GROUPS)
    if left or groups < 1:
        raise GenerationError(f"no RRDBNet has {len(layers)} convolutions")
    inner = (
        f"groups.{group}.{block}.convs.{number}"
        for group in range(groups)
        for block in range(_GROUPS)
        for number in range(_DENSE)
    )
    names = dict(zip(layers, ("head", *inner, *_LAST), strict=True))
    parts = {name: name.rpartition(".") for name in arrays}
    return {f"{names[parts[name][0]]}.{parts[name][2]}": array for name, array in arrays.items()}
