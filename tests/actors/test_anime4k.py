"""Anime4K: a network as websr lists it, computed pixel by pixel beside ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from actors.anime4k import Anime4K, read_websr
from actors.networks import load_network
from actors.tiling import upscale
from schemas.errors import GenerationError
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


def listed(seed: int = 4) -> dict[str, Any]:
    """Return a network of random weights as websr lists it."""
    random = np.random.default_rng(seed)

    def layer(taps: int, inputs: int) -> dict[str, Any]:
        weights = random.normal(0, (taps * inputs) ** -0.5, (inputs // 4, taps, 4, 4))
        if inputs == 4:
            weights[:, :, 3] = 0
        return {"weights": weights.ravel().tolist(), "bias": random.normal(0, 0.1, 4).tolist()}

    layers = {"conv2d_tf": layer(9, 4), "conv2d_tf1": layer(9, 4)}
    for number in range(1, 7):
        layers |= {f"conv2d_{number}_{half}": layer(9, 16) for half in ("tf", "tf1")}
    return {"layers": layers | {f"conv2d_last_{color}": layer(1, 112) for color in ("tf", "tf1", "tf2")}}


def shaded(network: dict[str, Any], picture: np.ndarray) -> np.ndarray:
    """Do with *picture*, ``[H, W, 3]``, what the shaders do, in their own order of weights."""
    layers = network["layers"]

    def run(shader: dict[str, Any], inputs: list[np.ndarray], side: int) -> np.ndarray:
        height, width = inputs[0].shape[:2]
        matrices = np.asarray(shader["weights"]).reshape(len(inputs), side, side, 4, 4)
        out = np.tile(np.asarray(shader["bias"]), (height, width, 1))
        reach = side // 2
        for matrix, values in zip(matrices, inputs, strict=True):
            padded = np.pad(values, ((reach, reach), (reach, reach), (0, 0)))
            for x in range(side):
                for y in range(side):
                    out += padded[y : y + height, x : x + width] @ matrix[x, y]
        return out

    opaque = [np.dstack([picture, np.ones(picture.shape[:2])])]
    given, seen = opaque, []
    for number in range(7):
        names = [f"conv2d_{number}_{half}" if number else f"conv2d_{half}" for half in ("tf", "tf1")]
        halves = [run(layers[name], given, 3) for name in names]
        given = [np.maximum(half, 0) for half in halves] + [np.maximum(-half, 0) for half in halves]
        seen += given
    large = np.zeros((picture.shape[0] * 2, picture.shape[1] * 2, 3))
    for color, name in enumerate(("tf", "tf1", "tf2")):
        detail = run(layers[f"conv2d_last_{name}"], seen, 1)
        for index in range(4):
            large[index // 2 :: 2, index % 2 :: 2, color] = detail[..., index]
    plain = torch.nn.functional.interpolate(
        torch.tensor(picture).permute(2, 0, 1)[None], scale_factor=2, mode="bilinear"
    )
    return np.asarray(large + plain[0].permute(1, 2, 0).numpy())


def test_the_network_does_what_the_shaders_do(tmp_path: Path) -> None:
    """Kernels by column, inputs by outputs, both signs of what came before: all in their places."""
    save_file(read_websr(listed()), tmp_path / "a.safetensors")
    picture = np.random.default_rng(1).random((7, 9, 3))

    network = load_network(tmp_path / "a.safetensors")
    with torch.inference_mode():
        large = network(torch.tensor(picture, dtype=torch.float32).permute(2, 0, 1)[None])

    assert isinstance(network, Anime4K)
    assert np.allclose(large[0].permute(1, 2, 0).numpy(), shaded(listed(), picture), atol=1e-4)


@pytest.mark.parametrize("change", ["absent", "short", "nothing", "list"])
def test_another_network_is_refused(change: str) -> None:
    """Whatever the package comes to hold."""
    network: Any = listed()
    if change == "absent":
        del network["layers"]["conv2d_3_tf1"]
    elif change == "short":
        network["layers"]["conv2d_3_tf1"]["weights"].pop()
    else:
        network = {} if change == "nothing" else []

    with pytest.raises(GenerationError, match="no Anime4K-L"):
        read_websr(network)


def test_the_published_weights_beat_lanczos(published: Published) -> None:
    """On a photo made small: by half a dB of PSNR and more."""
    photo = Image.open(COFFEE).convert("RGB").crop((100, 40, 500, 360))
    small = photo.resize((200, 160), Image.Resampling.BICUBIC)
    lanczos = np.asarray(small.resize(photo.size, Image.Resampling.LANCZOS))

    large = upscale(load_network(published("anime4k")), np.asarray(small), tile=0)

    assert error(large, photo) < 0.89 * error(lanczos, photo)


def error(picture: np.ndarray, photo: Image.Image) -> float:
    """Return the mean square of the difference."""
    return float(np.mean((picture.astype(float) - np.asarray(photo)) ** 2))
