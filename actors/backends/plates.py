"""Makes the plate behind the subject: the photo without it, going on beyond its edges."""

from typing import NamedTuple

import torch
from torch import Tensor

from actors.backends.cameras import Pose
from actors.backends.canvas import Area, Layer, make_layer, visible
from actors.backends.filling import blur_by, fill, grow, smoothstep
from actors.backends.framing import Photo, Placed, crop, resample

DENSITY = 1.08
"""Pixels of a plate for each of the frame: enough for the closest camera."""
_BAND = 0.04
"""From so far inside the photo's edge it grows soft. This and the next are in shorter sides of the frame."""
_SOFTENING, _SOFTEST = 0.3, 0.11
"""Blur (standard deviation) for each unit of distance, and its most."""
_DARKENING, _DARKEN_OVER = 0.3, 0.5
"""Share of the light that is lost, and the distance over which."""
_NEAR, _FAR = 0.010, 0.05
"""How much more than the subject is taken out of the photo, and of its mirror image: shadows go too."""
_FOCUS = 0.3
"""Distance from the subject at which the background is fully out of focus."""


class _Window(NamedTuple):
    """The pixels of a plate, counted from the photo's first."""

    rows: Tensor
    columns: Tensor

    def mirrored(self, picture: Tensor) -> Tensor:
        """Return the plate of *picture* ``[C, h, w]``, mirrored at its edges as often as it takes."""
        rows = _mirror(self.rows, picture.shape[1])
        return picture[:, rows][:, :, _mirror(self.columns, picture.shape[2])]

    def outside(self, area: Area) -> Tensor:
        """Return each pixel's distance to *area*, float ``[1, H, W]``; 0 within."""
        rows, columns = self.rows + 0.5, self.columns + 0.5
        down = torch.maximum(area.top - rows, rows - area.bottom).clamp(min=0)
        across = torch.maximum(area.left - columns, columns - area.right).clamp(min=0)
        return torch.hypot(down[:, None], across[None])[None]


def background_plate(
    placed: Placed, poses: list[Pose], size: tuple[int, int], defocus: float, device: str
) -> Layer:
    """Return all of the photo and its surroundings that a camera sees from *poses* in a frame of *size*.

    A subject that is cut out is filled with its surroundings, so that it leaves no ghost where the cut-out
    moves away; *defocus* is the blur far from it, in shorter sides of the frame. Beyond its edges the photo
    goes on mirrored, without its subject, ever softer and darker.
    """
    density, unit = DENSITY, min(size) * DENSITY
    seen = visible(poses, placed.pivot, *size)
    part = crop(placed, seen)
    window = _window(part, seen, device)
    edges = _in_plate(placed.edges, part)
    photo = resample(part.photo.rgb, part.scale * density, device)
    beyond = window.outside(_inset(edges, _BAND * unit)) / unit
    plate = window.mirrored(_emptied(photo, part.photo, unit, _NEAR))
    plate = plate.lerp(window.mirrored(_emptied(photo, part.photo, unit, _FAR)), smoothstep(beyond / _BAND))
    away = window.outside(_in_plate(placed.subject, part)) / unit
    sigma = torch.hypot((_SOFTENING * beyond).clamp(max=_SOFTEST), defocus * smoothstep(away / _FOCUS))
    plate = blur_by(plate, sigma * unit)
    plate = plate * (1 - _DARKENING * smoothstep((beyond - _BAND) / _DARKEN_OVER))
    left = part.left + float(window.columns[0]) / density
    top = part.top + float(window.rows[0]) / density
    area = Area(left, top, left + len(window.columns) / density, top + len(window.rows) / density)
    return make_layer(plate, None, area, placed.pivot)


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


def _inset(area: Area, by: float) -> Area:
    return Area(area.left + by, area.top + by, area.right - by, area.bottom - by)


def _emptied(pixels: Tensor, photo: Photo, unit: float, margin: float) -> Tensor:
    """Return the photo without its subject, float ``[3, h, w]``, and without *margin* short sides around it."""
    if photo.matte is None:
        return pixels
    height, width = pixels.shape[1:]
    matte = resample(photo.matte.resize((width, height)), 1.0, str(pixels.device))
    return fill(pixels, 1 - grow(matte, margin * unit))
