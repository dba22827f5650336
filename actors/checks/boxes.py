"""Reads the boxes of an MP4 (ISO/IEC 14496-12): their order, whether all is there, what edit lists do."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

_CONTAINERS = {b"moov", b"trak", b"edts", b"mdia"}
_PLAIN_HEADER = 8
_LONG_HEADER = 16
_EMPTY_EDIT = -1


class Box(NamedTuple):
    """A box: its kind, where its content begins and ends in the file, and how deep it lies."""

    kind: bytes
    begin: int
    end: int
    depth: int


class Layout(NamedTuple):
    """What the boxes of a file tell."""

    brand: str
    seconds: float
    """Length that the header of the film tells; 0 where there is none."""
    moov_first: bool
    damage: str
    """What is missing; empty where every box is complete."""
    edits: tuple[str, ...]
    """What edit lists do beyond naming the first sample."""


def read_boxes(path: Path) -> Layout:
    """Read the boxes of the file at *path*; one that is no MP4 has no brand."""
    size = path.stat().st_size
    with path.open("rb") as file:
        boxes = list(_walk(file, 0, size, 0))
        top = [box for box in boxes if box.depth == 0]
        kinds = [box.kind for box in top]
        brand = _bytes(file, top[0])[:4].decode("latin-1") if kinds[:1] == [b"ftyp"] else ""
        header = next((_bytes(file, box) for box in boxes if box.kind == b"mvhd"), b"")
        edits = tuple(edit for box in boxes if box.kind == b"elst" for edit in _edits(_bytes(file, box)))
    order = [kind for kind in kinds if kind in {b"moov", b"mdat"}]
    return Layout(brand, _seconds(header), order[:1] == [b"moov"], _damage(top, size) if brand else "", edits)


def _walk(file: IO[bytes], begin: int, end: int, depth: int) -> Iterator[Box]:
    """Yield the boxes between *begin* and *end*, and those inside the ones that hold others."""
    while end - begin >= _PLAIN_HEADER:
        file.seek(begin)
        size, kind = struct.unpack(">I4s", file.read(_PLAIN_HEADER))
        header = _PLAIN_HEADER
        if size == 1:
            size, header = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0], _LONG_HEADER
        if size == 0:
            size = end - begin
        if size < header:
            return
        yield Box(kind, begin + header, begin + size, depth)
        if kind in _CONTAINERS:
            yield from _walk(file, begin + header, min(end, begin + size), depth + 1)
        begin += size


def _damage(top: list[Box], size: int) -> str:
    kinds = {box.kind for box in top}
    if missing := {b"moov", b"mdat"} - kinds:
        return f"no {min(missing).decode()} box"
    if top[-1].end > size:
        return f"the {top[-1].kind.decode('latin-1')} box lacks {top[-1].end - size} bytes"
    return ""


def _bytes(file: IO[bytes], box: Box) -> bytes:
    file.seek(box.begin)
    return file.read(box.end - box.begin)


def _seconds(header: bytes) -> float:
    """Return the length that an ``mvhd`` box tells."""
    form = struct.Struct(">IQ" if header[:1] == b"\1" else ">II")
    place = 20 if header[:1] == b"\1" else 12
    if len(header) < place + form.size:
        return 0.0
    scale, duration = form.unpack_from(header, place)
    return float(duration / scale) if scale else 0.0


def _edits(content: bytes) -> Iterator[str]:
    """Yield what is odd in an ``elst`` box: the usual one names the first sample and no more."""
    if len(content) < _PLAIN_HEADER:
        return
    version, count = content[0], struct.unpack(">I", content[4:8])[0]
    form = struct.Struct(">QqI" if version else ">IiI")
    entries = [
        form.unpack_from(content, 8 + number * form.size)
        for number in range(min(count, (len(content) - 8) // form.size))
    ]
    if any(start == _EMPTY_EDIT for _, start, _ in entries):
        yield "a gap before the first sample"
    if sum(start != _EMPTY_EDIT for _, start, _ in entries) > 1:
        yield f"{len(entries)} edits"
    if any(rate != 1 << 16 for _, _, rate in entries):
        yield "a change of speed"
