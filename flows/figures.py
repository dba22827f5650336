"""Gathers what is known of each scene on each model: its clip, what that took, what was measured on it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from actors.backends import VIDEO_MODELS, Entry
from actors.measures import measure_movement, measure_sharpness
from actors.similarity import measure_similarity
from flows.trials import Trial, scenes_of
from schemas.brief import Scene
from schemas.media import Asset, Clip, StillFile
from schemas.plan import Shot, Still
from schemas.record import Record
from schemas.settings import Settings
from storage.blobs import BlobStore
from storage.catalog import Catalog
from storage.rows import Cost


class Figures(Record):
    """What was measured on one clip."""

    sharpness: float
    """Luma levels squared, of the clip as it is delivered."""
    motion: float
    """Luma levels a second, of the clip as its model made it; so is *flicker*."""
    flicker: float
    """Luma levels."""
    similarity: float | None
    """0 to 1, to the product's picture; None for a scene that is not given it."""


class Take(Record):
    """One scene on one model."""

    model: str
    scene: str
    asked: str
    """What it should show, in the words of the brief."""
    shot: str
    """Key of the shot that the ad cuts to."""
    clip: str = ""
    """Name of its clip in the blob store; empty where there is none."""
    clip_seconds: float = 0.0
    """Length of the clip."""
    there: bool = False
    """Whether the model's clip was there before the comparison."""
    making: Cost | None = None
    """What the model took, then or now; None where no attempt is known."""
    enlarging: Cost | None = None
    """What bringing the clip to the size of delivery took; None where that is not needed."""
    credits: float | None = None
    """What the service asks for the clip; None for a model that runs here."""
    figures: Figures | None = None
    """None where there is no clip."""


class Made(NamedTuple):
    """What the catalog knows of the trials."""

    clips: Mapping[str, Clip]
    stills: Mapping[str, StillFile]
    costs: Mapping[str, Cost]
    """Of shots."""
    ads: Mapping[str, Asset]
    reasons: Mapping[str, str]
    """Why an ad is not made, by its campaign."""


def clips_there(trials: Iterable[Trial], settings: Settings) -> set[str]:
    """Return the keys of the shots of *trials* whose clips are made; touches nothing."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return set()
    with catalog:
        return {*catalog.clips_made(shot.key for shot in _shots(trials))}


def look_up(trials: Sequence[Trial], settings: Settings) -> Made:
    """Return what the catalog knows of *trials*."""
    keys = [shot.key for shot in _shots(trials)]
    plans = [trial.ready.plan for trial in trials if trial.ready]
    with Catalog(settings.database_url) as catalog:
        rows = [row for plan in plans for row in catalog.rows(plan.campaign)]
        return Made(
            clips=catalog.clips_made(keys),
            stills=catalog.stills_made(still.key for plan in plans for still in plan.stills),
            costs=catalog.costs("shot", keys),
            ads=catalog.assets_made(plan.ads[0].key for plan in plans),
            reasons={row.campaign: row.error for row in rows if row.error},
        )


def takes_of(trial: Trial, made: Made, there: set[str], blobs: BlobStore, cache: Path) -> list[Take]:
    """Return the scenes of *trial* that its model makes, in order; closing cards are no model's.

    Clips are measured here, one after another. Raises MediaError and StorageError where one cannot be read.
    """
    if trial.ready is None:
        return []
    plan, brief = trial.ready.plan, trial.ready.ingested.brief
    shots = {shot.key: shot for shot in plan.shots}
    ad, entry = plan.ads[0], VIDEO_MODELS[trial.model]
    pairs = zip(scenes_of(ad, brief), ad.composition.cuts, strict=True)
    reader = _Reader(made, product_stills(trial), blobs, cache)
    return [
        _take(scene, shots[cut.shot], shots, entry, there, reader) for scene, cut in pairs if not cut.end_card
    ]


def product_stills(trial: Trial) -> dict[str, Still]:
    """Return the stills of the product's pictures in the plan of *trial*, by key, the first picture first."""
    if trial.ready is None:
        return {}
    ingested, plan = trial.ready.ingested, trial.ready.plan
    products = ingested.brief.products
    images = products[0].images if isinstance(products, tuple) else ()
    names = [ingested.sources[image].name for image in images]
    found = sorted((names.index(still.source), still.key) for still in plan.stills if still.source in names)
    stills = {still.key: still for still in plan.stills}
    return {key: stills[key] for _, key in found}


class _Reader(NamedTuple):
    """Measures clips of the blob store."""

    made: Made
    products: Mapping[str, Still]
    blobs: BlobStore
    cache: Path

    def figures(self, shot: Shot, base: Shot) -> Figures | None:
        """Measure the clip of *shot*, which was enlarged from that of *base*; None where there is none."""
        if shot.key not in self.made.clips or base.key not in self.made.clips:
            return None
        delivered = self._file(self.made.clips[shot.key])
        movement = measure_movement(self._file(self.made.clips[base.key]))
        shown = (base.still, *base.given.subjects)
        product = next((self.made.stills[key] for key in shown if key in self.products), None)
        return Figures(
            sharpness=measure_sharpness(delivered),
            motion=movement.motion,
            flicker=movement.flicker,
            similarity=measure_similarity(delivered, self._file(product)) if product else None,
        )

    def _file(self, made: Clip | StillFile) -> Path:
        return self.blobs.local(made.file.name, self.cache)


def _take(
    scene: Scene, shot: Shot, shots: Mapping[str, Shot], entry: Entry, there: set[str], reader: _Reader
) -> Take:
    base = shots[shot.base] if shot.base else shot
    made = reader.made
    clip = made.clips.get(shot.key)
    return Take(
        model=entry.name,
        scene=scene.id,
        asked=scene.prompt
        or f"shows {scene.show or scene.image or scene.video or ', '.join(scene.subjects)}",
        shot=shot.key,
        clip=clip.file.name if clip else "",
        clip_seconds=shot.frames / shot.fps,
        there=base.key in there,
        making=made.costs.get(base.key),
        enlarging=made.costs.get(shot.key) if shot.base else None,
        credits=_credits(base, entry),
        figures=reader.figures(shot, base),
    )


def _credits(shot: Shot, entry: Entry) -> float | None:
    """Return what the service asks for *shot*, as the table reckons it."""
    if entry.service is None:
        return None
    return entry.frames.legal(shot.frames) / entry.frames.fps * entry.service.credits_per_second


def _shots(trials: Iterable[Trial]) -> list[Shot]:
    return [shot for trial in trials if trial.ready for shot in trial.ready.plan.shots]
