"""Finds ads without any sound at placements that take none."""

from collections.abc import Iterator

from schemas.document import Problem
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Plan


def silence_problems(plan: Plan) -> Iterator[Problem]:
    """Yield the placements that refuse silent ads and would get some."""
    for placement, locales in _silent(plan):
        if not placement.doubts("sound"):
            what = (
                f"{placement.name} takes no silent ads, and those of {locales} have neither music nor a voice"
            )
            yield Problem(where="audio.music", what=what, cure="write a mood or a path, or give a voiceover")


def silence_notes(plan: Plan) -> Iterator[str]:
    """Yield a note for each placement that perhaps refuses the silent ads that it would get."""
    for placement, locales in _silent(plan):
        if placement.doubts("sound"):
            yield f"sound: {placement.name} seems to ask for sound, and the ads of {locales} have none"


def _silent(plan: Plan) -> Iterator[tuple[Placement, str]]:
    """Yield each placement that asks for sound, with the locales whose ads have none there."""
    silent: dict[str, dict[str, None]] = {}
    for ad in plan.ads:
        if not ad.composition.sounds and PLACEMENTS[ad.placement].sound == "required":
            silent.setdefault(ad.placement, {})[ad.locale] = None
    for name, locales in silent.items():
        yield PLACEMENTS[name], ", ".join(locales)
