"""Finds what a picture is of: what no crop may cut, and what a camera looks at.

A cut-out's matte tells it best; faces count besides. Where there is neither, what draws the eye: the spectral
residual of Hou and Zhang (CVPR 2007), an old measure that needs no weights, and is only trusted where it
points to one place.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from actors.video import grab_picture
from schemas.layout import Box

if TYPE_CHECKING:
    from actors.faces import FaceFinder

_SEEN = 32
"""A matte's value, of 255, from which on the subject counts as there."""
_HEAD = (0.25, 0.55, 0.25, 0.30)
"""How far a head reaches beyond its face, to the left, up, right and down, in faces."""
_SALIENCE_SIDE = 64
_ORDINARY = 1.5
"""Times the average up to which a place counts as background."""
_STRONG = 2.5
"""Times the average that something must reach to stand out: noise reached 1.7, four photos 3.2 to 7.2."""
_SALIENT = 0.85
"""Share of what draws the eye that lies in its box."""
_CONCENTRATED = 0.45
"""Most of the picture that the box may fill; else nothing stands out."""
_MARGIN = 0.04
"""Room around the box, as a share of the picture's sides."""

_MOMENTS = (0.02, 0.5, 0.95)
"""When a clip is looked at, as shares of its length."""
_NOTE = "subject"

Picture = NDArray[np.uint8]
Map = NDArray[np.float64]


def subject_of(picture: Picture, matte: NDArray[np.uint8] | None, faces: Sequence[Box]) -> Box | None:
    """Return the box of the subject in *picture*, R'G'B' ``uint8 [H, W, 3]``; None where nothing stands out.

    *matte* is its opacity, ``uint8 [H, W]``, and *faces* the boxes of the faces in it.
    """
    height, width = picture.shape[:2]
    whole = Box(left=0, top=0, right=width, bottom=height)
    parts = [_head(face).within(whole) for face in faces]
    if matte is not None and (seen := subject_of_matte(matte)) is not None:
        parts.append(seen)
    return _union(parts) if parts else _salient(picture)


def subject_of_clip(path: Path, seconds: float, finder: "FaceFinder | None") -> Box | None:
    """Return the box of what a clip of *seconds* shows at its beginning, middle and end, taken together."""
    moments = [grab_picture(path, seconds * share) for share in _MOMENTS]
    found = [subject_of(picture, None, finder.find(picture) if finder else ()) for picture in moments]
    seen = [subject for subject in found if subject is not None]
    return _union(seen) if seen else None


def note_subject(subject: Box | None) -> PngInfo:
    """Return what a PNG says of its subject, for `noted_subject`: the file alone tells a renderer all."""
    info = PngInfo()
    if subject is not None:
        info.add_text(_NOTE, f"{subject.left} {subject.top} {subject.right} {subject.bottom}")
    return info


def noted_subject(image: Image.Image) -> Box | None:
    """Return the box of the subject that the PNG *image* tells, in its pixels; None where it tells none."""
    edges = str(image.info.get(_NOTE, "")).split()
    if len(edges) != 4 or not all(edge.isdecimal() for edge in edges):  # noqa: PLR2004 (a box)
        return None
    left, top, right, bottom = map(int, edges)
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return box if box == box.within(Box(left=0, top=0, right=image.width, bottom=image.height)) else None


def _head(face: Box) -> Box:
    left, up, right, down = _HEAD
    return Box(
        left=round(face.left - left * face.width),
        top=round(face.top - up * face.height),
        right=round(face.right + right * face.width),
        bottom=round(face.bottom + down * face.height),
    )


def subject_of_matte(matte: NDArray[np.uint8]) -> Box | None:
    """Return the box of what *matte*, ``uint8 [H, W]``, shows; None where it shows nothing."""
    seen = matte >= _SEEN
    if not seen.any():
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return Box(left=int(columns[0]), top=int(rows[0]), right=int(columns[-1]) + 1, bottom=int(rows[-1]) + 1)


def _union(parts: Sequence[Box]) -> Box:
    return Box(
        left=min(part.left for part in parts),
        top=min(part.top for part in parts),
        right=max(part.right for part in parts),
        bottom=max(part.bottom for part in parts),
    )


def _salient(picture: Picture) -> Box | None:
    """Return the box of what draws the eye, if it is in one place."""
    height, width = picture.shape[:2]
    salience = _salience(picture)
    if salience.max() < _STRONG * salience.mean():
        return None
    drawn = (salience - _ORDINARY * salience.mean()).clip(0)
    columns, rows = (_middle(drawn.sum(axis=axis)) for axis in (0, 1))
    if (columns[1] - columns[0]) * (rows[1] - rows[0]) > _CONCENTRATED:
        return None
    edges = (columns[0] - _MARGIN, rows[0] - _MARGIN, columns[1] + _MARGIN, rows[1] + _MARGIN)
    left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in edges)
    return Box(
        left=round(left * width),
        top=round(top * height),
        right=round(right * width),
        bottom=round(bottom * height),
    )


def _salience(picture: Picture) -> Map:
    """Return how much each place differs from what its surroundings lead to expect: ``float64 [64, 64]``."""
    small = Image.fromarray(picture).convert("YCbCr").resize((_SALIENCE_SIDE,) * 2, Image.Resampling.BOX)
    planes = np.asarray(small, np.float64).transpose(2, 0, 1)
    total = np.zeros((_SALIENCE_SIDE,) * 2)
    for plane in planes:
        spectrum = np.fft.fft2(plane - plane.mean())
        size = np.log(np.abs(spectrum) + 1e-6)
        residual = size - _blurred(size, 1)
        total += plane.std() * np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return _blurred(_blurred(total, 2), 2)


def _blurred(plane: Map, radius: int) -> Map:
    """Average over a square window that wraps around."""
    shifts = range(-radius, radius + 1)
    rows = np.mean([np.roll(plane, shift, axis=0) for shift in shifts], axis=0)
    return np.asarray(np.mean([np.roll(rows, shift, axis=1) for shift in shifts], axis=0))


def _middle(profile: Map) -> tuple[float, float]:
    """Return the shortest stretch, in shares of the whole, that holds _SALIENT of *profile*."""
    sums = np.concatenate([[0.0], np.cumsum(profile)])
    wanted = _SALIENT * sums[-1]
    ends = np.searchsorted(sums, sums[:-1] + wanted - 1e-9)
    lengths = np.where(ends < len(sums), ends - np.arange(len(ends)), len(sums))
    start = int(lengths.argmin())
    return start / len(profile), (start + int(lengths[start])) / len(profile)
