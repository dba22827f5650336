"""The closing card: headline, price badge with the old price struck, discount, button, disclaimer."""

from actors.layouts.pieces import Block, Scene
from actors.layouts.prices import pill_color, price_row
from actors.layouts.rooms import GAP
from actors.layouts.writing import plate, word_by_word, written


def end_card(scene: Scene) -> list[Block]:
    """Return what the composition has of them, in a column above, below or beside the product."""
    composition, unit, blocks = scene.composition, scene.unit, []
    if scene.cut.caption:
        blocks.append(word_by_word(scene, scene.cut.caption, 0.082, lines=3, delay=4))
    if composition.price:
        fill = pill_color(scene.palette, scene.palette.accent)
        blocks.append(price_row(scene, 0.115, fill, delay=10, gap=GAP * unit))
    if composition.button:
        blocks.append(_button(scene, gap=1.2 * GAP * unit))
    if composition.disclaimer:
        blocks.append(written(scene, composition.disclaimer, 0.034, lines=6, delay=22, gap=0.9 * GAP * unit))
    return blocks


def _button(scene: Scene, gap: float) -> Block:
    """Return the button, which swells once when it has arrived."""
    return plate(
        scene,
        scene.composition.button,
        0.058,
        scene.palette.accent,
        pad=(0.066, 0.026),
        lines=2,
        delay=18,
        pulse=24,
        shadow=True,
        gap=gap,
    )
