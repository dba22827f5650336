"""Finds what stands in the way of making an ad again: inputs, weights and models that are gone."""

from collections.abc import Iterator

from actors.shelf import store_weights
from flows.equipment import Equipment, find_equipment
from flows.specs import PartSpec, entry_of, needs_of
from schemas.errors import SettingsError
from schemas.plan import Ad, Narration, Plan, Shot, Still
from schemas.settings import Settings
from schemas.sidecar import Recipe
from storage.blobs import BlobStore
from storage.content import inputs_in

_CLIPS = "use --from-clips, which takes the stored ones"


def find_lacks(recipe: Recipe, store: BlobStore, settings: Settings, *, from_clips: bool) -> Iterator[str]:
    """Yield what stands in the way of *recipe*, each with its cure.

    Weights that *store* lacks and this machine has are put there.
    """
    todo: list[PartSpec] = [] if from_clips else [*recipe.stills, *recipe.shots]
    if recipe.narration and not from_clips:
        todo.append(recipe.narration)
    if from_clips:
        yield from _files_gone(recipe, store)
    else:
        equipment = find_equipment(settings)
        yield from _unnamed(recipe)
        yield from (lack for part in todo for lack in _model_gone(part, equipment))
    for name in sorted(inputs_in("".join(item.model_dump_json() for item in (*todo, recipe.ad)))):
        if store.find(name) is None:
            yield f"input {name} is gone: run its brief again, which stores it, or put the file back"
    for part in (*todo, recipe.ad):
        try:
            store_weights(_plan_of(part), settings.weights, store)
        except SettingsError as error:
            yield f"{part.label}: {error}"


def _files_gone(recipe: Recipe, store: BlobStore) -> Iterator[str]:
    voice = (recipe.voice_file,) if recipe.voice_file else ()
    for made in (*recipe.clips, *voice):
        if store.find(made.file.name) != made.file:
            yield f"{made.file.name} is gone or damaged: leave --from-clips out, and it is made again too"


def _unnamed(recipe: Recipe) -> Iterator[str]:
    """Yield what shots are made from that the recipe does not hold: a file was gone, or the recipe is old."""
    named = {part.key for part in (*recipe.stills, *recipe.shots)}
    for shot in recipe.shots:
        for key in needs_of(shot):
            if key not in named:
                yield f"{shot.label}: the recipe does not hold {key[:12]}, of which it is made: {_CLIPS}"


def _model_gone(part: PartSpec, equipment: Equipment) -> Iterator[str]:
    """Yield why no model here makes *part*; nothing where one does, or none is needed."""
    if isinstance(part, Narration) or (isinstance(part, Still) and part.drawing is None):
        return
    if isinstance(part, Shot) and part.base:
        return
    model = part.drawing.model if isinstance(part, Still) and part.drawing else getattr(part, "model", "")
    entry = entry_of(part)
    if entry is None:
        yield f"{part.label}: this version has no model {model}: install the one that had it, or {_CLIPS}"
    elif entry.service is not None:
        yield (
            f"{part.label}: {entry.name} is a service, which costs money and never makes the same again: "
            f"{_CLIPS}"
        )
    elif equipment.revision(entry.name) != model:
        here = equipment.revision(entry.name) or "no such checkpoint"
        cure = (
            f"`reelmill models fetch {entry.name}`"
            if entry.weights
            else "the version of Reelmill that had it"
        )
        yield f"{part.label}: it was made by {model}, here is {here}: use {cure}, or {_CLIPS}"
    elif entry.gpus and not equipment.gpus:
        yield f"{part.label}: {entry.name} needs a GPU, and here is none: go where one is, or {_CLIPS}"


def _plan_of(part: PartSpec | Ad) -> Plan:
    """Return a plan of *part* alone."""
    return Plan(
        campaign="",
        brief_sha256="",
        stills=(part,) if isinstance(part, Still) else (),
        shots=(part,) if isinstance(part, Shot) else (),
        narrations=(part,) if isinstance(part, Narration) else (),
        ads=(part,) if isinstance(part, Ad) else (),
        notes=(),
    )
