"""Lays moving elements over frames; what rests is drawn once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import skia

from actors.elements import REST, Element, Pose
from actors.sprites import Sprite, draw_sprite
from actors.video import Frame


class Overlay:
    """All elements of one ad; keeps the latest sprite of each, so that what rests or fades is drawn once."""

    def __init__(self, elements: Sequence[Element], width: int, height: int) -> None:
        self._elements = [pictured(element) if element.resizes else element for element in elements]
        self._size = (width, height)
        self._drawn: dict[int, tuple[Pose, Sprite | None]] = {}

    def blend(self, frame: Frame, number: int) -> None:
        """Lay everything that is there at frame *number* over *frame*, in place."""
        for opacity, sprite in self.sprites(number):
            sprite.faded(opacity).blend(frame, *self._size)

    def is_like(self, other: "Overlay", frames: int) -> bool:
        """Tell whether the first *frames* look the same under both, to the last bit."""
        alike: list[tuple[Sprite, Sprite]] = []
        for number in range(frames):
            mine, others = [*self.sprites(number)], [*other.sprites(number)]
            if [opacity for opacity, _ in mine] != [opacity for opacity, _ in others]:
                return False
            pairs = [(one, two) for (_, one), (_, two) in zip(mine, others, strict=True)]
            fresh = [pair for pair in pairs if not any(_are_both(pair, old) for old in alike)]
            if not all(one.is_like(two) for one, two in fresh):
                return False
            alike = pairs
        return True

    def sprites(self, number: int) -> Iterator[tuple[float, Sprite]]:
        """Yield what lies over frame *number*, from the lowest up, each with its opacity."""
        for index, element in enumerate(self._elements):
            pose = element.pose(number, min(self._size))
            if pose is None:
                self._drawn.pop(index, None)
                continue
            sprite = self._sprite(index, element, pose._replace(opacity=REST.opacity))
            if sprite is not None:
                yield pose.opacity, sprite

    def _sprite(self, index: int, element: Element, pose: Pose) -> Sprite | None:
        if index not in self._drawn or self._drawn[index][0] != pose:
            sprite = draw_sprite(element.box, lambda canvas: element.draw(canvas, pose))
            self._drawn[index] = (pose, sprite)
        return self._drawn[index][1]


def _are_both(pair: tuple[Sprite, Sprite], old: tuple[Sprite, Sprite]) -> bool:
    return pair[0] is old[0] and pair[1] is old[1]


def pictured(element: Element) -> Element:
    """Return *element* drawn from a picture of itself: to draw soft shadows anew takes milliseconds."""
    box = element.box

    @cache
    def picture() -> skia.Image:
        surface = skia.Surface(box.width, box.height)
        canvas = surface.getCanvas()
        canvas.translate(-box.left, -box.top)
        element.paint(canvas)
        return surface.makeImageSnapshot()

    def paint(canvas: skia.Canvas) -> None:
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear)
        canvas.drawImage(picture(), box.left, box.top, sampling)

    return replace(element, paint=paint)
