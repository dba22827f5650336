"""Reduces a brief to one ad on one model, as a campaign of its own: what a comparison makes of each model."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from actors.backends import VIDEO_MODELS
from actors.scratch import scratch_folder
from flows.casting import cast_scenes, casting_problems
from flows.equipment import Equipment, find_equipment
from flows.ingest import Ingested, ingest
from flows.policy import read_policy
from flows.preflight import Preflight, preflight
from flows.reach import reach_of
from flows.sales import priced_at
from flows.storyboard import fit, storyboard_of
from schemas.brief import EVERYWHERE, Brief, Product, Scene, in_locale
from schemas.errors import BriefError, ReelmillError, SettingsError
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Ad
from schemas.record import content_key
from schemas.settings import Settings
from schemas.wording import shown

_SLUG_MAX = 63
_HASH_LENGTH = 6


class Pick(NamedTuple):
    """Which ad of the brief is made on every model; empty for a good one."""

    product: str = ""
    placement: str = ""


class Trial(NamedTuple):
    """One model, and the campaign that is made on it."""

    model: str
    brief: Path
    """The reduced brief; it is there as long as `trials` is open."""
    ready: Preflight | None
    """None where the model cannot make it."""
    problem: ReelmillError | None
    """Why it cannot."""

    @property
    def reason(self) -> str:
        """Why the model cannot make it, on one line; empty where it can."""
        return "; ".join(str(self.problem).splitlines()) if self.problem else ""


@contextmanager
def trials(brief: Path, models: Sequence[str], pick: Pick, settings: Settings) -> Iterator[list[Trial]]:
    """Have the trials of *models* on the brief at *brief*, each ready to be made, or with what keeps it.

    The campaigns are named ``<campaign>-on-<model>``; their shots are those of the whole campaign on that
    model, so neither makes again what the other has made. Raises BriefError for a wrong brief or a pick that
    it has not.
    """
    whole = ingest(brief, read_policy(settings.policy), reach_of(settings))
    reduced = reduce_brief(priced_at(whole.brief, datetime.now(UTC)), pick)
    with scratch_folder(settings.cache / "scratch") as folder:
        reduced = _with_copies(whole, reduced, folder)
        equipment = find_equipment(settings)
        yield [_trial(model, reduced, folder, equipment, settings) for model in models]


def reduce_brief(brief: Brief, pick: Pick) -> Brief:
    """Return *brief* with one product, locale, variant and placement: the first of each, or as *pick* says.

    Of the placements it is the one that shows the storyboard longest: its clips serve the others, which cut
    them shorter. Raises BriefError for a pick that the brief has not.
    """
    products = {product.id: product for product in brief.products if isinstance(product, Product)}
    product = products[_picked("--product", pick.product, [*products])]
    variant = brief.variants[0]
    longest = max(brief.placements, key=lambda name: _seconds(brief, product, PLACEMENTS[name]))
    placement = _picked("--placement", pick.placement, [longest, *brief.placements])
    locale = next(iter(brief.locales))
    voice = in_locale(brief.audio.voice, locale) or "auto"
    spoken = {tag: copy for tag, copy in variant.locales.items() if tag == locale}
    return brief.model_copy(
        update={
            "products": (product,),
            "locales": {locale: brief.locales[locale]},
            "variants": (variant.model_copy(update={"locales": spoken}),),
            "placements": (placement,),
            "audio": brief.audio.model_copy(update={"voice": {EVERYWHERE: voice}}),
        }
    )


def campaign_on(campaign: str, model: str) -> str:
    """Return the slug of *campaign* on *model*; a long campaign is cut, and keeps a hash of its name."""
    ending = "-on-" + "".join(char if char.isalnum() else "-" for char in model)
    room = _SLUG_MAX - len(ending)
    if len(campaign) > room:
        campaign = f"{campaign[: room - _HASH_LENGTH - 1]}-{content_key(campaign)[:_HASH_LENGTH]}"
    return campaign + ending


def scenes_of(ad: Ad, brief: Brief) -> tuple[Scene, ...]:
    """Return the scenes of *ad*, the only one of the reduced *brief*, one a cut."""
    product = next(product for product in brief.products if isinstance(product, Product))
    placement = PLACEMENTS[ad.placement]
    return fit(storyboard_of(brief, product, brief.variants[0], placement), placement).scenes


def _seconds(brief: Brief, product: Product, placement: Placement) -> float:
    """Return how long the ads of the first variant are at *placement*."""
    fitted = fit(storyboard_of(brief, product, brief.variants[0], placement), placement)
    return sum(fitted.frames) / placement.fps


def _trial(model: str, reduced: Brief, folder: Path, equipment: Equipment, settings: Settings) -> Trial:
    video = reduced.video.model_copy(update={"model": model})
    named = {"campaign": campaign_on(reduced.campaign, model), "video": video}
    path = folder / f"{model}.json"
    path.write_text(_as_text(reduced.model_copy(update=named)), "utf-8")
    try:
        _refuse_unable(reduced.model_copy(update=named), equipment)
        ready = preflight(path, settings)
        _refuse_without_gpu(model, equipment)
    except ReelmillError as error:
        return Trial(model, path, None, error)
    return Trial(model, path, ready, None)


def _refuse_unable(brief: Brief, equipment: Equipment) -> None:
    """Refuse what the model of *brief* cannot do; which others can is no news in a comparison."""
    found = casting_problems(brief, cast_scenes(brief, equipment), equipment)
    if problems := [f"{problem.where}: {problem.what}" for problem in found]:
        raise BriefError("\n".join(problems))


def _refuse_without_gpu(model: str, equipment: Equipment) -> None:
    gpus = VIDEO_MODELS[model].gpus
    if gpus and not equipment.gpus:
        raise SettingsError(
            f"it needs {gpus:g} GPU, and this machine has none: set RAY_ADDRESS to a cluster with GPUs"
        )


def _picked(option: str, wanted: str, known: Sequence[str]) -> str:
    """Return *wanted*, or the first of *known* where nothing is."""
    if wanted and wanted not in known:
        names = ", ".join(dict.fromkeys(known))
        raise BriefError(f"{option}: the brief has no {shown(wanted)}; it has: {names}")
    return wanted or known[0]


def _with_copies(whole: Ingested, reduced: Brief, folder: Path) -> Brief:
    """Copy the files that *reduced* names into *folder*, and return it with the names of the copies."""
    text = _as_text(reduced)
    for written, source in whole.sources.items():
        named = json.dumps(written, ensure_ascii=False)
        if named in text:
            copy = folder / source.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(whole.path_of(written), copy)
            text = text.replace(named, json.dumps(source.name))
    return Brief.model_validate_json(text)


def _as_text(brief: Brief) -> str:
    """Return *brief* as a JSON that is read back as the same brief."""
    return json.dumps(_as_written(brief.model_dump(mode="json", exclude_unset=True)), ensure_ascii=False)


def _as_written(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return *value* with texts for all locales as texts again."""
    match value:
        case {"": str(text)} if len(value) == 1:  # schemas.brief.EVERYWHERE
            return text
        case dict():
            return {name: _as_written(part) for name, part in value.items()}
        case list():
            return [_as_written(part) for part in value]
        case _:
            return value
