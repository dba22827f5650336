"""Finds room for a pipeline in a GPU's memory: all of it, its parts in turn, or their blocks in turn."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import nn

from actors.backends import Checkpoint

Level = Literal["whole", "turns", "blocks"]
_LEVELS: tuple[Level, ...] = ("whole", "turns", "blocks")
_SPARE = 0.92
"""Share of the free memory that is planned with; the rest goes in pieces."""


def level_for(weights: Checkpoint, free_bytes: int, shrink: int) -> Level:
    """Return how a pipeline is placed where *free_bytes* are free, after *shrink* attempts that did not fit.

    The first such attempt changes only the VAE (`tile`); each later one goes a level down.
    """
    room = free_bytes * _SPARE
    needs = (weights.gpu_bytes.get("bf16", 0), weights.gpu_bytes.get("offload", 0))
    start = next((n for n, need in enumerate(needs) if need <= room), len(_LEVELS) - 1)
    return _LEVELS[min(start + max(0, shrink - 1), len(_LEVELS) - 1)]


def lowest(one: Level, other: Level) -> Level:
    """Return which of the two needs less memory."""
    return max(one, other, key=_LEVELS.index)


def below(level: Level) -> Level | None:
    """Return the level that needs less memory than *level*; None below the last."""
    place = _LEVELS.index(level) + 1
    return _LEVELS[place] if place < len(_LEVELS) else None


def free_bytes(device: str) -> int:
    """Return the free memory of the GPU *device*; nothing is short on the CPU."""
    if device == "cpu":
        return 2**62
    return int(torch.cuda.mem_get_info(device)[0])


def size_of(part: Any) -> int:  # noqa: ANN401 (a torch module)
    """Return the bytes of the weights of *part*."""
    return sum(weight.numel() * weight.element_size() for weight in part.parameters())


def settle(pipe: Any, level: Level, device: str, denoisers: Iterable[str]) -> None:  # noqa: ANN401 (a class of diffusers)
    """Place *pipe*, as it was loaded, for work on *device*.

    Only the blocks of *denoisers* take turns: the other parts are small beside them, and of a VAE, which is
    told to decode and not called, some blocks would stay where they are.
    """
    if level == "whole" or (level == "turns" and device == "cpu"):
        pipe.to(device)
    elif level == "turns":
        pipe.enable_model_cpu_offload(device=device)
    else:
        stays = {name for name, part in pipe.components.items() if isinstance(part, nn.Module)} - {*denoisers}
        pipe.enable_group_offload(
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=device != "cpu",
            exclude_modules=sorted(stays),
        )


def tile(vae: Any, *, on: bool) -> None:  # noqa: ANN401 (a class of diffusers)
    """Let *vae* decode in tiles, where it can; pixels change a little."""
    if hasattr(vae, "use_tiling"):  # the methods are there also where they only raise
        vae.enable_tiling() if on else vae.disable_tiling()
