"""One item of a list: its number and its text, with the items before it above, ticked off."""

from babel.numbers import format_decimal

from actors.layouts.headline import SIZES
from actors.layouts.pieces import Block, Scene, height_of
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import beside, dot, tick
from actors.layouts.writing import word_by_word, written
from schemas.money import parse_locale

_SMALL = 0.042
"""Size of the items before, as a share of the shorter side."""


def feature(scene: Scene) -> list[Block]:
    """Return as many items before as there is room for; below them the caption beside its number."""
    if not scene.cut.caption:
        return []
    before = _before(scene)
    current = _current(scene, len(before) + 1, gap=GAP * scene.unit)
    for first in range(len(before)):
        earlier = [_ticked(scene, text) for text in before[first:]]
        if height_of([*earlier, current]) <= scene.room.height:
            return [*earlier, current]
    return [current]


def _current(scene: Scene, number: int, gap: float) -> Block:
    size = 0.80 * SIZES[shape(scene.composition)]
    side, space = 1.15 * size * scene.unit, GAP * scene.unit
    text = word_by_word(
        scene, scene.cut.caption, size, lines=3, width=scene.room.width - side - space, delay=3, gap=gap
    )
    count = sum(cut.layout == "feature" for cut in scene.composition.cuts)
    sign = dot(scene, _digits(scene, number), side) if count > 1 else tick(scene, side, disc=True)
    first_line = text.height / text.lines
    return beside(scene, sign, text, space=space, first_line=first_line)


def _ticked(scene: Scene, text: str) -> Block:
    side, space = 0.034 * scene.unit, 0.016 * scene.unit
    block = written(scene, text, _SMALL, width=scene.room.width - side - space, gap=0.008 * scene.unit)
    return beside(scene, tick(scene, side, disc=False), block, space=space, first_line=block.height)


def _before(scene: Scene) -> list[str]:
    """Return the captions of the features before this one, in order."""
    cuts = scene.composition.cuts[: scene.number]
    return [cut.caption for cut in cuts if cut.layout == "feature" and cut.caption]


def _digits(scene: Scene, number: int) -> str:
    return str(
        format_decimal(number, locale=parse_locale(scene.composition.locale), numbering_system="default")
    )
