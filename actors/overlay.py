"""Lays moving elements over frames: each element has its time, its place and its way in and out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import skia

from actors.sprites import Sprite, draw_sprite
from actors.video import Frame
from schemas.layout import Box

Enter = Literal["cut", "fade", "rise", "pop"]
_RISE = 0.030
"""How far a rising element travels, as a share of the frame's shorter side."""


class Pose(NamedTuple):
    """How an element stands at one moment; equal poses draw equal sprites."""

    opacity: float
    rise: int
    """Pixels below its place."""
    scale: float


REST = Pose(1.0, 0, 1.0)


@dataclass(frozen=True)
class Element:
    """Something drawn over the picture for a time."""

    box: Box
    """All pixels that it may touch; even corners."""
    paint: Callable[[skia.Canvas], None]
    start: int
    """First frame."""
    end: int
    """Frame after the last."""
    enter: Enter = "fade"
    enter_frames: int = 10
    leave_frames: int = 5

    def pose(self, frame: int, short_side: int) -> Pose | None:
        """Return how it stands at *frame*, or None where it is not there."""
        if not self.start <= frame < self.end:
            return None
        left = self.end - frame
        leaving = min(1.0, left / (self.leave_frames + 1)) if self.leave_frames else 1.0
        progress = 1.0 if self.enter == "cut" else min(1.0, (frame - self.start + 1) / self.enter_frames)
        if progress == leaving == 1:
            return REST
        eased = 1 - (1 - progress) ** 3
        rise = round(_RISE * short_side * (1 - eased)) if self.enter == "rise" else 0
        scale = _overshoot(progress) if self.enter == "pop" else 1.0
        return Pose(round(min(1.0, eased * 1.2) * leaving, 3), rise, round(scale, 4))


class Overlay:
    """All elements of one ad; keeps the latest sprite of each, so that what rests is drawn once."""

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
            if index not in self._drawn or self._drawn[index][0] != pose:
                self._drawn[index] = (pose, _draw(element, pose))
            sprite = self._drawn[index][1]
            if sprite is not None:
                sprite.blend(frame, *self._size)


def _draw(element: Element, pose: Pose) -> Sprite | None:
    x, y = element.box.center

    def paint(canvas: skia.Canvas) -> None:
        canvas.translate(x, y + pose.rise)
        canvas.scale(pose.scale, pose.scale)
        canvas.translate(-x, -y)
        element.paint(canvas)

    return draw_sprite(element.box, paint, opacity=pose.opacity)


def _overshoot(progress: float) -> float:
    """Return a scale that grows from 0.6 past 1 and settles there."""
    back = 1.7
    left = progress - 1
    return 0.6 + 0.4 * (1 + (back + 1) * left**3 + back * left**2)
