"""Puts boxes into an MP4 and takes them out, without touching a frame (ISO/IEC 14496-12)."""

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from uuid import UUID

from schemas.errors import MediaError

XMP = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
"""Kind of the box with XMP (Adobe XMP Specification, Part 3, 2020-01, MPEG-4)."""
C2PA = UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes
"""Kind of the box with a C2PA manifest (C2PA Technical Specification 2.2, embedding into BMFF)."""

_MOOV_MAX = 64 << 20
_MARK_MAX = 16 << 20
_COPY = 1 << 20
_DEEPER = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_TEXT = 1
"""Kind of a value of ``ilst`` that is UTF-8 (QuickTime File Format, well-known types)."""


class Part(NamedTuple):
    """A box of the file's first level."""

    kind: bytes
    """Its four letters, or the 16 bytes that tell one ``uuid`` box from another."""
    begin: int
    end: int
    content: int
    """Where its content begins."""


Piece = bytes | Part
"""What a file is put together from: bytes, or a box copied as it is."""


def parts_of(file: IO[bytes]) -> list[Part]:
    """Return the boxes of *file*. Raises MediaError where they do not fill it to its end."""
    size, begin, parts = file.seek(0, os.SEEK_END), 0, []
    while begin < size:
        file.seek(begin)
        head = file.read(32)
        length, content = int.from_bytes(head[:4]), 8
        if length == 1:
            length, content = int.from_bytes(head[8:16]), 16
        elif length == 0:
            length = size - begin
        kind = head[4:8]
        if kind == b"uuid":
            kind, content = head[content : content + 16], content + 16
        if length < content or begin + length > size:
            raise MediaError(f"no whole MP4: the box at byte {begin} breaks off, or is none")
        parts.append(Part(kind, begin, begin + length, begin + content))
        begin += length
    if [part.kind for part in parts].count(b"moov") != 1 or parts[0].kind != b"ftyp":
        raise MediaError("no MP4: it has no ftyp box first, or not one moov box")
    return parts


def add_marks(path: Path, xmp: str, tags: dict[str, str]) -> None:
    """Write XMP, and *tags* as metadata keys of the film, into the MP4 at *path*, in place.

    The tags that it has are replaced. Frames stay as they are, and the index before them. Raises MediaError.
    """
    with path.open("rb") as file:
        parts = [part for part in parts_of(file) if part.kind != XMP]
        moov = _with_tags(_moov(file, parts), tags)
        pieces: list[Piece] = []
        for part in parts:
            pieces.append(moov if part.kind == b"moov" else part)
            if part.kind == b"moov":
                pieces.append(_box(b"uuid", XMP + xmp.encode()))
        marked = path.with_suffix(".marked")
        with marked.open("wb") as to:
            to.writelines(_assembled(file, pieces))
    marked.replace(path)


def read_xmp(path: Path) -> str:
    """Return the XMP of the MP4 at *path*; empty where it has none. Raises MediaError."""
    with path.open("rb") as file:
        found = next((part for part in parts_of(file) if part.kind == XMP), None)
        return _content(file, found, _MARK_MAX).decode("utf-8", "replace") if found else ""


def read_tags(path: Path) -> dict[str, str]:
    """Return the metadata keys of the film at *path* with their texts. Raises MediaError."""
    with path.open("rb") as file:
        moov = _moov(file, parts_of(file))
    return _tags(_child(_child(moov[8:], b"udta"), b"meta")[4:])


def repeatable_sha256(path: Path) -> str:
    """Return the SHA-256 of the MP4 at *path* as it was before it was signed with C2PA. Raises MediaError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        parts = parts_of(file)
        moov = _moov(file, parts)
        pieces = [moov if part.kind == b"moov" else part for part in parts if part.kind != C2PA]
        for data in _assembled(file, pieces):
            digest.update(data)
    return digest.hexdigest()


def _assembled(file: IO[bytes], pieces: list[Piece]) -> Iterator[bytes]:
    """Yield *pieces* one after the other; the index follows the media to where it lies now."""
    place, moved = 0, 0
    for piece in pieces:
        if isinstance(piece, Part) and piece.kind == b"mdat":
            moved = place - piece.begin
            break
        place += len(piece) if isinstance(piece, bytes) else piece.end - piece.begin
    for piece in pieces:
        if isinstance(piece, Part):
            yield from _copied(file, piece)
        else:
            yield _moved(piece, moved) if piece[4:8] == b"moov" else piece


def _copied(file: IO[bytes], part: Part) -> Iterator[bytes]:
    file.seek(part.begin)
    left = part.end - part.begin
    while left and (data := file.read(min(left, _COPY))):
        left -= len(data)
        yield data


def _moov(file: IO[bytes], parts: list[Part]) -> bytes:
    """Return the box with the index, head and all."""
    part = next(part for part in parts if part.kind == b"moov")
    return _box(b"moov", _content(file, part, _MOOV_MAX))


def _content(file: IO[bytes], part: Part, most: int) -> bytes:
    if part.end - part.content > most:
        raise MediaError(f"no usable MP4: a box of {part.end - part.content} bytes, {most} at most are read")
    file.seek(part.content)
    return file.read(part.end - part.content)


def _moved(moov: bytes, by: int) -> bytes:
    """Return the index for media that lie *by* bytes further back."""
    data = bytearray(moov)
    for form, place in _tables(data, 0, len(data)):
        count = struct.unpack_from(">I", data, place + 4)[0]
        table = struct.Struct(f">{count}{form}")
        if place + 8 + table.size > len(data):
            raise MediaError("no usable MP4: its table of chunks breaks off")
        try:
            table.pack_into(data, place + 8, *(one + by for one in table.unpack_from(data, place + 8)))
        except struct.error as error:
            raise MediaError(f"no usable MP4: its index cannot be moved by {by} bytes") from error
    return bytes(data)


def _tables(data: bytearray, begin: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield the tables that tell where chunks lie: the form of their entries, and where those begin."""
    for kind, content, stop in _boxes(data, begin, end):
        if kind in _DEEPER:
            yield from _tables(data, content, stop)
        elif kind in {b"stco", b"co64"} and stop - content >= 8:  # noqa: PLR2004 (version and count)
            yield "I" if kind == b"stco" else "Q", content


def _boxes(data: bytes | bytearray, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, beginning and end of the content of each box in a part of *data*."""
    while end - begin >= 8:  # noqa: PLR2004 (size and kind)
        size = int.from_bytes(data[begin : begin + 4])
        if size < 8 or begin + size > end:  # noqa: PLR2004 (the same)
            return
        yield bytes(data[begin + 4 : begin + 8]), begin + 8, begin + size
        begin += size


def _child(data: bytes, wanted: bytes) -> bytes:
    return next((data[begin:end] for kind, begin, end in _boxes(data, 0, len(data)) if kind == wanted), b"")


def _with_tags(moov: bytes, tags: dict[str, str]) -> bytes:
    """Return the index with *tags* in place of its own, as ffmpeg writes them for ``use_metadata_tags``."""
    kept = b"".join(
        _box(kind, moov[begin:end]) for kind, begin, end in _boxes(moov, 8, len(moov)) if kind != b"udta"
    )
    if not tags:
        return _box(b"moov", kept)
    handler = _box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    names = b"".join(_box(b"mdta", name.encode()) for name in tags)
    values = b"".join(
        _box(struct.pack(">I", number), _box(b"data", struct.pack(">II", _TEXT, 0) + text.encode()))
        for number, text in enumerate(tags.values(), 1)
    )
    keys = _box(b"keys", struct.pack(">II", 0, len(tags)) + names)
    meta = _box(b"meta", bytes(4) + handler + keys + _box(b"ilst", values))
    return _box(b"moov", kept + _box(b"udta", meta))


def _tags(meta: bytes) -> dict[str, str]:
    names = [meta_key.decode("utf-8", "replace") for meta_key in _names(_child(meta, b"keys"))]
    values = _child(meta, b"ilst")
    found = {}
    for kind, begin, end in _boxes(values, 0, len(values)):
        number, data = int.from_bytes(kind), _child(values[begin:end], b"data")
        if 0 < number <= len(names) and int.from_bytes(data[:4]) == _TEXT:
            found[names[number - 1]] = data[8:].decode("utf-8", "replace")
    return found


def _names(keys: bytes) -> Iterator[bytes]:
    return (keys[begin:end] for kind, begin, end in _boxes(keys, 8, len(keys)) if kind == b"mdta")


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content
