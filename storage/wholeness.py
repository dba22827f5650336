"""Tells a whole file from one that was cut short, by its outline; nothing is decoded."""

from io import BufferedReader
from pathlib import Path

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_BOX_HEAD = 8
_WIDE = 1
"""A box of this size has its real size, of eight bytes, behind its type."""
_NEEDED = {b"ftyp", b"moov", b"mdat"}
_CAPTIONS_HEADS = (b"WEBVTT", b"1\n", b"1\r\n")
_FLAC_HEAD = b"fLaC"
_FLAC_STREAMINFO = slice(8, 42)
_FLAC_SYNC = b"\xff\xf8"
"""Begins a frame of a stream whose blocks all have one size, but for the last."""
_FLAC_FRAME_MAX = 1 << 18
"""Bytes, where the file does not say how large its largest frame is."""


def is_whole(path: Path) -> bool:
    """Tell whether *path* is all there: a PNG, a FLAC or captions with their end, an MP4 with all its parts.

    ISO/IEC 14496-12:2022, 4.2 for boxes; PNG third edition, 5; RFC 9639 for FLAC.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_FLAC_STREAMINFO.stop)
        if head.startswith(_PNG_HEAD):
            return _end_of(file, size, len(_PNG_END)) == _PNG_END
        if head.startswith(_CAPTIONS_HEADS):
            return _end_of(file, size, 1) == b"\n"
        if head.startswith(_FLAC_HEAD):
            return _is_whole_flac(file, size, head[_FLAC_STREAMINFO])
        return _is_whole_mp4(file, size)


def _end_of(file: BufferedReader, size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read()


def _is_whole_flac(file: BufferedReader, size: int, info: bytes) -> bool:
    """Tell whether the file ends with its last frame: one of that number, whose checksum is right."""
    block, largest = int.from_bytes(info[:2]), int.from_bytes(info[7:10])
    samples = int.from_bytes(info[13:18]) & ((1 << 36) - 1)
    if not block or not samples:
        return False
    number = _coded((samples - 1) // block)
    end = _end_of(file, size, largest or _FLAC_FRAME_MAX)
    place = end.find(_FLAC_SYNC)
    while place >= 0:
        frame = end[place:]
        if frame[4 : 4 + len(number)] == number and _crc16(frame) == 0:
            return True
        place = end.find(_FLAC_SYNC, place + 1)
    return False


def _coded(number: int) -> bytes:
    """Return *number* as FLAC codes it: as UTF-8 does, up to 31 bits (RFC 9639, 9.1.5)."""
    if number < 1 << 7:
        return bytes([number])
    tail: list[int] = []
    while number >= 1 << (6 - len(tail)):
        tail.append(0x80 | number & 0x3F)
        number >>= 6
    mark = 0xFF << (7 - len(tail)) & 0xFF
    return bytes([mark | number, *reversed(tail)])


def _crc16(frame: bytes) -> int:
    """Return the CRC-16 of *frame*, polynomial 0x8005; 0 for a frame with its checksum (RFC 9639, 9.3)."""
    crc = 0
    for byte in frame:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _crc16_of(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ (0x8005 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


_CRC16 = tuple(map(_crc16_of, range(256)))


def _is_whole_mp4(file: BufferedReader, size: int) -> bool:
    found, place = set(), 0
    while place < size:
        file.seek(place)
        head = file.read(2 * _BOX_HEAD)
        length, needs = int.from_bytes(head[:4]), _BOX_HEAD
        if length == _WIDE:
            length, needs = int.from_bytes(head[_BOX_HEAD:]), 2 * _BOX_HEAD
        if length < needs or len(head) < needs:
            return False
        found.add(head[4:_BOX_HEAD])
        place += length
    return place == size and found >= _NEEDED
