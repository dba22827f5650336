"""Fits a storyboard to a placement's length, and makes a good one where the brief has none."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from schemas.brief import Brief, Product, Scene, SceneChange, Variant
from schemas.placements import FPS, Placement

SCENE_SECONDS_MIN = 1.0
"""A shot shorter than this cannot be read; one is dropped instead."""


class Fitted(NamedTuple):
    """A storyboard at a placement's length."""

    scenes: tuple[Scene, ...]
    frames: tuple[int, ...]
    """Length of each scene."""
    note: str
    """What was changed, for people; empty for nothing."""


def storyboard_of(brief: Brief, product: Product, variant: Variant) -> tuple[Scene, ...]:
    """Return the scenes of one product's ads, with what the variant replaces."""
    changes = {change.id: change for change in variant.storyboard}
    scenes = brief.storyboard or _default_storyboard(brief, product)
    return tuple(_changed(scene, changes.get(scene.id)) for scene in scenes)


def fit(scenes: Sequence[Scene], placement: Placement) -> Fitted:
    """Fit *scenes* between the placement's least and greatest length.

    The rule: too short, and every scene is stretched by the same factor; too long, and every scene is
    shortened by the same factor, until one would be under a second: then scenes are dropped from the middle,
    so that the hook and the last card stay.
    """
    asked = sum(scene.seconds for scene in scenes)
    length = min(max(asked, placement.seconds_min), placement.seconds_max)
    kept = list(scenes)
    while len(kept) > 2 and _shortest(kept, length) < SCENE_SECONDS_MIN:  # noqa: PLR2004 (hook and last card)
        if length >= asked:
            break
        del kept[len(kept) // 2]
        length = min(sum(scene.seconds for scene in kept), placement.seconds_max)
    return Fitted(tuple(kept), _frames(kept, length), _note(scenes, kept, asked, length, placement))


def _shortest(scenes: Sequence[Scene], length: float) -> float:
    factor = length / sum(scene.seconds for scene in scenes)
    return min(scene.seconds for scene in scenes) * factor


def _frames(scenes: Sequence[Scene], length: float) -> tuple[int, ...]:
    """Share *length* seconds among the scenes in whole frames that add up."""
    total = sum(scene.seconds for scene in scenes)
    frames = math.floor(length * FPS + 1e-6)
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
        most = placement.seconds_max
        return f"{placement.name}: the storyboard of {asked:g} s does not fit {most:g} s; dropped {dropped}"
    if abs(length - asked) < 1 / FPS:
        return ""
    limit = "least" if length > asked else "most"
    return f"{placement.name}: the storyboard of {asked:g} s is fitted to {length:g} s, the {limit} there"


def _changed(scene: Scene, change: SceneChange | None) -> Scene:
    if change is None:
        return scene
    return Scene(**(scene.model_dump() | change.model_dump(exclude_none=True)))


def _default_storyboard(brief: Brief, product: Product) -> tuple[Scene, ...]:
    """Make hook, benefit and closing card from what the brief says; each further picture gets a scene."""
    hook = Scene(id="hook", show="product", camera="push_in", seconds=2.5, caption="{hook}")
    cameras = ("orbit", "pull_out", "parallax", "pan")
    benefit = "{benefit}" if all(copy.benefit for copy in brief.locales.values()) else ""
    more = [
        Scene(
            id=f"view-{n + 1}", image=path, camera=cameras[n % 4], seconds=2.0, caption="" if n else benefit
        )
        for n, path in enumerate(product.images[1:4] or product.images[:1])
    ]
    price = " {sale_price}" if product.price else ""
    card = Scene(id="offer", show="end_card", seconds=2.0, caption="{title}" + price)
    return hook, *more, card
