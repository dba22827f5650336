"""Finds the storyboard of an ad, the brief's own or a template's, and fits it to the placement's length."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from flows.templates import AUTO, TEMPLATES, choose_template
from flows.templates.story import Facts, copy_of, facts_of
from schemas.brief import Brief, Product, Scene, SceneChange, Variant
from schemas.placements import PLACEMENTS, Placement

SCENE_SECONDS_MIN = 1.0
"""A shot shorter than this cannot be read; one is dropped instead."""


class Fitted(NamedTuple):
    """A storyboard at a placement's length."""

    scenes: tuple[Scene, ...]
    frames: tuple[int, ...]
    """Length of each scene."""
    note: str
    """What was changed, for people; empty for nothing."""


def storyboard_of(
    brief: Brief, product: Product, variant: Variant, placement: Placement
) -> tuple[Scene, ...]:
    """Return the scenes of one product's ads at *placement*: the brief's own, or those of a template."""
    if brief.storyboard:
        changes = {change.id: change for change in variant.storyboard}
        return tuple(_changed(scene, changes.get(scene.id)) for scene in brief.storyboard)
    facts = _facts(brief, product, variant)
    return TEMPLATES[_template(brief, variant, placement, facts)].scenes(facts)


def template_of(brief: Brief, product: Product, variant: Variant, placement: Placement) -> str:
    """Return the name of the template of one product's ads; empty where the brief has a storyboard."""
    if brief.storyboard:
        return ""
    return _template(brief, variant, placement, _facts(brief, product, variant))


def templates_of(brief: Brief) -> dict[tuple[str, str, str], str]:
    """Return the names of the templates of *brief*, by product, placement and variant."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    return {
        (product.id, name, variant.id): template_of(brief, product, variant, PLACEMENTS[name])
        for product in products
        for name in brief.placements
        for variant in brief.variants
    }


def _template(brief: Brief, variant: Variant, placement: Placement, facts: Facts) -> str:
    """Return the template that the variant or the brief names, or the one that suits the placement."""
    named = variant.template or brief.template
    if named != AUTO:
        return named
    return choose_template(brief.objective, placement.longest, facts)


def _facts(brief: Brief, product: Product, variant: Variant) -> Facts:
    return facts_of(product, [copy_of(brief, locale, variant) for locale in brief.locales])


def fit(scenes: Sequence[Scene], placement: Placement) -> Fitted:
    """Fit *scenes* to a length that the placement takes.

    The rule: too short, and every scene is stretched by the same factor; too long, and every scene is
    shortened by the same factor, until one would be under a second: then scenes are dropped from the middle,
    so that the hook and the last card stay. Where only some lengths are taken, the nearest is it.
    """
    asked = sum(scene.seconds for scene in scenes)
    length = _length(asked, placement)
    kept = list(scenes)
    while len(kept) > 2 and _shortest(kept, length) < SCENE_SECONDS_MIN:  # noqa: PLR2004 (hook and last card)
        if length >= asked:
            break
        del kept[len(kept) // 2]
        length = _length(sum(scene.seconds for scene in kept), placement)
    frames = _frames(kept, length, placement.fps)
    return Fitted(tuple(kept), frames, _note(scenes, kept, asked, length, placement))


def _length(asked: float, placement: Placement) -> float:
    """Return the length nearest to *asked* seconds that *placement* takes."""
    if placement.lengths:
        return min(placement.lengths, key=lambda length: abs(length - asked))
    return min(max(asked, placement.seconds_min), placement.seconds_max)


def _shortest(scenes: Sequence[Scene], length: float) -> float:
    factor = length / sum(scene.seconds for scene in scenes)
    return min(scene.seconds for scene in scenes) * factor


def _frames(scenes: Sequence[Scene], length: float, fps: int) -> tuple[int, ...]:
    """Share *length* seconds among the scenes in whole frames that add up."""
    total = sum(scene.seconds for scene in scenes)
    frames = math.floor(length * fps + 1e-6)
    ends = [0]
    passed = 0.0
    for scene in scenes:
        passed += scene.seconds
        ends.append(round(frames * passed / total))
    return tuple(end - start for start, end in pairwise(ends))


def _note(
    scenes: Sequence[Scene], kept: Sequence[Scene], asked: float, length: float, placement: Placement
) -> str:
    if dropped := ", ".join(scene.id for scene in scenes if scene not in kept):
        room = _length(asked, placement)
        return f"{placement.name}: the storyboard of {asked:g} s does not fit {room:g} s; dropped {dropped}"
    if abs(length - asked) < 1 / placement.fps:
        return ""
    limit = "nearest" if placement.lengths else "least" if length > asked else "most"
    return f"{placement.name}: the storyboard of {asked:g} s is fitted to {length:g} s, the {limit} there"


def _changed(scene: Scene, change: SceneChange | None) -> Scene:
    if change is None:
        return scene
    return Scene(**(scene.model_dump() | change.model_dump(exclude_none=True)))
