"""Fills models with seeded random weights that let every input show in the output."""

import math
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


def fill(module: Module, *, seed: int, louder: Mapping[str, float] | None = None) -> Module:
    """Return *module* with all parameters drawn anew from *seed*, ready to be saved.

    Libraries begin gates and last projections at zero, which would hide prompts and pictures; here a matrix
    keeps the size of what goes through it, and a norm nearly so. *louder* multiplies the parameters whose
    names hold its keys, for an input that would drown.
    """
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=draw)
            gain = math.prod(by for part, by in (louder or {}).items() if part in name)
            parameter.copy_(_scaled(noise, name) * gain)
    return module.eval()


def _scaled(noise: torch.Tensor, name: str) -> torch.Tensor:
    rows = noise.shape[0] if noise.ndim else 1
    if noise.numel() > rows:
        return noise / (noise.numel() / rows) ** 0.5
    if name.endswith("bias"):
        return noise * 0.02
    return 1 + 0.1 * noise
