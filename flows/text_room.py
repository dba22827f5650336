"""Finds texts that are too long for their place, before anything is made."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from actors.fonts import Faces
from actors.layouts.backdrop import plain
from actors.layouts.design import design
from actors.layouts.spoken import Spoken
from schemas.document import Problem
from schemas.errors import MediaError
from schemas.media import Word
from schemas.plan import Ad, Composition, Plan

_SHORT = 40
"""Characters that fit everywhere, as long as no word has more than _WORD."""
_WORD = 14
_LOOKS_MAX = 200
"""Looks that are tried; one takes some 30 ms, and most campaigns have short texts only."""
_SPOKEN: Spoken = (Word(text="x", start=0.5, end=1.0),)
"""Some caption of a voice, for which room is kept."""


def room_problems(plan: Plan, faces: Faces, logo: Path | None) -> Iterator[Problem]:
    """Yield the placements and locales of *plan* with a text that cannot be set large enough to be read.

    *faces* and *logo* say where the fonts and the logo lie.
    """
    yield from dict.fromkeys(problem for _, problem in crowded(plan, faces, logo))


def crowded(plan: Plan, faces: Faces, logo: Path | None) -> Iterator[tuple[Ad, Problem]]:
    """Yield the ads of *plan* with such a text, and what is wrong; a look that ads share is tried once."""
    tried: dict[tuple[object, ...], Problem | None] = {}
    for ad in plan.ads:
        look = ad.composition
        texts = _texts(look)
        if not any(map(_is_long, texts)):
            continue
        key = (look.locale, look.width, look.height, look.safe, texts)
        if key not in tried and len(tried) < _LOOKS_MAX:
            tried[key] = _try(ad, faces, logo)
        if (problem := tried.get(key)) is not None:
            yield ad, problem


def _try(ad: Ad, faces: Faces, logo: Path | None) -> Problem | None:
    """Lay the texts of *ad* out, and return what is wrong."""
    look = ad.composition
    try:
        spoken = _SPOKEN if look.captions else ()
        design(look, logo=logo, behind=plain(look.kit.palette.primary), spoken=spoken, faces=faces)
    except MediaError as error:
        what, _, cure = str(error).rpartition("; ")
        return Problem(where=f"texts of {ad.locale} at {ad.placement}", what=what, cure=cure)
    return None


def _texts(look: Composition) -> tuple[str, ...]:
    written = (text for cut in look.cuts for text in (cut.layout, cut.caption, cut.note))
    label = look.marks.label.text if look.marks and look.marks.label else ""
    return (*written, look.button, look.disclaimer, look.price, look.old_price, look.until, label)


@lru_cache(maxsize=65536)
def _is_long(text: str) -> bool:
    return len(text) > _SHORT or max(map(len, text.split()), default=0) > _WORD
