"""Finds the recipe of an ad, by the start of its key or as a file; needs no catalog."""

import re
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import BlobDamagedError, BriefError
from schemas.sidecar import Sidecar
from schemas.wording import shown
from storage.blobs import BlobStore

_START = re.compile(r"[0-9a-f]{4,64}")
_BYTES_MAX = 16_000_000
"""A sidecar has some 20 kB; a path may name anything."""
_SEVERAL = 5
"""Of ads with one start, how many a message names."""


def read_sidecar(asked: str, blobs: BlobStore) -> Sidecar:
    """Return the sidecar that *asked* names: an ad's key or the start of it, or the path of a sidecar.

    Raises BriefError where it names none, or several, or what is no sidecar of this version.
    """
    if asked.endswith(".json") or "/" in asked:
        return _parsed(_text_of(Path(asked)), asked)
    name = f"ads/{find_key(asked, blobs)}.json"
    try:
        return _parsed(blobs.read_text(name), name)
    except BlobDamagedError as error:
        raise BriefError(str(error)) from error


def find_key(asked: str, blobs: BlobStore) -> str:
    """Return the key of the one ad in *blobs* whose key begins with *asked*. Raises BriefError."""
    start = asked.lower()
    if not _START.fullmatch(start):
        raise BriefError(
            f"{shown(asked)} is no key of an ad: use 4 to 64 hexadecimal digits, or a sidecar's path"
        )
    names = (name for name in blobs.names(f"ads/{start}") if name.endswith(".json"))
    keys = [name.removeprefix("ads/").removesuffix(".json") for name in names]
    if not keys:
        raise BriefError(
            f"no ad in the store has a key that begins with {start!r}; `reelmill status` lists ads"
        )
    if len(keys) > 1:
        more = ", ".join(key[:12] for key in keys[:_SEVERAL])
        raise BriefError(f"{len(keys)} ads have keys that begin with {start!r} ({more}): use more digits")
    return keys[0]


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise BriefError(f"{shown(str(path))} is no sidecar: it has more than 16 MB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BriefError(f"{shown(str(path))} cannot be read as a sidecar: {error}") from error


def _parsed(text: str, where: str) -> Sidecar:
    try:
        return Sidecar.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BriefError(
            f"{where} is no sidecar that this version of Reelmill reads ({place}: {first['msg']}): use the "
            f"version that made it, as its `versions` say"
        ) from error
