"""RIFE, which draws the picture between two others.

Source: Huang et al., arXiv 2011.06294 (ECCV 2022), the flow network of version 3.9 (called HDv3) without its
refinement, as github.com/hzwer/ECCV2022-RIFE (MIT) publishes it.
"""

import io
from pickle import UnpicklingError
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemas.errors import GenerationError

_SCALES = (8, 4, 2, 1)
_PAD = 128
"""Sides are brought to multiples of it: the coarsest look is at a sixteenth, and halves three times."""
_LARGE = 32
"""Pixels of correction from which the first look was too close."""
_UNREADABLE = (UnpicklingError, OSError, EOFError, ValueError, AttributeError, TypeError)
"""What reading a file that is no pickle of tensors ends in."""


class FlowBlock(nn.Module):
    """Finds, at one scale, where the pixels of two pictures come from."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(
            _convolution(inputs, channels // 2, stride=2), _convolution(channels // 2, channels, stride=2)
        )
        self.convblock = nn.Sequential(*(_convolution(channels, channels) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(channels, 5, 4, 2, 1)

    def forward(self, pictures: Tensor, flow: Tensor | None, scale: int) -> tuple[Tensor, Tensor]:
        """Return how the flow changes, ``[N, 4, H, W]`` in pixels, and the mask, ``[N, 1, H, W]``."""
        seen = _resized(pictures, 1 / scale)
        if flow is not None:
            seen = torch.cat([seen, _resized(flow, 1 / scale) / scale], dim=1)
        features = self.conv0(seen)
        found = _resized(self.lastconv(self.convblock(features) + features), scale * 2)
        return found[:, :4] * (scale * 2), found[:, 4:5]


class Rife(nn.Module):
    """Draws between two pictures, float ``[N, 3, H, W]`` in 0..1."""

    def __init__(self, channels: tuple[int, ...] = (192, 128, 96, 64)) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            FlowBlock(12 if number else 7, count) for number, count in enumerate(channels)
        )

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Return the network that *tensors* are of; its sizes are read from their shapes."""
        return cls(tuple(tensors[f"blocks.{number}.lastconv.weight"].shape[0] for number in range(4)))

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return next(self.parameters()).device

    def forward(self, before: Tensor, after: Tensor, part: float) -> Tensor:
        """Return the picture *part* of the way from *before* to *after*, 0 to 1."""
        height, width = before.shape[-2:]
        margin = (0, -width % _PAD, 0, -height % _PAD)
        ends = functional.pad(before, margin), functional.pad(after, margin)
        drawn = self._between(*ends, torch.full_like(ends[0][:, :1], part))
        return drawn[..., :height, :width].clamp(0, 1)

    def _between(self, before: Tensor, after: Tensor, part: Tensor) -> Tensor:
        flow, mask, correction = self._look(before, after, part, 1)
        if correction[:, :2].abs().max() > _LARGE and correction[:, 2:].abs().max() > _LARGE:
            flow, mask, _ = self._look(before, after, part, 2)
        share = torch.sigmoid(mask)
        return _warped(before, flow[:, :2]) * share + _warped(after, flow[:, 2:]) * (1 - share)

    def _look(self, before: Tensor, after: Tensor, part: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return flow and mask, and by how much the second block corrected the first."""
        first, *others = self.blocks
        scales = [scale * step for scale in _SCALES]
        flow, mask = first(torch.cat([before, after, part], dim=1), None, scales[0])
        changes = []
        for block, scale in zip(others, scales[1:], strict=True):
            ends = _warped(before, flow[:, :2]), _warped(after, flow[:, 2:])
            change, mask_change = block(torch.cat([*ends, part, mask], dim=1), flow, scale)
            flow, mask = flow + change, mask + mask_change
            changes.append(change)
        return flow, mask, changes[0]


def read_rife(pickle: bytes) -> dict[str, Tensor]:
    """Return the tensors of RIFE's published file by the names that Rife has for them, and no others.

    Nothing that the file says is executed. Raises GenerationError for a file of another kind.
    """
    try:
        tensors = torch.load(io.BytesIO(pickle), map_location="cpu", weights_only=True)
        named = {
            name.replace("module.block", "blocks.", 1): tensor.contiguous()
            for name, tensor in tensors.items()
            if name.startswith("module.block") and name.removeprefix("module.block")[0].isdigit()
        }
        Rife.of(named).load_state_dict(named)
    except (*_UNREADABLE, RuntimeError, LookupError) as error:
        raise GenerationError(f"is no RIFE: {str(error).partition(chr(10))[0]}") from error
    return named


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def _resized(values: Tensor, factor: float) -> Tensor:
    return functional.interpolate(values, scale_factor=factor, mode="bilinear", recompute_scale_factor=False)


def _warped(picture: Tensor, flow: Tensor) -> Tensor:
    """Return *picture* as it is seen *flow* pixels away, ``[N, 2, H, W]``: across, and down."""
    height, width = picture.shape[-2:]
    across = torch.linspace(-1, 1, width, device=picture.device).expand(height, width)
    down = torch.linspace(-1, 1, height, device=picture.device)[:, None].expand(height, width)
    steps = torch.stack([flow[:, 0] * 2 / (width - 1), flow[:, 1] * 2 / (height - 1)], dim=-1)
    grid = torch.stack([across, down], dim=-1) + steps
    return functional.grid_sample(picture, grid, padding_mode="border", align_corners=True)
