"""Tells a whole picture or video from one that was cut short, by its outline; nothing is decoded."""

from io import BufferedReader
from pathlib import Path

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_BOX_HEAD = 8
_WIDE = 1
"""A box of this size has its real size, of eight bytes, behind its type."""
_NEEDED = {b"ftyp", b"moov", b"mdat"}


def is_whole(path: Path) -> bool:
    """Tell whether *path* is a PNG with its end, or an MP4 whose parts are all there and end where it does.

    ISO/IEC 14496-12:2022, 4.2 for boxes; PNG third edition, 5.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_PNG_HEAD)) == _PNG_HEAD:
            file.seek(max(0, size - len(_PNG_END)))
            return file.read() == _PNG_END
        return _is_whole_mp4(file, size)


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
