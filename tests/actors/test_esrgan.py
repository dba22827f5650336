"""Real-ESRGAN: a small network of random weights through ncnn's format."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file
from torch.nn import functional

from actors.esrgan import DenseBlock, Esrgan, name_tensors
from actors.ncnn import read_ncnn
from actors.networks import load_network
from actors.tiling import upscale
from schemas.errors import GenerationError
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


def as_ncnn(network: Esrgan) -> tuple[str, bytes]:
    """Write *network* in ncnn's format, whose layers are numbered in the order in which they are run."""
    convs = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    first, last = [network.head], [network.tail, network.rise1, network.rise2, network.polish, network.paint]
    inner = [conv for conv in convs if all(conv is not other for other in (*first, *last))]
    lines, data = ["Input data 0 1 data"], b""
    for number, conv in enumerate((*first, *inner, *last)):
        sizes = f"0={conv.out_channels} 1=3 5=1 6={conv.weight.numel()}"
        lines += [f"Convolution Conv_{number} 1 1 a b {sizes} 9=2 -23310=1,2.0e-01"]
        lines += [f"Eltwise Add_{number} 2 1 a b c 0=1 -23301=2,2.0e-01,1.0"]
        data += bytes(4) + conv.weight.detach().numpy().tobytes() + conv.bias.detach().numpy().tobytes()
    return "\n".join(["7767517", f"{len(lines)} {len(lines)}", *lines]), data


def test_a_network_survives_the_way_through_ncnn_and_safetensors(tmp_path: Path) -> None:
    """Every convolution finds its place, though the file only numbers them."""
    torch.manual_seed(3)
    network = Esrgan(groups=2, channels=8, growth=4).eval()
    picture = np.random.default_rng(5).integers(0, 256, (10, 12, 3), dtype=np.uint8)

    save_file(name_tensors(read_ncnn(*as_ncnn(network))), tmp_path / "small.safetensors")

    loaded = load_network(tmp_path / "small.safetensors")
    assert np.array_equal(upscale(loaded, picture, tile=0), upscale(network, picture, tile=0))


def test_a_block_is_dense_and_adds_a_fifth_of_its_result() -> None:
    """As the paper has it: each convolution sees what went in and all results before it."""
    torch.manual_seed(1)
    block = DenseBlock(8, 4)
    features = torch.rand(1, 8, 5, 5)

    with torch.inference_mode():
        made = block(features)
        seen = [features]
        for conv in block.convs[:-1]:
            seen.append(functional.leaky_relu(conv(torch.cat(seen, 1)), 0.2))
        expected = features + 0.2 * block.convs[-1](torch.cat(seen, 1))

    assert torch.allclose(made, expected, atol=1e-6)


def test_a_file_with_other_layers_is_refused() -> None:
    """By their number, for they have no names."""
    arrays = {f"Conv_{number}.weight": np.zeros((1, 1, 1, 1), np.float32) for number in range(20)}

    with pytest.raises(GenerationError, match="no RRDBNet has 20 convolutions"):
        name_tensors(arrays)


def test_the_published_weights_show_the_same_picture(published: Published) -> None:
    """Crisper than bicubic, and not what it was: but the same within some levels."""
    photo = Image.open(COFFEE).convert("RGB").crop((200, 100, 264, 164))
    small = photo.resize((16, 16), Image.Resampling.BICUBIC)

    large = upscale(load_network(published("realesrgan")), np.asarray(small), tile=0)

    assert np.abs(large.astype(int) - np.asarray(photo)).mean() < 12
