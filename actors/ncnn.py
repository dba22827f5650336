"""Reads networks in ncnn's two-file format: a graph as text, and the weights that belong to it.

Only what convolution networks hold is known here; any other layer with weights is refused, because skipping
one would shift everything after it. Source: the ncnn wiki, "param and model file structure".
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import MediaError

Array = NDArray[np.float32]

_MAGIC = "7767517"
_FLOAT16 = 0x01306B47
_FLOAT32 = {0, 0x0002C056}
_VALUES_MAX = 64_000_000
_WEIGHTLESS = {
    "BinaryOp",
    "Concat",
    "Eltwise",
    "Input",
    "Interp",
    "PixelShuffle",
    "ReLU",
    "Sigmoid",
    "Split",
    "Swish",
    "UnaryOp",
}


class _Layer(NamedTuple):
    kind: str
    name: str
    options: dict[str, str]

    def number(self, key: int, default: int = 0) -> int:
        """Return option *key*; the numbers' meanings are ncnn's."""
        return int(self.options.get(str(key), default))


class _Values:
    """The weights file, read from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def plain(self, count: int) -> Array:
        """Return the next *count* float32 values."""
        return self._take(count, "<f4")

    def tagged(self, count: int) -> Array:
        """Return the next *count* values, which a tag announces as float32 or float16."""
        tag = int(self._take(1, "<f4").view(np.uint32)[0])
        if tag in _FLOAT32:
            return self.plain(count)
        if tag != _FLOAT16:
            raise MediaError(f"ncnn weights: storage tag {tag:#010x} is neither float32 nor float16")
        values: Array = self._take(count, "<f2")
        self._at += -self._at % 4
        return values

    def finish(self) -> None:
        """Raise MediaError when bytes are left over: then the graph does not describe this file."""
        if self._at < len(self._data):
            raise MediaError(f"ncnn weights: {len(self._data) - self._at} bytes too many for the graph")

    def _take(self, count: int, kind: str) -> Array:
        size = count * np.dtype(kind).itemsize
        if not 0 < count <= _VALUES_MAX or self._at + size > len(self._data):
            raise MediaError(f"ncnn weights: {count} values wanted at byte {self._at} of {len(self._data)}")
        values = np.frombuffer(self._data, kind, count, self._at).astype(np.float32)
        self._at += size
        return values


def read_ncnn(graph: str, weights: bytes) -> dict[str, Array]:
    """Read the weights of a network: the text of its ``.param`` file, the bytes of its ``.bin`` file.

    Returns float32 arrays by name: ``<layer>.weight`` (``[out, in, height, width]`` for a convolution,
    ``[values]`` for PReLU and constants) and ``<layer>.bias``. Raises MediaError when the two files are
    damaged, do not belong together, or hold a layer that is not known here.
    """
    values = _Values(weights)
    arrays: dict[str, Array] = {}
    for layer in _layers(graph):
        try:
            arrays |= _weights(layer, values)
        except ValueError as error:
            raise MediaError(f"ncnn graph: layer {layer.name!r} cannot be read: {error}") from error
    values.finish()
    return arrays


def _layers(graph: str) -> list[_Layer]:
    magic, counts, *lines = [line for line in graph.splitlines() if line.strip()] + ["", ""]
    lines = lines[:-2] if lines else []
    if magic.strip() != _MAGIC:
        raise MediaError(f"ncnn graph: begins with {magic[:20]!r}, not {_MAGIC}")
    if counts.split()[:1] != [str(len(lines))]:
        raise MediaError(f"ncnn graph: announces {counts[:20]!r} layers and blobs, has {len(lines)} layers")
    return [_layer(line) for line in lines]


def _layer(line: str) -> _Layer:
    words = line.split()
    try:
        kind, name, inputs, outputs = words[0], words[1], int(words[2]), int(words[3])
        options = dict(word.split("=", 1) for word in words[4 + inputs + outputs :])
    except (ValueError, IndexError) as error:
        raise MediaError(f"ncnn graph: cannot read the line {line[:80]!r}") from error
    return _Layer(kind, name, options)


def _weights(layer: _Layer, values: _Values) -> dict[str, Array]:
    if layer.kind == "Convolution":
        return _convolution(layer, values)
    if layer.kind == "PReLU":
        return {f"{layer.name}.weight": values.plain(layer.number(0))}
    if layer.kind == "MemoryData":
        sizes = [layer.number(key) for key in (0, 1, 11, 2)]
        return {f"{layer.name}.weight": values.plain(math.prod(size for size in sizes if size))}
    if layer.kind in _WEIGHTLESS:
        return {}
    raise MediaError(f"ncnn graph: layer {layer.name!r} is of the unknown kind {layer.kind!r}")


def _convolution(layer: _Layer, values: _Values) -> dict[str, Array]:
    out, width, count = layer.number(0), layer.number(1), layer.number(6)
    height = layer.number(11, width)
    arrays = {f"{layer.name}.weight": values.tagged(count).reshape(out, -1, height, width)}
    if layer.number(5):
        arrays[f"{layer.name}.bias"] = values.plain(out)
    return arrays
