"""Opens fonts: those of the packages by name, a brand's own files and the emoji by where they lie."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import skia

from actors.fonts.table import FONTS
from schemas.errors import MediaError
from schemas.plan import Composition

REGULAR, HEAVY = 400, 900
"""The two weights in use: between them skia-python 144.1 draws some letters of Noto Sans too bold."""

_WEIGHT_AXIS = 0x77676874  # "wght"
_EMOJI = "emoji@"


class Faces(NamedTuple):
    """Where the fonts lie that no package brings; given once for a composition."""

    files: tuple[tuple[str, str], ...] = ()
    """Name and local path: of a brand's font as the BrandKit names it, of the emoji by their revision."""

    @property
    def emoji(self) -> str:
        """Name of the colour emoji among the files; empty for none."""
        return next((name for name, _ in self.files if name.startswith(_EMOJI)), "")

    def path(self, name: str) -> Path:
        """Return where the font *name* lies. Raises MediaError for a name that is not known."""
        if name in FONTS:
            return FONTS[name].place
        for known, path in self.files:
            if known == name:
                return Path(path)
        raise MediaError(f"font {name!r} is neither in a package nor given as a file: name one of the fonts")


PACKAGED = Faces()
"""The fonts of the packages alone."""


def faces_of(composition: Composition, local: Callable[[str], Path]) -> Faces:
    """Return the fonts of *composition*; *local* returns a copy on this machine of what it names."""
    kit = composition.kit
    wanted = dict.fromkeys((kit.heading, kit.body, composition.emoji))
    return Faces(tuple((name, str(local(name))) for name in wanted if name and name not in FONTS))


@lru_cache(maxsize=64)
def typeface_of(name: str, weight: int, faces: Faces = PACKAGED) -> skia.Typeface:
    """Return the font *name* at *weight*, REGULAR or HEAVY; a font of one weight is taken as it is.

    No letters are thickened by machine: who gives one file for headings has chosen its weight.
    """
    face = _open(faces.path(name), FONTS[name].sha256 if name in FONTS else "")
    position = skia.FontArguments.VariationPosition
    coordinates = position.Coordinates([position.Coordinate(_WEIGHT_AXIS, weight)])
    arguments = skia.FontArguments()
    arguments.setVariationDesignPosition(position(coordinates))
    return face.makeClone(arguments) or face


@lru_cache(maxsize=64)
def has_glyph(name: str, char: str, faces: Faces = PACKAGED) -> bool:
    """Tell whether the font *name* has a glyph for *char*."""
    return bool(typeface_of(name, REGULAR, faces).unicharToGlyph(ord(char)))


def open_typeface(data: skia.Data) -> skia.Typeface | None:
    """Return the font in *data*; None where it holds none that can be used."""
    return _empty_machine().makeFromData(data)


@lru_cache(maxsize=1)
def _empty_machine() -> skia.FontMgr:
    """Return a font manager without any font; skia's own would read the machine's list, and warn of it."""
    return skia.FontMgr.New_Custom_Empty()


@lru_cache(maxsize=64)
def _open(path: Path, sha256: str) -> skia.Typeface:
    data = skia.Data.MakeFromFileName(str(path))  # mapped: processes share one copy
    if data is None:
        raise MediaError(f"font {path}: cannot be read; see that the file is there")
    if sha256 and hashlib.sha256(memoryview(data)).hexdigest() != sha256:
        raise MediaError(f"font {path.name} is not the file that was tested; reinstall the package around it")
    face = open_typeface(data)
    if face is None:
        raise MediaError(f"font {path}: holds no font that can be drawn; give a TTF or OTF file")
    return face
