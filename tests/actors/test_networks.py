"""Networks from files: each is known by its tensors, and what is no network is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from actors.anime4k import Anime4K
from actors.esrgan import Esrgan
from actors.networks import fast_precision, load_network, load_rife
from actors.rife import Rife
from actors.span import Span
from schemas.errors import GenerationError

MAKERS: dict[str, Callable[[], nn.Module]] = {
    "span": lambda: Span(scale=4, channels=4),
    "anime4k": lambda: Anime4K(channels=4),
    "esrgan": lambda: Esrgan(groups=2, channels=8, growth=4),
}


def saved(network: nn.Module, tmp_path: Path) -> Path:
    """Write the weights of *network* into a file, in half precision."""
    save_file(
        {name: tensor.half() for name, tensor in network.state_dict().items()}, tmp_path / "n.safetensors"
    )
    return tmp_path / "n.safetensors"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_network_is_known_by_its_tensors(kind: str, tmp_path: Path) -> None:
    """Kind, scale and channels are read from names and shapes."""
    torch.manual_seed(2)
    network = MAKERS[kind]().half().float().eval()
    picture = torch.rand(1, 3, 9, 14)

    loaded = load_network(saved(network, tmp_path))

    with torch.inference_mode():
        large, expected = loaded(picture), network(picture)
    assert type(loaded) is type(network)
    assert large.shape[2:] == (9 * loaded.scale, 14 * loaded.scale)
    assert torch.allclose(large, expected, atol=1e-5)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_last_layer_stays_exact_where_the_rest_is_fast(kind: str, tmp_path: Path) -> None:
    """Eight bits of a bfloat16 are fewer than the levels of a picture."""
    loaded = load_network(saved(MAKERS[kind](), tmp_path), fast=True)

    precisions = {tensor.dtype for tensor in loaded.parameters()}
    assert precisions == {torch.float32, fast_precision("cpu")}
    with torch.inference_mode():
        assert loaded(torch.rand(1, 3, 8, 8)).dtype == torch.float32


@pytest.mark.parametrize("content", [None, b"not safetensors", "half a network", "another network"])
@pytest.mark.parametrize("load", [load_network, load_rife])
def test_a_file_without_a_network_is_refused(tmp_path: Path, load: Callable[..., Any], content: Any) -> None:
    """Missing, damaged, or holding something else."""
    path = tmp_path / "bad.safetensors"
    if content == "half a network":
        tensors = {"expand.weight": torch.zeros(12, 4, 3, 3), "head.weight": torch.zeros(4, 3, 3, 3)}
        save_file(tensors, path)
    elif content == "another network":
        save_file({"lstm.weight": torch.zeros(4)}, path)
    elif content is not None:
        path.write_bytes(content)

    with pytest.raises(GenerationError, match=r"bad\.safetensors: holds no"):
        load(path)


def test_rife_comes_back_from_its_file(tmp_path: Path) -> None:
    """Its channels too are read from the shapes."""
    torch.manual_seed(2)
    network = Rife((8, 6, 6, 4)).half().float().eval()
    ends = torch.rand(2, 1, 3, 20, 30)

    loaded = load_rife(saved(network, tmp_path))

    with torch.inference_mode():
        assert torch.allclose(loaded(*ends, 0.3), network(*ends, 0.3), atol=1e-5)


def test_fast_is_what_the_processor_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without instructions for it, bfloat16 is far slower than float32."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False, "amx_bf16": True})
    assert fast_precision("cpu") == torch.bfloat16

    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert fast_precision("cpu") == torch.float32


def test_compiling_is_asked_of_torch_when_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes half a minute, so it is not the default."""
    asked: list[nn.Module] = []

    def noted(network: nn.Module) -> None:
        asked.append(network)

    monkeypatch.setattr(nn.Module, "compile", noted)
    path = saved(MAKERS["span"](), tmp_path)

    load_network(path)
    network = load_network(path, compiled=True)

    assert len(asked) == 1
    assert asked[0] is network
