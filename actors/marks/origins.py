"""What files that come in say of how they were made: XMP, and the C2PA manifest that they carry."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actors.marks.signature import read_manifests
from schemas.errors import MediaError
from schemas.marks import SOURCE_TYPES, TRAINED, Origin

_TERM = re.compile(
    rb"DigitalSourceType[^<>]{0,200}?>?\s*[\"']?https?://cv\.iptc\.org/newscodes/digitalsourcetype/(\w{1,60})"
)
_MANIFEST = b"c2pa"
"""Stands in every manifest, and in few files besides."""


def origin_of(path: Path) -> Origin:
    """Return what the file at *path* says of how it was made; of two answers the one that tells of AI.

    A manifest that cannot be read tells nothing, and is not kept.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        terms = {found[1].decode() for found in _TERM.finditer(data)}
        signed = data.find(_MANIFEST) >= 0
    told: dict[str, Any] | None = None
    if signed:
        try:
            told = read_manifests(path)
        except MediaError:
            told = None
    terms |= set(_terms(told)) if told else set()
    source = next((term for term in sorted(terms) if term in TRAINED), min(terms, default=""))
    return Origin(source=source, manifest=told is not None)


def _terms(told: Any) -> Iterator[str]:  # noqa: ANN401 (JSON of strangers)
    """Yield the IPTC's terms in all that manifests tell."""
    match told:
        case {"digitalSourceType": str(term)} if term.startswith(SOURCE_TYPES):
            yield term.removeprefix(SOURCE_TYPES)
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    for part in parts:
        yield from _terms(part)
