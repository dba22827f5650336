"""What is looked at before a run is started: the brief, the equipment, the plan, the fonts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from actors.fonts import FONTS, missing_characters
from flows.casting import cast_scenes, casting_problems, footage_problems, missing_weights
from flows.equipment import Equipment, find_equipment
from flows.ingest import Ingested, ingest
from flows.planner import make_plan
from flows.policy import english_problems, read_policy
from flows.spending import credit_notes, credit_problems
from flows.translator import Translator, english_of
from schemas.brief import Brief
from schemas.document import Problem
from schemas.errors import BriefError, SettingsError
from schemas.plan import Plan
from schemas.policy import Policy
from schemas.settings import Settings


class Preflight(NamedTuple):
    """A brief that can be made, and how."""

    ingested: Ingested
    equipment: Equipment
    plan: Plan


def preflight(brief: Path, settings: Settings) -> Preflight:
    """Read and plan the brief at *brief*; touches nothing but the translations that it keeps.

    Raises BriefError with all its problems, SettingsError where what it asks for is not here.
    """
    policy = read_policy(settings.policy)
    ingested = _in_english(ingest(brief, policy), policy, settings)
    _refuse_unknown_fonts(ingested.brief)
    equipment = find_equipment(settings)
    cast = cast_scenes(ingested.brief, equipment)
    told = footage_problems(cast, ingested.sources)
    _refuse((*casting_problems(ingested.brief, cast, equipment), *told))
    if missing := missing_weights(ingested.brief, equipment):
        raise SettingsError(missing)
    plan = make_plan(ingested, equipment, now=datetime.now(UTC), policy=policy.revision)
    _refuse_missing_characters(plan)
    _refuse(credit_problems(plan))
    notes = (*plan.notes, *credit_notes(plan))
    return Preflight(ingested, equipment, plan.model_copy(update={"notes": notes}))


def _in_english(ingested: Ingested, policy: Policy, settings: Settings) -> Ingested:
    """Return *ingested* with its prompts in English, which *policy* reads too, if there is a translator."""
    if settings.translator is None:
        return ingested
    english = english_of(ingested.brief, Translator(settings.translator, settings.translations))
    _refuse(english_problems(english, policy))
    return ingested.model_copy(update={"english": english})


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
