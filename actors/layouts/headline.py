"""A headline: a bar in the accent colour, and the text that comes out from behind its lines, word by word."""

from actors.layouts.pieces import Block, Scene
from actors.layouts.rooms import GAP, shape
from actors.layouts.shapes import bar
from actors.layouts.writing import word_by_word
from schemas.layout import Shape

SIZES: dict[Shape, float] = {"story": 0.100, "tall": 0.092, "square": 0.084, "wide": 0.100}
"""Largest size of a headline, as a share of the shorter side."""
LINES: dict[Shape, int] = {"story": 3, "tall": 3, "square": 3, "wide": 4}


def headline(scene: Scene) -> list[Block]:
    """Return the bar and the caption."""
    form = shape(scene.composition)
    if not scene.cut.caption:
        return []
    text = word_by_word(
        scene, scene.cut.caption, SIZES[form], lines=LINES[form], delay=2, gap=GAP * scene.unit
    )
    return [bar(scene), text]
