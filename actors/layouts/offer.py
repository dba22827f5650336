"""An offer: what is sold, the price as a large badge, and how long it lasts."""

from actors.layouts.headline import SIZES
from actors.layouts.pieces import Block, Scene
from actors.layouts.prices import price_row
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import bar, beside, clock
from actors.layouts.writing import word_by_word, written
from schemas.layout import Shape

_SIZES: dict[Shape, float] = {"story": 0.14, "tall": 0.14, "square": 0.13, "wide": 0.15}
"""Of the price, as shares of the shorter side."""


def offer(scene: Scene) -> list[Block]:
    """Return the caption, the price with its discount, and the last day beside a clock.

    The last day stands below the price in wide frames, else at its end, where there is no height to lose.
    """
    composition, form = scene.composition, shape(scene.composition)
    blocks = []
    last = _last_day(scene, gap=GAP * scene.unit) if composition.until else None
    if scene.cut.caption:
        blocks.append(word_by_word(scene, scene.cut.caption, 0.76 * SIZES[form], lines=2))
    if composition.price:
        gap, day = 1.1 * GAP * scene.unit, None if form == "wide" else last
        blocks.append(price_row(scene, _SIZES[form], scene.palette.accent, delay=6, gap=gap, last=day))
    if last and (form == "wide" or not composition.price):
        blocks.append(last)
    return [bar(scene), *blocks] if len(blocks) == 1 and scene.cut.caption else blocks


def _last_day(scene: Scene, gap: float) -> Block:
    side, space = 0.052 * scene.unit, 0.014 * scene.unit
    text = written(
        scene,
        scene.composition.until,
        0.044,
        lines=2,
        width=scene.room.width - side - space,
        heading=True,
        delay=18,
        gap=gap,
    )
    return beside(scene, clock(scene, side, delay=18), text, space=space, first_line=text.height / text.lines)
