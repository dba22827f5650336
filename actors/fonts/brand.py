"""Opens the font files of brands: files from strangers, so their size and tables are looked at first."""

import struct
from pathlib import Path
from typing import NamedTuple

import skia

from actors.fonts.faces import open_typeface
from schemas.errors import MediaError

BYTES_MAX = 20_000_000
_TABLES_MAX = 128
_EM_UNITS = range(16, 16385)  # OpenType 1.9, head.unitsPerEm
_BASIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_CURES = {
    b"wOFF": "is a WOFF, for web pages; give the TTF or OTF that it was made from",
    b"wOF2": "is a WOFF2, for web pages; give the TTF or OTF that it was made from",
    b"ttcf": "is a collection of fonts (TTC); give the TTF or OTF of the one that is meant",
    b"typ1": "is an old Type 1 font; give a TTF or OTF",
    b"%!PS": "is an old Type 1 font; give a TTF or OTF",
}
_NEEDED = (b"cmap", b"head", b"hhea", b"hmtx", b"maxp")
_KINDS = (b"\0\1\0\0", b"OTTO", b"true")
_RESTRICTED = 0x0002  # OpenType 1.9, OS/2.fsType: "Restricted License embedding"
_NO_OUTLINES = 0x0200  # "Bitmap embedding only"


class FontFacts(NamedTuple):
    """What a font file holds."""

    family: str
    """The name that it gives itself."""
    weight_min: int
    weight_max: int
    """Larger than *weight_min* for a variable font: headings then take its heaviest."""
    warnings: tuple[str, ...]
    """What who uses it should know."""


def open_font(path: Path) -> FontFacts:
    """Open the font at *path* and return what it holds.

    Raises MediaError, with the cure, for what is no TTF or OTF that can set text.
    """
    content = _read(path)
    _check_directory(path, content)
    face = open_typeface(skia.Data.MakeWithCopy(content))
    if face is None or face.countGlyphs() == 0 or face.getUnitsPerEm() not in _EM_UNITS:
        raise MediaError(f"font {path}: damaged; export it again as TTF or OTF")
    if lacking := [char for char in _BASIC if not face.unicharToGlyph(ord(char))]:
        raise MediaError(
            f"font {path}: lacks {''.join(lacking)}: a brand's font needs the basic Latin letters and "
            "digits; scripts beside Latin have fonts of their own"
        )
    if skia.Font(face, 64).getPath(face.unicharToGlyph(ord("H"))).isEmpty():
        raise MediaError(f"font {path}: has no outlines, only pictures of letters; give one with outlines")
    low, high = _weights(face)
    return FontFacts(str(face.getFamilyName()), low, high, _warnings(face))


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise MediaError(
                f"font {path}: {size / 1e6:.1f} MB, more than {BYTES_MAX / 1e6:.0f} MB; give a smaller one"
            )
        return path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"font {path}: cannot be read ({error.strerror}); see that the file is there"
        ) from None


def _check_directory(path: Path, content: bytes) -> None:
    kind = content[:4]
    if kind not in _KINDS:
        raise MediaError(f"font {path}: {_CURES.get(kind, 'is no font file; give a TTF or OTF')}")
    tables = _tables(content)
    if not tables or max(tables.values()) > len(content):
        raise MediaError(f"font {path}: cut off or damaged; export it again as TTF or OTF")
    if lacking := [tag.decode() for tag in _NEEDED if tag not in tables]:
        raise MediaError(f"font {path}: lacks its table {lacking[0]!r}; export it again as TTF or OTF")


def _tables(content: bytes) -> dict[bytes, int]:
    """Return where each table ends, by its tag; nothing where the directory is not whole."""
    count = int.from_bytes(content[4:6])
    if count > _TABLES_MAX or 12 + 16 * count > len(content):
        return {}
    entries = struct.iter_unpack(">4sIII", content[12 : 12 + 16 * count])
    return {tag: start + length for tag, _, start, length in entries}


def _weights(face: skia.Typeface) -> tuple[int, int]:
    for axis in face.getVariationDesignParameters():
        if axis.tag == int.from_bytes(b"wght"):
            return round(axis.min), round(axis.max)
    return face.fontStyle().weight(), face.fontStyle().weight()


def _warnings(face: skia.Typeface) -> tuple[str, ...]:
    table = face.getTableData(int.from_bytes(b"OS/2"))
    content = bytes(table) if table else b""
    flags = int.from_bytes(content[8:10])
    if flags & 0x000F == _RESTRICTED or flags & _NO_OUTLINES:
        return ("says that it may not be embedded; see that its licence allows letters in videos",)
    return ()
