"""A bumper: one idea in few, very large words."""

from actors.layouts.pieces import Block, Scene
from actors.layouts.writing import word_by_word

_SIZE = 0.30
"""More than ever fits: of all line breaks the one is taken that makes the words largest."""


def bumper(scene: Scene) -> list[Block]:
    """Return the caption, as large as the room lets it be; its words pop up one after the other."""
    if not scene.cut.caption:
        return []
    return [word_by_word(scene, scene.cut.caption, _SIZE, lines=3, enter="pop")]
