"""Finds texts that are too long for their place, before anything is made."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
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
"""Ads that are tried; one takes some 30 ms, and most campaigns have short texts only."""
_SPOKEN: Spoken = (Word(text="x", start=0.5, end=1.0),)
"""Some caption of a voice, for which room is kept."""


def room_problems(plan: Plan, faces: Faces, logo: Path | None) -> Iterator[Problem]:
    """Yield the placements and locales of *plan* with a text that cannot be set large enough to be read.

    *faces* and *logo* say where the fonts and the logo lie.
    """
    told = set()
    for ad in islice(_doubtful(plan), _LOOKS_MAX):
        look = ad.composition
        try:
            spoken = _SPOKEN if look.captions else ()
            design(look, logo=logo, behind=plain(look.kit.palette.primary), spoken=spoken, faces=faces)
        except MediaError as error:
            what, _, cure = str(error).rpartition("; ")
            problem = Problem(where=f"texts of {ad.locale} at {ad.placement}", what=what, cure=cure)
            if problem not in told:
                told.add(problem)
                yield problem


def _doubtful(plan: Plan) -> Iterator[Ad]:
    """Yield an ad for each look of *plan* that has a long text."""
    seen = set()
    for ad in plan.ads:
        look = ad.composition
        texts = _texts(look)
        if (
            any(map(_is_long, texts))
            and (key := (look.locale, look.width, look.height, look.safe, texts)) not in seen
        ):
            seen.add(key)
            yield ad


def _texts(look: Composition) -> tuple[str, ...]:
    written = (text for cut in look.cuts for text in (cut.layout, cut.caption, cut.note))
    label = look.marks.label.text if look.marks and look.marks.label else ""
    return (*written, look.button, look.disclaimer, look.price, look.old_price, look.until, label)


@lru_cache(maxsize=65536)
def _is_long(text: str) -> bool:
    return len(text) > _SHORT or max(map(len, text.split()), default=0) > _WORD
