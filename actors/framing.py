"""Decides which part of a picture a frame of another ratio shows: all it can, and the subject whole."""

from typing import NamedTuple

from schemas.layout import Box


class Window(NamedTuple):
    """A part of a picture, in its pixels; it reaches beyond the picture where the subject takes more room."""

    left: float
    top: float
    width: float
    height: float

    def fills(self, width: int, height: int) -> bool:
        """Tell whether it lies inside a picture of that size."""
        crumb = 1e-6
        inside = self.left >= -crumb and self.top >= -crumb
        return inside and self.left + self.width <= width + crumb and self.top + self.height <= height + crumb

    def inside(self, width: int, height: int) -> "Window":
        """Return the part of it that lies inside a picture of that size."""
        left, top = max(0.0, self.left), max(0.0, self.top)
        right, bottom = min(width, self.left + self.width), min(height, self.top + self.height)
        return Window(left, top, right - left, bottom - top)


def window_of(
    size: tuple[int, int], to: tuple[int, int], subject: Box | None, *, cover: bool = False
) -> Window:
    """Return the part of a picture of *size* that a frame of size *to* shows, both as (width, height).

    The frame is covered, its middle as near to that of *subject* as the picture's edges allow; only where the
    subject would be cut is more shown, with bare stripes at two sides, unless it is to *cover* all the same.
    """
    step = min(size[0] / to[0], size[1] / to[1])
    middle = size[0] / 2, size[1] / 2
    if subject is not None:
        most = step if cover else max(size[0] / to[0], size[1] / to[1])
        step = min(most, max(step, subject.width / to[0], subject.height / to[1]))
        middle = subject.center
    width, height = to[0] * step, to[1] * step
    return Window(_start(middle[0], width, size[0]), _start(middle[1], height, size[1]), width, height)


def _start(middle: float, length: float, whole: int) -> float:
    """Return where a stretch of *length* about *middle* begins: moved inside, or centred if it is longer."""
    if length >= whole:
        return (whole - length) / 2
    return min(max(0.0, middle - length / 2), whole - length)
