"""A font that has every character, as a very wide blank: where it is used, the others lack a glyph."""

import struct
from functools import lru_cache

import skia

from actors.fonts.faces import open_typeface

LAST_RESORT = "last resort"
BLANK_EMS = 2000.0
"""Width of its only glyph is a little more than this many ems."""

_UNITS_PER_EM, _ADVANCE = 16, 32767  # wider ones are read as negative
_CODE_POINTS = 0x10FFFF


@lru_cache(maxsize=1)
def last_resort() -> skia.Typeface:
    """Return the font; asked last, it takes what no other font can draw."""
    return open_typeface(skia.Data.MakeWithCopy(_file()))


def _file() -> bytes:
    """Return the TrueType file (OpenType 1.9: two empty glyphs, and a cmap of format 13 with one group)."""
    group = struct.pack(">III", 0, _CODE_POINTS, 1)
    cmap = struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 13, 0, 16 + len(group), 0, 1) + group
    head = struct.pack(">HHIIIHHQQhhhhHHhhh", 1, 0, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS_PER_EM, *[0] * 11)
    tables = {
        b"cmap": cmap,
        b"glyf": b"\0" * 4,
        b"head": head,
        b"hhea": struct.pack(">HHhhhH11hH", 1, 0, 12, -4, 0, _ADVANCE, *[0] * 11, 2),
        b"hmtx": struct.pack(">HhHh", 0, 0, _ADVANCE, 0),
        b"loca": struct.pack(">HHH", 0, 0, 0),
        b"maxp": struct.pack(">I14H", 0x10000, 2, *[0] * 13),
    }
    place, directory, body = 12 + 16 * len(tables), b"", b""
    for tag, table in tables.items():
        directory += tag + struct.pack(">III", 0, place + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    return struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 48) + directory + body
