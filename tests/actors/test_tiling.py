"""Pictures in tiles: nothing but memory depends on them."""

from typing import Any

import numpy as np
import pytest
import torch

from actors.anime4k import Anime4K
from actors.networks import Network
from actors.span import Span
from actors.tiling import upscale


@pytest.fixture(params=[Span, Anime4K])
def network(request: pytest.FixtureRequest) -> Network:
    """A small network with random weights whose reach is exact."""
    torch.manual_seed(3)
    made = Span(scale=2, channels=4) if request.param is Span else Anime4K(channels=4)
    last = made.expand if isinstance(made, Span) else made.join
    torch.nn.init.constant_(last.bias, 0.5 if isinstance(made, Span) else 0)
    return made.eval()


def draw(height: int, width: int) -> Any:
    """Draw a picture of noise, uint8 [H, W, 3]."""
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (130, 150)])
def test_tiles_meet_without_a_seam(network: Network, size: tuple[int, int]) -> None:
    """The overlap is as far as the network looks, so tiling changes nothing but memory."""
    picture = draw(*size)

    whole = upscale(network, picture, tile=0)
    tiled = upscale(network, picture, tile=40)

    assert whole.shape == (size[0] * 2, size[1] * 2, 3)
    assert whole.std() > 0.5
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_a_network_sees_no_more_than_a_tile_and_its_reach(network: Network) -> None:
    """Which is what bounds its memory; without tiles it sees the whole."""
    seen = []
    network.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape[2:])))

    upscale(network, draw(90, 130), tile=40)
    upscale(network, draw(90, 130), tile=0)

    assert max(max(size) for size in seen[:-1]) <= 40 + 2 * network.reach
    assert seen[-1] == (90, 130)


def test_the_same_picture_gives_the_same_bytes(network: Network) -> None:
    """A still is named by its content."""
    network.hasten(torch.bfloat16)

    first, second = (upscale(network, draw(50, 60), tile=0) for _ in range(2))

    assert np.array_equal(first, second)


def test_half_the_bits_change_a_level_here_and_there(network: Network) -> None:
    """What sets the levels of the result stays exact."""
    exact = upscale(network, draw(50, 60), tile=0).astype(int)

    network.hasten(torch.bfloat16)

    assert np.abs(exact - upscale(network, draw(50, 60), tile=0)).mean() < 0.5
