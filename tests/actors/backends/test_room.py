"""Tests of room: how a pipeline is placed in the memory that is there."""

from typing import Any

import pytest
import torch
from torch import nn

from actors.backends import Checkpoint
from actors.backends.diffusion.room import Level, below, free_bytes, level_for, lowest, settle, size_of, tile

GB = 1_000_000_000
WEIGHTS = Checkpoint(
    repo="a/b", commit="", gpu_bytes={"bf16": 40 * GB, "offload": 20 * GB}, steps=2, guidance=1.0
)


@pytest.mark.parametrize(
    ("free", "shrink", "level"),
    [
        (80, 0, "whole"),
        (80, 1, "whole"),
        (80, 2, "turns"),
        (80, 3, "blocks"),
        (80, 9, "blocks"),
        (41, 0, "turns"),
        (24, 0, "turns"),
        (24, 2, "blocks"),
        (21, 0, "blocks"),
        (1, 5, "blocks"),
    ],
)
def test_memory_and_what_did_not_fit_decide_the_level(free: int, shrink: int, level: Level) -> None:
    """A little is left for pieces; the first attempt that fails changes only how pictures are decoded."""
    assert level_for(WEIGHTS, free * GB, shrink) == level


def test_levels_go_down_to_blocks() -> None:
    """And no further."""
    assert [below("whole"), below("turns"), below("blocks")] == ["turns", "blocks", None]
    assert lowest("turns", "whole") == lowest("whole", "turns") == "turns"


def test_the_cpu_is_never_short() -> None:
    """There a model is whole."""
    assert level_for(WEIGHTS, free_bytes("cpu"), 0) == "whole"


def test_a_part_is_as_large_as_its_weights() -> None:
    """Of whatever precision."""
    assert size_of(nn.Linear(10, 5).to(torch.bfloat16)) == (50 + 5) * 2


class Placed:
    """A pipeline that writes down how it is placed."""

    def __init__(self) -> None:
        self.did: list[tuple[str, dict[str, Any]]] = []
        self.components = {"transformer": nn.Linear(1, 1), "vae": nn.Linear(1, 1), "scheduler": object()}

    def to(self, device: str) -> None:
        self.did.append(("to", {"device": device}))

    def enable_model_cpu_offload(self, **asked: Any) -> None:
        self.did.append(("turns", asked))

    def enable_group_offload(self, **asked: Any) -> None:
        self.did.append(("blocks", asked))


def place(level: Level, device: str) -> tuple[str, dict[str, Any]]:
    """Return how a pipeline is placed on *device*, and with what."""
    pipe = Placed()
    settle(pipe, level, device, ("transformer", "transformer_2"))
    return pipe.did[0]


def test_a_pipeline_is_placed_as_its_level_says() -> None:
    """On the CPU there is nobody to take turns with."""
    assert place("whole", "cuda") == ("to", {"device": "cuda"})
    assert place("turns", "cuda") == ("turns", {"device": "cuda"})
    assert place("turns", "cpu") == ("to", {"device": "cpu"})


@pytest.mark.parametrize(("device", "stream"), [("cuda", True), ("cpu", False)])
def test_only_blocks_of_denoisers_take_turns(device: str, stream: bool) -> None:  # noqa: FBT001 (a case)
    """A VAE is told to decode, not called, so its blocks would not be fetched; it stays on the device."""
    verb, asked = place("blocks", device)

    assert verb == "blocks"
    assert asked["exclude_modules"] == ["vae"]
    assert (asked["onload_device"], asked["offload_device"]) == (torch.device(device), torch.device("cpu"))
    assert asked["use_stream"] is stream


def test_tiles_are_switched_on_and_off_where_there_are_any() -> None:
    """A decoder without them is left as it is."""

    class Vae:
        use_tiling = False

        def enable_tiling(self) -> None:
            self.use_tiling = True

        def disable_tiling(self) -> None:
            self.use_tiling = False

    vae = Vae()
    tile(vae, on=True)
    on = vae.use_tiling
    tile(vae, on=False)
    tile(object(), on=True)

    assert (on, vae.use_tiling) == (True, False)
