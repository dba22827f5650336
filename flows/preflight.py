"""What is looked at before a run is started: the brief, the equipment, the plan, the fonts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from actors.fonts import Faces
from actors.marks.signature import check_signing
from flows.amendments import amended, amendments_of, answered, text_faults
from flows.brief_templates import template_problems
from flows.casting import cast_scenes, casting_problems, footage_problems, missing_weights
from flows.equipment import Equipment, find_equipment
from flows.feeds.fitting import without_undrawn, without_unsold
from flows.ingest import Ingested, ingest
from flows.labels import disclosure_notes, disclosure_problems
from flows.planner import campaign_name, make_plan
from flows.policy import english_problems, read_policy
from flows.reach import reach_of
from flows.sales import priced_at
from flows.silence import silence_notes, silence_problems
from flows.spending import credit_notes, credit_problems
from flows.storyboard import templates_of
from flows.text_room import room_problems
from flows.translator import Translator, english_of
from flows.voices import narration_problems
from flows.writing import character_problems, emoji_files
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
    templates: dict[tuple[str, str, str], str]
    """Names of the templates, by product, placement and variant; empty names where the brief has a
    storyboard."""


def preflight(brief: Path, settings: Settings) -> Preflight:
    """Read and plan the brief at *brief*; touches nothing but the cache.

    What people asked to be made otherwise is applied, as far as it fits.

    Raises BriefError with all its problems, SettingsError where what it asks for is not here, StorageError
    where the catalog does not answer.
    """
    policy = read_policy(settings.policy)
    ingested = _in_english(ingest(brief, policy, reach_of(settings)), policy, settings)
    now = datetime.now(UTC)
    brief_now = priced_at(ingested.brief, now)
    ingested = without_unsold(ingested, brief_now)
    brief_now = priced_at(ingested.brief, now)
    _refuse(template_problems(brief_now))
    equipment = find_equipment(settings)
    check_signing(settings.signing)
    cast = cast_scenes(brief_now, equipment)
    told = footage_problems(cast, ingested.sources)
    _refuse((*casting_problems(brief_now, cast, equipment), *told))
    if missing := missing_weights(brief_now, equipment):
        raise SettingsError(missing)
    faces = _faces(ingested, settings)
    logo = ingested.path_of(ingested.brief.brand.logo) if ingested.brief.brand.logo else None
    planned = partial(make_plan, equipment=equipment, now=now, policy=policy.revision)
    asked = amendments_of(campaign_name(brief_now), settings)
    asked = asked.without(text_faults(asked, brief_now, policy))
    plan, asked = amended(partial(planned, ingested), asked, faces, logo)
    drawn = without_undrawn(ingested, plan, faces, logo)
    if drawn is not ingested:
        ingested, brief_now = drawn, priced_at(drawn.brief, now)
        plan = planned(ingested, changes=asked.changes)
    plan = answered(plan, asked)
    _refuse(character_problems(plan, faces))
    _refuse(room_problems(plan, faces, logo))
    _refuse((*narration_problems(plan.narrations), *silence_problems(plan)))
    _refuse(credit_problems(plan))
    _refuse(disclosure_problems(plan, ingested.brief.labels.ai))
    notes = (*disclosure_notes(plan), *plan.notes, *silence_notes(plan), *credit_notes(plan))
    return Preflight(ingested, equipment, plan.model_copy(update={"notes": notes}), templates_of(brief_now))


def _in_english(ingested: Ingested, policy: Policy, settings: Settings) -> Ingested:
    """Return *ingested* with its prompts in English, which *policy* reads too, if there is a translator."""
    if settings.translator is None:
        return ingested
    english = english_of(ingested.brief, Translator(settings.translator, settings.translations))
    _refuse(english_problems(english, policy))
    return ingested.model_copy(update={"english": english})


def _faces(ingested: Ingested, settings: Settings) -> Faces:
    """Return where the fonts lie that no package brings: the brand's and the emoji."""
    fonts = ingested.brief.brand.fonts
    sources = {
        path: ingested.sources[path] for path in (fonts.heading, fonts.body) if path in ingested.sources
    }
    files = {source.name: str(ingested.path_of(path)) for path, source in sources.items()}
    return Faces((*files.items(), *emoji_files(settings)))


def _refuse(problems: Iterable[Problem]) -> None:
    if lines := [str(problem) for problem in problems]:
        raise BriefError("\n".join(lines))
