"""Enlarges video frame by frame and changes its rate: by networks where there are, else in plain ways."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from actors.framing import Window, window_of
from actors.video import Frame, planes
from schemas.errors import GenerationError
from schemas.layout import Box

if TYPE_CHECKING:
    from actors.networks import Network
    from actors.rife import Rife

_BLUR = 24
"""Times that a backdrop is made smaller, and larger again."""
_SHADE = 150
"""Of 256: how much of its light a backdrop keeps."""

Between = Callable[[Frame, Frame, float], Frame]
"""Draws the frame that lies a part, 0 to 1, of the way from one to the next."""


class Size(NamedTuple):
    """Of a frame, in pixels; both are even."""

    width: int
    height: int


def sharpened(frames: Iterable[Frame], size: Size, network: "Network", tile: int) -> Iterator[Frame]:
    """Yield each of *frames* enlarged by *network*; only one is held at a time.

    *tile* is as for `actors.tiling.enlarge`: 0 takes whole frames.
    """
    from actors.colors import to_frame, to_picture  # noqa: PLC0415 (torch waits until a model is asked for)
    from actors.tiling import enlarge  # noqa: PLC0415 (the same)

    device = str(network.device)
    for frame in frames:
        yield to_frame(enlarge(network, to_picture(frame, *size, device), tile=tile))


def retimed(
    frames: Iterable[Frame], fps: int, to_fps: int, count: int, between: Between | None = None
) -> Iterator[Frame]:
    """Yield exactly *count* frames at *to_fps* of *frames* at *fps*; two are held at a time.

    Where a frame falls between two, *between* draws it; without, and after the last, the one before stands.
    What is over at the end is not read. Raises GenerationError if *frames* end too early.
    """
    pairs = enumerate(_with_next(frames) if between else ((frame, None) for frame in frames))
    at, before = -1, np.empty(0, np.uint8)
    after: Frame | None = None
    for number in range(count):
        wanted, past = divmod(number * fps, to_fps)
        while at < wanted:
            end = at
            at, (before, after) = next(pairs, (end, (before, None)))
            if at == end:
                held = f"the base clip ends after {at + 1} frames at {fps} fps"
                raise GenerationError(f"{held}, before frame {number + 1} of {count} at {to_fps} fps")
        if between is None or after is None or not past:
            yield before
        else:
            yield between(before, after, past / to_fps)


def drawn_between(rife: "Rife", size: Size) -> Between:
    """Return what draws frames of *size* with *rife*."""
    import torch  # noqa: PLC0415 (torch waits until a model is asked for)

    from actors.colors import to_frame, to_picture  # noqa: PLC0415 (the same)

    @torch.inference_mode()
    def draw(before: Frame, after: Frame, part: float) -> Frame:
        ends = (
            to_picture(frame, *size, str(rife.device)).permute(2, 0, 1)[None] for frame in (before, after)
        )
        drawn = rife(*(end.float() / 255 for end in ends), part)[0]
        return to_frame((drawn * 255).round().to(torch.uint8).permute(1, 2, 0))

    return draw


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Yield each frame with the one after it; the last has none."""
    for before, after in pairwise(chain(frames, (None,))):
        if before is not None:
            yield before, after


def fitted(frames: Iterable[Frame], size: Size, to: Size, subject: Box | None = None) -> Iterator[Frame]:
    """Yield each of *frames* at the size *to*, the part that `window_of` shows; *subject* is in their pixels.

    Where that reaches beyond the frame, a blurred and darkened copy of the frame lies behind it.
    """
    window = window_of(size, to, subject)
    return (_resized(frame, size, to, window) for frame in frames)


def _resized(frame: Frame, size: Size, to: Size, window: Window) -> Frame:
    if size == to:
        return frame
    if window.fills(*size):
        return _cut_out(frame, size, to, window)
    large = _backdrop(frame, size, to)
    step = window.width / to.width
    seen = window.inside(*size)
    left, top = _even((seen.left - window.left) / step), _even((seen.top - window.top) / step)
    inner = Size(
        min(_even(seen.width / step), to.width - left), min(_even(seen.height / step), to.height - top)
    )
    parts = zip(planes(large, *to), planes(_cut_out(frame, size, inner, seen), *inner), strict=True)
    for plane, part in parts:
        shrink = to.height // plane.shape[0]
        down, across = top // shrink, left // shrink
        plane[down : down + part.shape[0], across : across + part.shape[1]] = part
    return large


def _even(length: float) -> int:
    return 2 * round(length / 2)


def _backdrop(frame: Frame, size: Size, to: Size) -> Frame:
    """Return *frame* covering the size *to*, so blurred that nobody looks there, and darker."""
    small = Size(*(max(2, side // _BLUR // 2 * 2) for side in to))
    blurred = _cut_out(frame, size, small, window_of(size, small, None))
    large = _cut_out(blurred, small, to, Window(0, 0, *small))
    luma = planes(large, *to)[0]
    luma[...] = (16 + (luma.clip(16).astype(np.uint16) - 16) * _SHADE // 256).astype(np.uint8)
    return large


def _cut_out(frame: Frame, size: Size, to: Size, window: Window) -> Frame:
    """Return the part *window* of *frame* at the size *to*."""
    left, top, width, height = window
    step = width / to.width
    large = np.empty(to.width * to.height * 3 // 2, np.uint8)
    old, new = planes(frame, *size), planes(large, *to)
    new[0][...] = _lanczos(old[0], to, window)
    # A chroma sample sits beside a luma sample, not between two: scaled by step, it would drift sideways.
    chroma = (left / 2 + (1 - step) / 4, top / 2, width / 2, height / 2)
    for plane in (1, 2):
        new[plane][...] = _lanczos(old[plane], Size(to.width // 2, to.height // 2), chroma)
    return large


def _lanczos(plane: Frame, to: Size, part: tuple[float, float, float, float]) -> Frame:
    """Resize the *part* of a plane (left, top, width, height), which may reach a little over its sides."""
    left, top, width, height = part
    over = max(0, math.ceil(-left), math.ceil(left + width - plane.shape[1]))
    if over:
        plane = np.pad(plane, ((0, 0), (over, over)), mode="edge")
    box = (left + over, max(top, 0), left + over + width, min(top + height, plane.shape[0]))
    return np.asarray(Image.fromarray(plane).resize(to, Image.Resampling.LANCZOS, box), np.uint8)
