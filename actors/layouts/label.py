"""A label on the picture, such as Before and After, with a caption below."""

from actors.layouts.headline import LINES, SIZES
from actors.layouts.pieces import Block, Scene
from actors.layouts.rooms import GAP, shape
from actors.layouts.writing import plate, word_by_word


def label(scene: Scene) -> list[Block]:
    """Return the note as a pill, then the caption; the last label of an ad has the accent colour.

    So a picture before is told from the one after at a glance.
    """
    form, blocks = shape(scene.composition), []
    if scene.cut.note:
        fill = scene.palette.accent if _is_last(scene) else scene.palette.background
        blocks.append(plate(scene, scene.cut.note, 0.050, fill, pad=(0.036, 0.014)))
    if scene.cut.caption:
        size = 0.86 * SIZES[form]
        text = word_by_word(
            scene, scene.cut.caption, size, lines=LINES[form], delay=4, gap=1.2 * GAP * scene.unit
        )
        blocks.append(text)
    return blocks


def _is_last(scene: Scene) -> bool:
    return all(cut.layout != "label" for cut in scene.composition.cuts[scene.number + 1 :])
