"""What is laid over frames, one thing at a time: where it is, when, and how it comes, stands and goes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import skia

from schemas.layout import Box

Enter = Literal["cut", "fade", "rise", "slide", "lift", "pop", "wipe"]
"""At once; out of nothing; from a little below; from the side where reading ends; out from behind its own
lower edge; growing past its size and settling; uncovered from the side where reading begins."""
TRAVEL = 0.030
"""How far a rising or sliding element travels, as a share of the frame's shorter side."""
_POP_FROM = 0.6
_PULSE, _PULSE_FRAMES = 0.05, 20
"""How much an element swells once, and how long that takes."""


class Pose(NamedTuple):
    """How an element stands at one moment; equal poses draw equal pictures."""

    opacity: float
    dx: int
    """Pixels right of its place."""
    dy: int
    """Pixels below its place."""
    scale: float
    shown: float
    """Share of it that is uncovered, from the side where reading begins."""


REST = Pose(1.0, 0, 0, 1.0, 1.0)


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
    rtl: bool = False
    """Whether reading begins on the right."""
    pulse: int = 0
    """So many frames after its start it swells once, softly; 0 for never."""
    pivot: tuple[float, float] | None = None
    """What stays where it is while the element grows, in pixels of the frame; None for its middle."""

    @property
    def resizes(self) -> bool:
        """Whether it is ever drawn at another size than its own."""
        return self.enter == "pop" or bool(self.pulse)

    def pose(self, frame: int, short_side: int) -> Pose | None:
        """Return how it stands at *frame*, or None where it is not there."""
        if not self.start <= frame < self.end:
            return None
        age = frame - self.start
        leaving = min(1.0, (self.end - frame) / (self.leave_frames + 1)) if self.leave_frames else 1.0
        progress = 1.0 if self.enter == "cut" else min(1.0, (age + 1) / self.enter_frames)
        arrived = self._arriving(progress, short_side) if progress < 1 else REST
        opacity = round(arrived.opacity * leaving, 3)
        return arrived._replace(opacity=opacity, scale=round(arrived.scale * self._swell(age), 4))

    def draw(self, canvas: skia.Canvas, pose: Pose) -> None:
        """Draw it in frame coordinates as it stands in *pose*, but for the opacity."""
        if pose.shown < 1:
            canvas.clipRect(self._uncovered(pose.shown), True)
        if pose != REST:
            x, y = self.pivot or self.box.center
            canvas.translate(x + pose.dx, y + pose.dy)
            canvas.scale(pose.scale, pose.scale)
            canvas.translate(-x, -y)
        self.paint(canvas)

    def _arriving(self, progress: float, short_side: int) -> Pose:
        eased = 1 - (1 - progress) ** 3
        away = 1 - eased
        travel = round(TRAVEL * short_side * away)
        appearing = min(1.0, eased * 1.2)
        match self.enter:
            case "rise":
                return REST._replace(opacity=appearing, dy=travel)
            case "slide":
                return REST._replace(opacity=appearing, dx=-travel if self.rtl else travel)
            case "lift":
                return REST._replace(dy=round(self.box.height * away))
            case "pop":
                return REST._replace(opacity=appearing, scale=_overshoot(progress))
            case "wipe":
                return REST._replace(shown=round(eased, 3))
            case _:
                return REST._replace(opacity=appearing)

    def _swell(self, age: int) -> float:
        passed = (age - self.pulse) / _PULSE_FRAMES
        if not self.pulse or not 0 < passed < 1:
            return 1.0
        return 1 + _PULSE * math.sin(math.pi * passed) ** 2

    def _uncovered(self, share: float) -> skia.Rect:
        box, width = self.box, self.box.width * share
        return skia.Rect.MakeXYWH(box.right - width if self.rtl else box.left, box.top, width, box.height)


def _overshoot(progress: float) -> float:
    """Return a scale that grows past 1 and settles there."""
    back = 1.7
    left = progress - 1
    return _POP_FROM + (1 - _POP_FROM) * (1 + (back + 1) * left**3 + back * left**2)
