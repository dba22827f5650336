"""Decides which model makes each scene of a brief, and says why where none can."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product as combinations
from typing import NamedTuple

from actors.backends import VIDEO_MODELS, Entry
from flows.equipment import AUTO, Equipment
from flows.storyboard import fit, storyboard_of
from schemas.brief import Brief, Product, Scene
from schemas.document import Problem
from schemas.media import Source
from schemas.placements import FPS, PLACEMENTS, Placement
from schemas.plan import TRANSITION_FRAMES, Task
from schemas.regions import regions_of
from schemas.wording import shown

RENDERER = "motion"
"""The built-in model; closing cards are always its own."""


class Role(NamedTuple):
    """One scene, wherever it is shown."""

    where: str
    """Its place in the brief, or the model's where the storyboard is ours."""
    scene: Scene
    tasks: tuple[Task, ...]
    """What it asks of a model, the main thing first."""
    frames: int
    """Most that any ad shows of it, in frames of the usual rate, FPS."""
    placements: tuple[Placement, ...]
    """Where it is shown."""


class Cast(NamedTuple):
    """Who makes what."""

    models: dict[str, Entry]
    """The model of each scene, by the scene's id."""
    unmade: tuple[str, ...]
    """Ids of the scenes that no model makes; the built-in one stands in."""
    roles: dict[str, Role]
    leaders: dict[str, str]
    """The scene whose look another keeps, by the other's id."""
    painters: dict[str, Entry]
    """The model that draws the still of a scene, by the scene's id."""

    @property
    def renderer(self) -> Entry:
        """The built-in model, which makes closing cards."""
        return VIDEO_MODELS[RENDERER]


def cast_scenes(brief: Brief, equipment: Equipment) -> Cast:
    """Choose the models of all scenes; `casting_problems` tells of those that none can make.

    ``auto`` passes over models whose licence forbids a market of the brief.
    """
    leaders = _leaders(brief.storyboard)
    roles = {role.scene.id: role for role in _roles(brief, leaders)}
    models = {name: _choose(role, brief, equipment) for name, role in roles.items()}
    drawn = {scene.id: scene.still for scene in brief.storyboard if scene.still in VIDEO_MODELS}
    return Cast(
        models={name: entry or VIDEO_MODELS[RENDERER] for name, entry in models.items()},
        unmade=tuple(name for name, entry in models.items() if entry is None),
        roles=roles,
        leaders=leaders,
        painters={name: VIDEO_MODELS[still] for name, still in drawn.items() if still},
    )


def casting_problems(brief: Brief, cast: Cast, equipment: Equipment) -> Iterator[Problem]:
    """Yield what keeps scenes from being made: a task that no model does, a licence that forbids a market."""
    for name in cast.unmade:
        yield _lacking(cast.roles[name], brief.video.model, equipment)
    for entry in {entry.name: entry for entry in (*cast.models.values(), *cast.painters.values())}.values():
        yield from _forbidden(brief, entry)


def footage_problems(cast: Cast, sources: Mapping[str, Source]) -> Iterator[Problem]:
    """Yield the videos that are shorter than what the models of *cast* need of them."""
    for name, role in cast.roles.items():
        if not role.scene.video:
            continue
        rule, has = cast.models[name].frames, sources[role.scene.video].seconds
        restyled = role.scene.task == "restyle"
        needs = (rule.lasting(role.frames) if restyled else max(1, rule.context)) / rule.fps
        if round(has * rule.fps) < needs * rule.fps:
            what = (
                f"{shown(role.scene.video)} lasts {has:.2f} s, {cast.models[name].name} needs {needs:.2f} s"
            )
            cure = "give a longer video, or shorten the scene" if restyled else "give a longer video"
            yield Problem(where=f"{role.where}.video", what=what, cure=cure)


def missing_weights(brief: Brief, equipment: Equipment) -> str:
    """Return what is missing here for the models that the brief names, with the cures; empty for nothing."""
    named = {brief.video.model: "video.model"} if brief.video.model != AUTO else {}
    for number, scene in enumerate(brief.storyboard):
        if scene.still:
            named.setdefault(scene.still, f"storyboard[{number}].still")
    return "\n".join(
        f"{where}: {name!r} cannot be used yet: {_cure(VIDEO_MODELS[name])}"
        for name, where in named.items()
        if name in VIDEO_MODELS and not equipment.revision(name)
    )


def tasks_of(scene: Scene, leaders: Mapping[str, str]) -> tuple[Task, ...]:
    """Return what *scene* asks of a model, the main thing first."""
    asks: list[Task] = [_main_task(scene)]
    if scene.id in leaders:
        asks.append("keep")
    if scene.sound and scene.show != "presenter":
        asks.append("sound")
    return tuple(asks)


def _main_task(scene: Scene) -> Task:
    if scene.task:
        return scene.task
    if scene.subjects:
        return "subjects"
    if scene.show == "presenter":
        return "presenter"
    if scene.until:
        return "first_last"
    return "text" if scene.show == "text" and not scene.still else "image"


def _leaders(scenes: tuple[Scene, ...]) -> dict[str, str]:
    """Return for each scene that keeps a look the first scene of that look, which sets it."""
    first: dict[str, str] = {}
    leaders = {}
    for scene in scenes:
        if scene.keep and (leader := first.setdefault(scene.keep, scene.id)) != scene.id:
            leaders[scene.id] = leader
    return leaders


def _roles(brief: Brief, leaders: Mapping[str, str]) -> Iterator[Role]:
    longest: dict[str, int] = defaultdict(int)
    scenes: dict[str, Scene] = {}
    for scene, frames in _shown(brief):
        scenes.setdefault(scene.id, scene)
        longest[scene.id] = max(longest[scene.id], frames)
    written = {scene.id: number for number, scene in enumerate(brief.storyboard)}
    for name in [leader for scene, leader in leaders.items() if scene in scenes and leader not in scenes]:
        scenes[name] = brief.storyboard[written[name]]  # no placement has room for it; another keeps its look
        longest[name] = round(scenes[name].seconds * FPS)
    placements = tuple(PLACEMENTS[name] for name in brief.placements)
    for name, scene in scenes.items():
        if scene.show != "end_card":
            where = f"storyboard[{written[name]}]" if name in written else "video.model"
            yield Role(where, scene, tasks_of(scene, leaders), longest[name], placements)


def _shown(brief: Brief) -> Iterator[tuple[Scene, int]]:
    """Yield every scene with its frames, as every placement shows it to every product and variant."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    alike = {_likeness(brief, product): product for product in products}
    placements = [PLACEMENTS[name] for name in brief.placements]
    for product, variant, placement in combinations(alike.values(), brief.variants, placements):
        fitted = fit(storyboard_of(brief, product, variant, placement), placement)
        for n, (scene, frames) in enumerate(zip(fitted.scenes, fitted.frames, strict=True)):
            shown = frames + (TRANSITION_FRAMES if n < len(fitted.scenes) - 1 else 0)
            yield scene, math.ceil(shown * FPS / placement.fps)


def _likeness(brief: Brief, product: Product) -> tuple[object, ...]:
    """Return what decides which scenes show *product*: nothing of it where the brief has a storyboard."""
    if brief.storyboard:
        return ()
    return len(product.images), product.price is None, product.sale_price is None


def _choose(role: Role, brief: Brief, equipment: Equipment) -> Entry | None:
    wanted = brief.video.model
    fits = (entry for entry in equipment.choices(wanted) if _can(role, entry))
    return next((entry for entry in fits if wanted != AUTO or not any(_forbidden(brief, entry))), None)


def _can(role: Role, entry: Entry) -> bool:
    return not _undone(role, entry) and _unfilled(role, entry) is None


def _undone(role: Role, entry: Entry) -> tuple[Task, ...]:
    """Return what *role* asks and the model of *entry* does not do."""
    asks = list(role.tasks)
    if entry.frames.most and entry.frames.lasting(role.frames) > entry.frames.most:
        asks.append("long")
    able = {*entry.tasks} - ({"long"} if "extend_back" in asks else set())  # backward it goes at once only
    return tuple(task for task in asks if task not in able)


def _unfilled(role: Role, entry: Entry) -> Placement | None:
    """Return a placement of *role* where the pictures of *entry* would lose more than they keep."""
    for placement in role.placements:
        own = entry.own_size(placement.width, placement.height)
        ratio = own[0] * placement.height / (own[1] * placement.width)
        if min(ratio, 1 / ratio) < _KEPT_MIN:
            return placement
    return None


def _lacking(role: Role, wanted: str, equipment: Equipment) -> Problem:
    """Return what keeps *role* from being made, and the models that can make it, as it is asked."""
    can = [entry for entry in VIDEO_MODELS.values() if _can(role, entry)]
    able = ", ".join(entry.name + _mark(entry, wanted, equipment) for entry in can)
    if wanted == AUTO:
        asked = " and ".join(role.tasks)
        what = f"asks for {asked}, {role.frames / FPS:.1f} s long, and no model here can make that"
        cure = f"models that can: {able}; `reelmill models` says what they need" if can else _NOBODY
        return Problem(where=role.where, what=what, cure=cure)
    auto = "model: auto, or " if any(_can(role, entry) for entry in equipment.choices(AUTO)) else ""
    cure = f"write {auto}one that can: {able}" if can else _NOBODY
    return Problem(where=role.where, what=_shortfall(role, VIDEO_MODELS[wanted]), cure=cure)


def _shortfall(role: Role, entry: Entry) -> str:
    """Say why the model of *entry* cannot make *role*."""
    undone, rule = _undone(role, entry), entry.frames
    if not undone and (placement := _unfilled(role, entry)):
        own, size = entry.own_size(placement.width, placement.height), (placement.width, placement.height)
        return (
            f"{entry.name} makes {own[0]}x{own[1]} at best, "
            f"most of which {placement.name} ({size[0]}x{size[1]}) would cut away"
        )
    what = f"asks {shown(entry.name)} for {', '.join(undone)}, which it does not do"
    if "long" in undone:
        what += f" (the scene takes {role.frames / FPS:.1f} s, it makes {rule.most / rule.fps:.1f} s at once)"
    return what


def _mark(entry: Entry, wanted: str, equipment: Equipment) -> str:
    """Return why ``auto`` does not take the model of *entry*, for beside its name; empty where it does."""
    if not equipment.revision(entry.name):
        return " (its key is not set)" if entry.service else " (not here yet)"
    if wanted == AUTO and entry.service:
        return " (paid for, so only by its name)"
    return " (needs a GPU)" if entry.gpus and not equipment.gpus else ""


_KEPT_MIN = 0.5
"""Least share of a model's picture that a placement may keep."""
_NOBODY = "no model of this version can; take it out of the storyboard, or make it shorter"


def _cure(entry: Entry) -> str:
    if entry.service is not None:
        return f"set {entry.service.key} to your key"
    return f"its weights are not in REELMILL_MODELS: `reelmill models fetch {entry.name}`"


def _forbidden(brief: Brief, entry: Entry) -> Iterator[Problem]:
    """Yield the locales of *brief* for whose market the licence of *entry* is not."""
    for locale in brief.locales:
        if shut := [region for region in regions_of(locale) if region in entry.excludes]:
            what = (
                f"the licence of {entry.name} ({entry.licence}) does not let its clips be shown in {shut[0]}"
            )
            cure = "choose another model, or drop the locale"
            yield Problem(where=f"locales.{locale}", what=what, cure=cure)
