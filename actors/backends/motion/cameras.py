"""Moves the camera: where the layers of a shot are at each moment."""

import math
from collections.abc import Callable
from typing import NamedTuple

from schemas.brief import Camera


class Pose(NamedTuple):
    """How far a layer is from where it rests."""

    zoom: float = 1.0
    dx: float = 0.0
    """Shift to the right, in shorter sides of the frame."""
    dy: float = 0.0
    """Shift downwards, in shorter sides of the frame."""
    roll: float = 0.0
    """Clockwise, radians."""


class Poses(NamedTuple):
    """Both layers at one moment; what is nearer to the camera moves more."""

    background: Pose
    foreground: Pose


class Move(NamedTuple):
    """A camera move: poses by time, 0 at the first frame and 1 at the last, and its lens."""

    poses: Callable[[float], Poses]
    defocus: float
    """Blur of the far background: standard deviation in shorter sides of the frame."""


def ease(t: float) -> float:
    """Return a time that starts and ends at half speed: it neither jerks nor rests at a cut."""
    return t / 2 + t * t * (3 - 2 * t) / 2


def _swing(t: float) -> float:
    """Return -1 to 1 over the shot."""
    return 2 * ease(t) - 1


def _push_in(t: float) -> Poses:
    return Poses(Pose(zoom=1 + 0.025 * _swing(t)), Pose(zoom=1 + 0.05 * _swing(t)))


def _pan(t: float) -> Poses:
    way = _swing(t)
    return Poses(Pose(zoom=1.01, dx=-0.015 * way), Pose(zoom=1.0, dx=-0.03 * way))


def _orbit(t: float) -> Poses:
    way, roll = _swing(t), math.radians(0.75) * _swing(t)
    rise = 0.008 * (1 - way * way)
    return Poses(
        Pose(zoom=1.02, dx=-0.013 * way, dy=rise / 2, roll=roll),
        Pose(zoom=1 + rise, dx=0.016 * way, dy=-rise, roll=roll),
    )


def _parallax(t: float) -> Poses:
    way = _swing(t)
    return Poses(Pose(zoom=1.02, dx=-0.012 * way), Pose(zoom=1 + 0.01 * way, dx=0.026 * way))


def _hold(t: float) -> Poses:
    breath = (1 - math.cos(2 * math.pi * t)) / 2
    return Poses(Pose(zoom=1 + 0.007 * breath), Pose(zoom=1 + 0.015 * breath))


MOVES: dict[Camera, Move] = {
    "push_in": Move(_push_in, defocus=0.0018),
    "pull_out": Move(lambda t: _push_in(1 - t), defocus=0.0018),
    "pan": Move(_pan, defocus=0.0022),
    "orbit": Move(_orbit, defocus=0.0030),
    "parallax": Move(_parallax, defocus=0.0045),
    "hold": Move(_hold, defocus=0.0012),
}
