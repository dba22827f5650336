"""Super-resolution: a small network with random weights, and the published ones where they can be fetched."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file
from torch.nn import functional

from actors.ncnn import read_ncnn
from actors.networks import load_network
from actors.span import Span, name_tensors
from actors.tiling import upscale
from schemas.errors import GenerationError
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"
NCNN_BLOCKS = [f"/block_{block}/c{number}_r/eval_conv/Conv" for block in range(1, 7) for number in (1, 2, 3)]


@pytest.fixture
def small() -> Span:
    """A SPAN of 4 channels with random weights."""
    torch.manual_seed(3)
    model = Span(scale=2, channels=4).eval()
    model.mean.copy_(torch.tensor([0.45, 0.44, 0.40]))
    torch.nn.init.uniform_(model.head.weight, -0.01, 0.01)
    torch.nn.init.constant_(model.expand.bias, 0.5)
    return model


def draw(height: int, width: int) -> Any:
    """Draw a picture of noise, uint8 [H, W, 3]."""
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def as_ncnn(model: Span) -> tuple[str, bytes]:
    """Write *model* in ncnn's format, float32, under the names that SPAN's authors gave its layers."""
    convolutions = [module for block in model.blocks for module in (block.conv1, block.conv2, block.conv3)]
    named = [("/conv_1/eval_conv/Conv", model.head), *zip(NCNN_BLOCKS, convolutions, strict=True)]
    named += [("/conv_2/eval_conv/Conv", model.tail), ("/conv_cat/Conv", model.merge)]
    named += [("/upsampler/upsampler.0/Conv", model.expand)]
    lines = ["MemoryData /Constant_output_0 0 1 mean 0=1 1=1 2=3"]
    data = model.mean.numpy().tobytes()
    for name, layer in named:
        count = layer.weight.numel()
        lines.append(
            f"Convolution {name} 1 1 a b 0={layer.out_channels} 1={layer.kernel_size[0]} 5=1 6={count}"
        )
        data += bytes(4) + layer.weight.detach().numpy().tobytes() + layer.bias.detach().numpy().tobytes()
    return "\n".join(["7767517", f"{len(lines)} {len(lines)}", *lines]), data


def psnr(one: Any, other: Any) -> float:
    """Return the peak signal-to-noise ratio, dB."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def test_a_network_survives_the_way_through_ncnn_and_safetensors(small: Span, tmp_path: Path) -> None:
    """Names, shapes and the mean arrive; scale and channels are read from the shapes."""
    save_file(name_tensors(read_ncnn(*as_ncnn(small))), tmp_path / "small.safetensors")

    loaded = load_network(tmp_path / "small.safetensors")

    assert loaded.scale == 2
    assert np.array_equal(upscale(loaded, draw(20, 30), tile=0), upscale(small, draw(20, 30), tile=0))


def test_the_fourth_joined_input_is_the_last_blocks_first_activation() -> None:
    """After SiLU: without it the published weights lose quality without a word."""
    model = Span(scale=1, channels=4).eval()
    with torch.inference_mode():
        for parameter in model.parameters():
            parameter.zero_()
        model.blocks[5].conv1.bias.fill_(-1.5)
        model.merge.weight[0, 12] = 1
        model.expand.weight[:, 0, 1, 1] = 1

        large = model(torch.rand(1, 3, 8, 8))

    assert torch.allclose(large, functional.silu(torch.tensor(-1.5)))


def test_an_array_of_another_network_is_refused() -> None:
    """The message names it."""
    with pytest.raises(GenerationError, match="no layer '/lstm'"):
        name_tensors({"/lstm.weight": np.zeros(3, np.float32)})


@pytest.mark.parametrize(("scale", "gain"), [(2, 3.5), (4, 2.0)])
def test_the_published_weights_beat_bicubic(published: Published, scale: int, gain: float) -> None:
    """On a photo made small: by dB of PSNR."""
    photo = Image.open(COFFEE).crop((100, 40, 500, 360))
    small = photo.resize((400 // scale, 320 // scale), Image.Resampling.BICUBIC)
    bicubic = np.asarray(small.resize(photo.size, Image.Resampling.BICUBIC))

    large = upscale(load_network(published(f"spanx{scale}")), np.asarray(small), tile=0)

    assert psnr(large, np.asarray(photo)) > psnr(bicubic, np.asarray(photo)) + gain


@pytest.mark.gpu
def test_a_gpu_makes_the_same_picture(small: Span, tmp_path: Path) -> None:
    """Within one level of 255: the order of sums differs."""
    if not torch.cuda.is_available():
        (pytest.fail if os.environ.get("FAIL_WITHOUT_GPU") == "1" else pytest.skip)("no CUDA device")
    save_file(name_tensors(read_ncnn(*as_ncnn(small))), tmp_path / "small.safetensors")

    there = upscale(load_network(tmp_path / "small.safetensors", device="cuda"), draw(90, 70), tile=0)

    assert np.abs(there.astype(int) - upscale(small, draw(90, 70), tile=0)).max() <= 1
