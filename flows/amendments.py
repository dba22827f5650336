"""Applies the changes that people asked for; one that does not fit is left out, and its ad stays as it was.

A change is one person's text or number, asked for between two runs: it must never stop a run.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from actors.fonts import Faces
from flows.brief_texts import field_problems
from flows.planner import product_fields
from flows.policy import Refusals
from flows.spending import credit_problems
from flows.spoken import counted
from flows.storyboard import fit, storyboard_of
from flows.text_room import crowded
from flows.writing import character_problems
from schemas.brief import Brief, Product, Variant
from schemas.change import Answer, Asked, Change, Slot
from schemas.document import Problem
from schemas.errors import OldDatabaseError, SettingsError, StorageError
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, Plan
from schemas.policy import Policy
from schemas.settings import Settings
from schemas.template import PRODUCT_FIELDS, fields_of
from storage.catalog import Catalog

_NAMED_MAX = 3
"""Ads that one note names."""

Fault = tuple[Slot, Problem]


class Amendments(NamedTuple):
    """What was asked for, by slot, and what is wrong with some of it."""

    asked: Mapping[Slot, Asked]
    left: Mapping[Slot, Problem]

    @property
    def changes(self) -> dict[Slot, Change]:
        """What is applied."""
        return {slot: one.change for slot, one in self.asked.items() if slot not in self.left}

    def without(self, faults: Iterable[Fault]) -> "Amendments":
        """Return these less those with *faults*, of which the first of a slot is told."""
        left = dict(self.left)
        for slot, problem in faults:
            left.setdefault(slot, problem)
        return self if len(left) == len(self.left) else self._replace(left=left)


def amendments_of(campaign: str, settings: Settings) -> Amendments:
    """Return what counts for *campaign*; touches nothing, and a campaign that nobody has made has none.

    Raises StorageError where the database does not answer: it may later.
    """
    try:
        catalog = Catalog.peek(settings.database_url)
    except OldDatabaseError:  # it has no such table
        catalog = None
    except SettingsError as error:
        raise StorageError(str(error)) from error
    if catalog is None:
        return Amendments({}, {})
    with catalog:
        return Amendments(catalog.changes(campaign), {})


def text_faults(amendments: Amendments, brief: Brief, policy: Policy) -> Iterator[Fault]:
    """Yield the hooks that *policy* refuses, that no scene of the ad shows, or whose fields have no value."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    by_id = {product.id: product for product in products}
    variants = {variant.id: variant for variant in brief.variants}
    refusals = Refusals(policy)
    changes = amendments.changes
    wrong = {hook: [*hook_problems(hook, refusals)] for hook in {one.hook for one in changes.values()}}
    for slot, change in changes.items():
        product, variant = by_id.get(slot.product), variants.get(slot.variant)
        planned = slot.locale in brief.locales and slot.placement in brief.placements
        if change.hook and planned and product and variant:
            problems = (
                *wrong[change.hook],
                *_empty_fields(change.hook, product_fields(brief, product, slot.locale)),
                *_unseen(brief, product, variant, slot.placement),
            )
            yield from ((slot, problem) for problem in problems)


def hook_problems(hook: str, refusals: Refusals) -> Iterator[Problem]:
    """Yield what is wrong with *hook* wherever it stands: its fields, and words that are refused."""
    yield from field_problems("hook", hook, PRODUCT_FIELDS)
    yield from refusals.of_text("hook", hook, "copy")


def amended(
    planned: Callable[..., Plan], amendments: Amendments, faces: Faces, logo: Path | None
) -> tuple[Plan, Amendments]:
    """Return what is *planned* with those of *amendments* that fit, and which they are.

    *faces* and *logo* say where the fonts and the logo lie.
    """
    plan = planned(changes=amendments.changes)
    fitting = amendments.without(_plan_faults(amendments, plan, faces, logo))
    return (plan, fitting) if fitting is amendments else (planned(changes=fitting.changes), fitting)


def answered(plan: Plan, amendments: Amendments) -> Plan:
    """Return *plan* with what became of the *amendments* that concern its ads, also among its notes."""
    answers = tuple(
        Answer(ad=ad.key, asked=asked, left_out=str(amendments.left.get(slot, "")))
        for ad in (plan.ads if amendments.asked else ())
        if (asked := amendments.asked.get(slot := slot_of(ad)))
    )
    notes = (*_notes(answers), *plan.notes)
    return plan.model_copy(update={"answers": answers, "notes": notes})


def slot_of(ad: Ad) -> Slot:
    """Return what *ad* is for."""
    return Slot(ad.product, ad.locale, ad.placement, ad.variant)


def _plan_faults(amendments: Amendments, plan: Plan, faces: Faces, logo: Path | None) -> Iterator[Fault]:
    """Yield the hooks of *plan* that cannot be set, and the seeds if they cost more than a service may."""
    changes = amendments.changes
    ads = {slot: ad for ad in plan.ads if (slot := slot_of(ad)) in changes and changes[slot].hook}
    hooked = plan.model_copy(update={"ads": tuple(ads.values())})
    if any(True for _ in character_problems(hooked, faces)):
        for slot, ad in ads.items():
            one = plan.model_copy(update={"ads": (ad,)})
            yield from ((slot, problem) for problem in character_problems(one, faces))
    yield from ((slot_of(ad), problem) for ad, problem in crowded(hooked, faces, logo))
    for problem in credit_problems(plan):
        yield from ((slot, problem) for slot, change in changes.items() if change.seed is not None)


def _empty_fields(hook: str, fields: Mapping[str, str]) -> Iterator[Problem]:
    try:
        names = fields_of(hook)
    except ValueError:  # told already
        return
    for name in dict.fromkeys(names):
        if name in fields and not fields[name].strip():
            yield Problem(
                where="hook", what=f"{{{name}}} has no value for this product", cure=f"take {{{name}}} out"
            )


def _unseen(brief: Brief, product: Product, variant: Variant, placement: str) -> Iterator[Problem]:
    place = PLACEMENTS[placement]
    scenes = fit(storyboard_of(brief, product, variant, place), place).scenes
    if not any("hook" in fields_of(text) for scene in scenes for text in (scene.caption, scene.note)):
        cure = "ask for another seed, or write {hook} into a caption of the storyboard"
        yield Problem(where="hook", what="no scene of the ad shows it", cure=cure)


def _notes(answers: Iterable[Answer]) -> Iterator[str]:
    """Tell which ads follow whose request, and which do not and why."""
    alike: dict[tuple[str, str, str, str], list[Asked]] = defaultdict(list)
    for answer in answers:
        asked = answer.asked
        alike[asked.by, f"{asked.at:%Y-%m-%d}", asked.change.words, answer.left_out].append(asked)
    for (by, day, what, left_out), same in alike.items():
        names = "; ".join(f"{' '.join(asked.slot)} ({asked.ad[:12]})" for asked in same[:_NAMED_MAX])
        more = f" and {len(same) - _NAMED_MAX} more" if len(same) > _NAMED_MAX else ""
        if left_out:
            cure = "ask for another with `reelmill change`, or take it back with --take-back"
            yield f"left out: {what}, asked for by {by} on {day} for {names}{more}: {left_out}; {cure}"
        else:
            verb = "is" if len(same) == 1 else "are"
            yield f"{counted(len(same), 'ad')} {verb} changed as {by} asked on {day}, {what}: {names}{more}"
