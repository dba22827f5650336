"""Reads what a safetensors file says of itself: names, shapes and types of its tensors, no weights."""

import json
from pathlib import Path
from typing import NamedTuple

from schemas.errors import MediaError

_LENGTH_BYTES = 8
_HEADER_BYTES_MAX = 100_000_000
"""The format's own limit."""
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


class Tensor(NamedTuple):
    """One tensor of a file."""

    dtype: str
    """As the format writes it, ``BF16``."""
    shape: tuple[int, ...]


def read_header(path: Path) -> dict[str, Tensor]:
    """Return the tensors of the safetensors file *path* by name, without reading them.

    Raises MediaError if it is no such file, or if it is longer or shorter than it says.
    Source: huggingface.co/docs/safetensors, format of version 0.4.
    """
    try:
        with path.open("rb") as file:
            length = _length(file.read(_LENGTH_BYTES))
            header = json.loads(file.read(length))
        tensors = _tensors(header)
        ends = [end for _, (_, end) in tensors.values()]
        _expect_length(path, _LENGTH_BYTES + length + max(ends, default=0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MediaError(f"{path.name} is no whole safetensors file ({error}): fetch it again") from error
    return {name: tensor for name, (tensor, _) in tensors.items()}


def _length(begin: bytes) -> int:
    length = int.from_bytes(begin, "little")
    if not 0 < length <= _HEADER_BYTES_MAX:
        raise ValueError("its first bytes are no length of a header")
    return length


def _tensors(header: object) -> dict[str, tuple[Tensor, tuple[int, int]]]:
    if not isinstance(header, dict):
        raise TypeError("its header is no mapping")
    found = {}
    for name, facts in header.items():
        if name == "__metadata__":
            continue
        tensor = Tensor(facts["dtype"], tuple(map(int, facts["shape"])))
        begin, end = map(int, facts["data_offsets"])
        bits = _BITS.get(tensor.dtype, 0)
        for side in tensor.shape:
            bits *= side
        if bits and (end - begin) * 8 != bits:
            raise ValueError(f"{name} has {end - begin} bytes, not {bits // 8}")
        found[name] = tensor, (begin, end)
    return found


def _expect_length(path: Path, told: int) -> None:
    found = path.stat().st_size
    if found != told:
        raise ValueError(f"it has {found} bytes and says {told}")
