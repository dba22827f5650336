"""Loads networks that enlarge pictures, or draw between them, as fast as the device can run them."""

import ctypes
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from actors.anime4k import Anime4K
from actors.esrgan import Esrgan
from actors.rife import Rife
from actors.span import Span
from schemas.errors import GenerationError

Network = Span | Anime4K | Esrgan

_KINDS: dict[str, type[Network]] = {
    "expand.weight": Span,
    "join.weight": Anime4K,
    "paint.weight": Esrgan,
}
"""What is told by a tensor that no other network has."""
_BFLOAT16 = ("avx512_bf16", "amx_bf16")
_DIMENSIONS = 4
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Of glibc's mallopt, see malloc.h."""


def load_network(path: Path, *, device: str = "cpu", fast: bool = False, compiled: bool = False) -> Network:
    """Load the network in a safetensors file; its kind and its sizes are read from the tensors.

    *fast* computes in bfloat16 where the device is quicker at that, which changes one level of 255 here and
    there. *compiled* has torch compile it for each size of picture: half a minute, for a tenth of the time.
    Raises GenerationError when the file holds none that is known.
    """
    try:
        tensors = load_file(path)
        network = next(kind for name, kind in _KINDS.items() if name in tensors).of(tensors)
        _fill(network, tensors, device)
    except (OSError, SafetensorError, KeyError, IndexError, RuntimeError, StopIteration) as error:
        reason = str(error) or "its tensors are of no network that is known"
        raise GenerationError(f"{path.name}: holds no network that enlarges pictures: {reason}") from error
    if fast:
        network.hasten(fast_precision(device))
        _keep_memory()
    if compiled:
        network.compile()
    return network


def load_rife(path: Path, *, device: str = "cpu") -> Rife:
    """Load RIFE from a safetensors file. Raises GenerationError when the file does not hold it."""
    try:
        tensors = load_file(path)
        network = Rife.of(tensors)
        _fill(network, tensors, device)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise GenerationError(f"{path.name}: holds no RIFE: {error}") from error
    return network


def fast_precision(device: str) -> torch.dtype:
    """Return bfloat16 where *device* has instructions for it, else float32."""
    if device == "cpu":
        able = any(torch.cpu.get_capabilities().get(name) for name in _BFLOAT16)
    else:
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if able else torch.float32


@cache
def _keep_memory() -> None:
    """Let the C library keep what a frame took for the next: else the kernel clears it anew each time.

    The features of a frame are tens of megabytes each, and a third of the time goes into that.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's own; others do without
    if mallopt is not None:
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            mallopt(option, 2**31 - 1)


def _fill(network: torch.nn.Module, tensors: dict[str, Tensor], device: str) -> None:
    """Give *network* its weights, in the order that convolutions of whole frames like best."""
    ordered = {name: _channels_last(tensor.float()) for name, tensor in tensors.items()}
    network.load_state_dict(ordered, assign=True)
    network.eval().requires_grad_(False).to(device)


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == _DIMENSIONS else tensor
