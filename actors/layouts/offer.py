"""An offer: what is sold, the price as a large badge, and how long it lasts."""

from actors.layouts.headline import SIZES
from actors.layouts.pieces import Block, Scene
from actors.layouts.prices import price_row
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import bar, beside, clock
from actors.layouts.writing import word_by_word, written


def offer(scene: Scene) -> list[Block]:
    """Return the caption, the price with its discount, and the last day beside a clock."""
    composition, form = scene.composition, shape(scene.composition)
    blocks = []
    if scene.cut.caption:
        blocks.append(word_by_word(scene, scene.cut.caption, 0.76 * SIZES[form], lines=2))
    if composition.price:
        blocks.append(price_row(scene, 0.150, scene.palette.accent, delay=6, gap=1.1 * GAP * scene.unit))
    if composition.until:
        blocks.append(_last_day(scene, gap=GAP * scene.unit))
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
