"""Counts flashes that can harm: WCAG 2.2, 2.3.1, and ITU-R BT.1702-3, general and red.

A flash is a pair of opposing changes: of relative luminance by a tenth of the brightest white or more, where
the darker picture is below 0.8 of it; or of saturated red (R/(R+G+B) >= 0.8) by 20 of 320 units of R-G-B. It
counts where a quarter of the picture changes the same way within a tenth of a second. The picture is looked
at in cells of about a twentieth of its shorter side, so that fine patterns and grain even out.
"""

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.float32]
Mask = NDArray[np.bool_]

AREA = 0.25
_SWING = 0.1
_DARKER = 0.8
_RED_SWING = 20 / 320
_RED_SHARE = 0.8
_TOGETHER = 0.1
"""Seconds within which changes belong together."""


class FlashMeter:
    """Takes the colours of the cells, frame by frame, and tells how many flashes the worst second holds."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._light = _Turns(_SWING)
        self._red = _Turns(_RED_SWING)

    def see(self, colors: Cells) -> None:
        """Take one frame: R, G and B of every cell, gamma-coded, 0 to 1, [3, cells]."""
        light = np.array([0.2126, 0.7152, 0.0722], np.float32) @ colors ** np.float32(2.2)
        self._light.step(light, up=self._light.low < _DARKER, down=light < _DARKER)
        red, green, blue = colors
        excess = np.maximum(red - green - blue, 0)
        saturated = red >= _RED_SHARE * (red + green + blue) + 1e-6
        self._red.step(excess, up=saturated, down=self._red.marked, mark=saturated)

    @property
    def flashes(self) -> int:
        """Flashes of light in the worst second."""
        return self._light.worst_pairs(self._fps)

    @property
    def red_flashes(self) -> int:
        """Flashes of saturated red in the worst second."""
        return self._red.worst_pairs(self._fps)


class _Turns:
    """Tells for every cell when a value turns by at least *swing*, up and down in turns."""

    def __init__(self, swing: float) -> None:
        self._swing = swing
        self.low: Cells = np.zeros(0, np.float32)
        self._high: Cells = np.zeros(0, np.float32)
        self._way = np.zeros(0, np.int8)
        self.marked: Mask = np.zeros(0, np.bool_)
        """What *mark* said of each cell when its value was highest."""
        self._ups: list[Mask] = []
        self._downs: list[Mask] = []

    def step(self, value: Cells, *, up: Mask, down: Mask, mark: Mask | None = None) -> None:
        """Take the next value of every cell; *up* and *down* tell where a turn would count."""
        if not self._ups:
            self.low, self._high, self._way = value.copy(), value.copy(), np.zeros(value.shape, np.int8)
            self.marked = np.zeros(value.shape, np.bool_) if mark is None else mark.copy()
            up = down = np.zeros(value.shape, np.bool_)
        if mark is not None:
            self.marked = np.where(value >= self._high, mark, self.marked)
        rises = (self._way <= 0) & (value - self.low >= self._swing) & up
        falls = (self._way >= 0) & (self._high - value >= self._swing) & down & ~rises
        self._way = np.where(rises, 1, np.where(falls, -1, self._way)).astype(np.int8)
        self.low = np.where(falls, value, np.minimum(self.low, value))
        self._high = np.where(rises, value, np.maximum(self._high, value))
        self._ups.append(rises)
        self._downs.append(falls)

    def worst_pairs(self, fps: float) -> int:
        """Return the most pairs of turns within a second that a quarter of the picture makes together."""
        if not self._ups:
            return 0
        span = max(1, round(fps * _TOGETHER))
        turns = _together(np.array(self._ups), span) | _together(np.array(self._downs), span)
        if not turns.any():
            return 0
        total = np.concatenate(
            [np.zeros((1, turns.shape[1]), np.int32), turns.cumsum(axis=0, dtype=np.int32)]
        )
        second = min(len(turns), round(fps))
        counts = total[second:] - total[:-second]
        place = int(turns.shape[1] * (1 - AREA))
        return int(np.partition(counts, place, axis=1)[:, place].max()) // 2


def _together(turns: Mask, span: int) -> Mask:
    """Return the *turns*, [frames, cells], that at least a quarter of the cells make within *span* frames."""
    kept = np.zeros(len(turns), np.bool_)
    for first in range(len(turns)):
        if turns[first].any() and turns[first : first + span].any(axis=0).mean() >= AREA:
            kept[first : first + span] = True
    return turns & kept[:, None]
