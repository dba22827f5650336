"""What is looked at before a run is started: the brief, the equipment, the plan, the fonts."""

from collections.abc import Iterable
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
    texts = {
        (text, family, ad.locale): None
        for ad in plan.ads
        for look in (ad.composition,)
        for family, text in (
            *((look.kit.heading, cut.caption) for cut in look.cuts),
            (look.kit.heading, look.price + look.old_price + look.button),
            (look.kit.body, look.disclaimer),
        )
    }
    _refuse(
        Problem(
            where=f"texts of {locale}",
            what=f"{text!r} has {', '.join(f'{c!r} (U+{ord(c):04X})' for c in missing)}, which no font has",
            cure="take it out",
        )
        for text, family, locale in texts
        if (missing := missing_characters(text, family, locale))
    )


def _refuse(problems: Iterable[Problem]) -> None:
    if lines := [str(problem) for problem in problems]:
        raise BriefError("\n".join(lines))
