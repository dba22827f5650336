"""Makes the plate behind the subject: the photo without it, going on beyond its edges."""

from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from actors.backends.motion.cameras import Pose
from actors.backends.motion.canvas import Area, Layer, make_layer, visible
from actors.backends.motion.filling import blur_by, fill, grow, regrow, smoothstep
from actors.backends.motion.framing import Placed, crop, resample

DENSITY = 1.08
"""Pixels of a plate for each of the frame: enough for the closest camera."""
_BAND, _LONE_BAND = 0.16, 0.04
"""From so far inside the photo's edge it grows soft; less where the subject may be there, uncut.

These and the next are in shorter sides of the frame.
"""
_RIM = 0.04
"""Share of the photo's sides that is mirrored where the subject is not known."""
_GRAIN = 0.012
"""Size of the texture that goes on where the subject was."""
_LITTLE = 0.06
"""Where the mirrored part is narrower than this, it is softened less: nobody sees that it is a mirror."""
_LINGER = 0.2
"""Distance over which the subject's shadow fades out of the mirrored part."""
_SOFTEST, _SOFTEN_OVER = 0.11, 0.50
"""Blur (standard deviation) far outside, and the distance over which it grows."""
_DARKEST, _LIGHTEST, _DARKEN_OVER = 0.34, 0.06, 0.5
"""Share of the light that a black and a white photo lose far outside, and the distance over which."""
_NEAR, _FAR = 0.010, 0.05
"""How much more than the subject is taken out of the photo, and of its mirror image: shadows go too."""
_FOCUS = 0.3
"""Distance from the subject at which the background is fully out of focus."""


_EVEN = Area(1, 1, 1, 1)


class _Window(NamedTuple):
    """The pixels of a plate, counted from the photo's first."""

    rows: Tensor
    columns: Tensor

    def mirrored(self, picture: Tensor) -> Tensor:
        """Return the plate of *picture* ``[C, h, w]``, mirrored at its edges as often as it takes."""
        rows, columns = _mirror(self.rows, picture.shape[1]), _mirror(self.columns, picture.shape[2])
        return picture.index_select(1, rows).index_select(2, columns)

    def area(self, part: Placed) -> Area:
        """Return where the plate lies, in frame pixels."""
        left, top = part.left + float(self.columns[0]) / DENSITY, part.top + float(self.rows[0]) / DENSITY
        return Area(left, top, left + len(self.columns) / DENSITY, top + len(self.rows) / DENSITY)

    def outside(self, area: Area, weights: Area = _EVEN) -> Tensor:
        """Return each pixel's distance to *area*, float ``[1, H, W]``; each side has its weight."""
        rows, columns = self.rows + 0.5, self.columns + 0.5
        down = torch.maximum((area.top - rows) * weights.top, (rows - area.bottom) * weights.bottom)
        across = torch.maximum((area.left - columns) * weights.left, (columns - area.right) * weights.right)
        return torch.hypot(down.clamp(min=0)[:, None], across.clamp(min=0)[None])[None]

    def bareness(self, area: Area, reach: float) -> Area:
        """Return how much lies beyond each side of *area*: 0 for nothing, 1 for *reach* pixels or more."""
        left, top = area.left - float(self.columns[0]), area.top - float(self.rows[0])
        right, bottom = float(self.columns[-1]) - area.right, float(self.rows[-1]) - area.bottom
        return Area(*(min(1.0, max(0.0, bare / reach)) for bare in (left, top, right, bottom)))


def background_plate(
    placed: Placed, poses: list[Pose], size: tuple[int, int], defocus: float, device: str
) -> Layer:
    """Return all of the photo and its surroundings that a camera sees from *poses* in a frame of *size*.

    A subject that is cut out is filled with its surroundings, so that it leaves no ghost where the cut-out
    moves away; *defocus* is the blur far from it, in shorter sides of the frame. Beyond its edges the photo
    goes on mirrored, without its subject, ever softer and darker.
    """
    unit = min(size) * DENSITY
    seen = visible(poses, placed.pivot, *size)
    part = crop(placed, seen)
    window = _window(part, seen, device)
    edges = _in_plate(placed.edges, part)
    band = _BAND if part.photo.matte else _LONE_BAND
    bare = window.bareness(edges, _LITTLE * unit)
    beyond = window.outside(_inset(edges, bare, band * unit), bare) / unit
    gone = beyond / _LINGER if part.photo.matte else window.outside(edges)
    near, far = _emptied(resample(part.photo.rgb, part.scale * DENSITY, device), part.photo.matte, unit)
    plate = window.mirrored(near).lerp(window.mirrored(far), smoothstep(gone))
    away = window.outside(_in_plate(placed.subject, part)) / unit
    plate = blur_by(plate, unit * _softness(beyond, away, defocus))
    darkening = _DARKEST - (_DARKEST - _LIGHTEST) * float(near.mean())
    plate = plate * (1 - darkening * smoothstep((beyond - band) / _DARKEN_OVER))
    return make_layer(plate, None, window.area(part), placed.pivot)


def _softness(beyond: Tensor, away: Tensor, defocus: float) -> Tensor:
    """Return the blur by the distances beyond the photo's edge and away from the subject."""
    return torch.hypot(_SOFTEST * smoothstep(beyond / _SOFTEN_OVER), defocus * smoothstep(away / _FOCUS))


def _window(part: Placed, seen: Area, device: str) -> _Window:
    rows = _span(seen.top - part.top, seen.bottom - part.top)
    columns = _span(seen.left - part.left, seen.right - part.left)
    return _Window(rows.to(device), columns.to(device))


def _span(low: float, high: float) -> Tensor:
    """Return the whole pixels from *low* to *high*, in frame pixels, with two to spare; an even number."""
    first, last = int(low * DENSITY // 1) - 2, int(high * DENSITY // 1) + 3
    return torch.arange(first, last + (last - first) % 2)


def _mirror(places: Tensor, size: int) -> Tensor:
    turned = places % (2 * size)
    return torch.where(turned < size, turned, 2 * size - 1 - turned)


def _in_plate(area: Area, part: Placed) -> Area:
    """Return an area of the frame in plate pixels, counted from the photo's first."""
    starts = (part.left, part.top) * 2
    return Area(*((edge - start) * DENSITY for edge, start in zip(area, starts, strict=True)))


def _inset(area: Area, weights: Area, by: float) -> Area:
    left, top, right, bottom = (by * weight for weight in weights)
    return Area(area.left + left, area.top + top, area.right - right, area.bottom - bottom)


def _emptied(photo: Tensor, matte: Image.Image | None, unit: float) -> tuple[Tensor, Tensor]:
    """Return the photo ``[3, h, w]`` as it is seen behind the subject, and as its mirror image shows it.

    Where nobody has cut out the subject, nothing is behind it, and only the photo's rim is mirrored.
    """
    height, width = photo.shape[1:]
    if matte is None:
        rim = torch.ones_like(photo[:1])
        rim[:, round(_RIM * height) : -round(_RIM * height), round(_RIM * width) : -round(_RIM * width)] = 0
        return photo, fill(photo, rim)
    opacity = resample(matte.resize((width, height)), 1.0, str(photo.device))
    near, far = (1 - grow(opacity, margin * unit) for margin in (_NEAR, _FAR))
    return regrow(photo, near, _GRAIN * unit), fill(photo, far)
