"""One item of a list: its number and its text, with the items before it above, ticked off."""

from collections.abc import Sequence

from babel.numbers import format_decimal

from actors.layouts.headline import SIZES
from actors.layouts.pieces import Block, Scene, height_of
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import beside, dot, tick
from actors.layouts.writing import word_by_word, written
from schemas.money import parse_locale
from schemas.plan import Cut

_SMALL = 0.042
"""Size of the items before, as a share of the shorter side."""
_LINES = 3
"""Of one feature; all are as large as the longest lets them be."""


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
    features = _captions(scene.composition.cuts)
    largest = 0.80 * SIZES[shape(scene.composition)]
    side, space = 1.15 * largest * scene.unit, GAP * scene.unit
    width, style = scene.room.width - side - space, scene.style(scene.color)
    size = min(scene.set(text, style, largest, width=width, lines=_LINES).size for text in features)
    text = word_by_word(
        scene, scene.cut.caption, size / scene.unit, lines=_LINES, width=width, delay=3, gap=gap
    )
    sign = dot(scene, _digits(scene, number), side) if len(features) > 1 else tick(scene, side, disc=True)
    first_line = text.height / text.lines
    return beside(scene, sign, text, space=space, first_line=first_line)


def _ticked(scene: Scene, text: str) -> Block:
    side, space = 0.034 * scene.unit, 0.016 * scene.unit
    block = written(scene, text, _SMALL, width=scene.room.width - side - space, gap=0.008 * scene.unit)
    return beside(scene, tick(scene, side, disc=False), block, space=space, first_line=block.height)


def _before(scene: Scene) -> list[str]:
    """Return the captions of the features before this one, in order."""
    return _captions(scene.composition.cuts[: scene.number])


def _captions(cuts: Sequence[Cut]) -> list[str]:
    return [cut.caption for cut in cuts if cut.layout == "feature" and cut.caption]


def _digits(scene: Scene, number: int) -> str:
    return str(
        format_decimal(number, locale=parse_locale(scene.composition.locale), numbering_system="default")
    )
