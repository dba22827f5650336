"""Finds what the ads of a plan would write with characters that no font has."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from actors.fonts import Faces, missing
from actors.weights import ready, weights_path
from schemas.document import Problem
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from schemas.wording import shown


class _Font(NamedTuple):
    family: str
    locale: str


def emoji_files(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the revision of the emoji font and where it lies, if it is here, for Faces."""
    emoji = ready(settings.weights).get("emoji")
    return ((emoji.revision, str(weights_path(settings.weights, "emoji"))),) if emoji else ()


def character_problems(plan: Plan, faces: Faces) -> Iterator[Problem]:
    """Yield every text that would come out with empty boxes, each where it first stands.

    *faces* says where the fonts lie that no package brings.
    """
    for font, places in _texts(plan).items():
        # Nearly always all can be drawn: one look at everything that a font sets tells so.
        if not missing("\n".join(places), *font, faces):
            continue
        for text, place in places.items():
            for lacking in missing(text, *font, faces):
                yield Problem(where=place, what=f"{shown(text)} has {lacking}", cure=lacking.cure)


def _texts(plan: Plan) -> dict[_Font, dict[str, str]]:
    """Return the texts that the ads of *plan* write, with the place of each, by font and locale."""
    found: dict[_Font, dict[str, str]] = defaultdict(dict)
    spoken = {narration.key: narration.text for narration in plan.narrations}
    for ad in {ad.composition.key: ad for ad in plan.ads}.values():
        for family, place, text in _written(ad, spoken):
            if text:
                found[_Font(family, ad.locale)].setdefault(text, place)
    return found


def _written(ad: Ad, spoken: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield what *ad* writes: the font, the place, the text."""
    look, tag = ad.composition, ad.locale
    heading, body = look.kit.heading, look.kit.body
    for cut in look.cuts:
        for part in (cut.caption, cut.note):
            yield heading, f"captions of {tag}", part
            if cut.layout == "quote":
                yield body, f"captions of {tag}", part
    for part in (look.price, look.old_price, look.discount):
        yield heading, f"price in {tag}", part
    yield heading, f"sale_ends in {tag}", look.until
    yield heading, f"locales.{tag}.cta", look.button
    yield body, f"brand.disclaimer.{tag}", look.disclaimer
    if look.captions:
        yield heading, f"locales.{tag}.voiceover", spoken[look.sound.voice]
