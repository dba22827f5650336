"""Lays moving elements over frames; what rests is drawn once."""

from collections.abc import Sequence

from actors.elements import REST, Element, Pose
from actors.sprites import Sprite, draw_sprite
from actors.video import Frame


class Overlay:
    """All elements of one ad; keeps the latest sprite of each, so that what rests or fades is drawn once."""

    def __init__(self, elements: Sequence[Element], width: int, height: int) -> None:
        self._elements = elements
        self._size = (width, height)
        self._drawn: dict[int, tuple[Pose, Sprite | None]] = {}

    def blend(self, frame: Frame, number: int) -> None:
        """Lay everything that is there at frame *number* over *frame*, in place."""
        for index, element in enumerate(self._elements):
            pose = element.pose(number, min(self._size))
            if pose is None:
                self._drawn.pop(index, None)
                continue
            sprite = self._sprite(index, element, pose._replace(opacity=REST.opacity))
            if sprite is not None:
                sprite.faded(pose.opacity).blend(frame, *self._size)

    def _sprite(self, index: int, element: Element, pose: Pose) -> Sprite | None:
        if index not in self._drawn or self._drawn[index][0] != pose:
            sprite = draw_sprite(element.box, lambda canvas: element.draw(canvas, pose))
            self._drawn[index] = (pose, sprite)
        return self._drawn[index][1]
