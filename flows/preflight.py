"""What is looked at before a run is started: the brief, the equipment, the plan, the fonts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from actors.fonts import FONTS, missing_characters
from flows.equipment import Equipment, find_equipment
from flows.ingest import Ingested, ingest
from flows.planner import make_plan
from schemas.brief import Brief
from schemas.document import Problem
from schemas.errors import BriefError
from schemas.plan import Plan
from schemas.settings import Settings


class Preflight(NamedTuple):
    """A brief that can be made, and how."""

    ingested: Ingested
    equipment: Equipment
    plan: Plan


def preflight(brief: Path, settings: Settings) -> Preflight:
    """Read and plan the brief at *brief*; touches nothing. Raises BriefError with all its problems."""
    ingested = ingest(brief)
    _refuse_unknown_fonts(ingested.brief)
    equipment = find_equipment(settings.weights)
    plan = make_plan(ingested, equipment, now=datetime.now(UTC))
    _refuse_missing_characters(plan)
    return Preflight(ingested, equipment, plan)


def _refuse_unknown_fonts(brief: Brief) -> None:
    fonts = {"heading": brief.brand.fonts.heading, "body": brief.brand.fonts.body}
    _refuse(
        Problem(where=f"brand.fonts.{use}", what=f"unknown font {name!r}", cure=f"known: {', '.join(FONTS)}")
        for use, name in fonts.items()
        if name not in FONTS
    )


def _refuse_missing_characters(plan: Plan) -> None:
    """Refuse texts that would come out as empty boxes."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for text in _texts(plan):
        used[text.family, text.locale].update(text.words)
    lacking = {chain: {*missing_characters("".join(sorted(used[chain])), *chain)} for chain in used}
    if not any(lacking.values()):
        return
    _refuse(
        Problem(where=f"texts of {text.locale}", what=f"{text.words!r} has {missing}", cure="take it out")
        for text in dict.fromkeys(_texts(plan))
        if (missing := _named(text.words, lacking[text.family, text.locale]))
    )


class _Text(NamedTuple):
    words: str
    family: str
    locale: str


def _texts(plan: Plan) -> Iterator[_Text]:
    """Yield what the ads of *plan* write; many say the same."""
    for ad in plan.ads:
        look = ad.composition
        for cut in look.cuts:
            yield _Text(cut.caption, look.kit.heading, ad.locale)
        yield _Text(look.price + look.old_price + look.button, look.kit.heading, ad.locale)
        yield _Text(look.disclaimer, look.kit.body, ad.locale)


def _named(words: str, lacking: set[str]) -> str:
    """Return the *lacking* characters of *words*, each once, with its number; empty for none."""
    found = [f"{char!r} (U+{ord(char):04X})" for char in dict.fromkeys(words) if char in lacking]
    return f"{', '.join(found)}, which no font has" if found else ""


def _refuse(problems: Iterable[Problem]) -> None:
    if lines := [str(problem) for problem in problems]:
        raise BriefError("\n".join(lines))
