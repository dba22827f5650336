"""Draws the contact sheet: one picture that shows every ad, a frame of each of its cuts."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import skia

from actors.fonts import HEAVY, REGULAR, typeface_of
from actors.video import grab_picture

ADS_MAX = 200
"""A sheet of more would be too large to open."""
_HEIGHT = 210
"""Of a thumbnail, pixels."""
_GAP, _LABEL, _TITLE = 14, 26, 52
PAPER, INK, FAINT = skia.Color(245, 243, 240), skia.Color(30, 28, 26), skia.Color(120, 114, 108)


class Sample(NamedTuple):
    """One ad on the sheet."""

    row: str
    column: str
    video: Path
    moments: tuple[float, ...]
    """Seconds at which its pictures are taken."""


def draw_contact_sheet(samples: Sequence[Sample], title: str, to: Path) -> None:
    """Write a PNG with a row for each product, locale and variant and a column for each placement.

    Give it ADS_MAX *samples* at most.
    """
    cells = {
        (sample.row, sample.column): draw_pictures(sample.video, sample.moments, _HEIGHT)
        for sample in samples
    }
    rows = list(dict.fromkeys(sample.row for sample in samples))
    columns = list(dict.fromkeys(sample.column for sample in samples))
    widths = [max(cells[r, c].width() for r in rows if (r, c) in cells) for c in columns]
    wide = sum(widths) + _GAP * (len(widths) + 1)
    high = _TITLE + _LABEL + (_HEIGHT + _GAP + _LABEL) * len(rows) + _GAP
    surface = skia.Surface(wide, high)
    with surface as canvas:
        canvas.clear(PAPER)
        write(canvas, title, _GAP, 36, 24, INK, HEAVY)
        y = _TITLE
        for x, column in zip(_running(_GAP, widths), columns, strict=True):
            write(canvas, column, x, y + 18, 17, INK, HEAVY)
        y += _LABEL
        for row in rows:
            write(canvas, row, _GAP, y + 18, 16, FAINT, REGULAR)
            for x, column in zip(_running(_GAP, widths), columns, strict=True):
                if (row, column) in cells:
                    canvas.drawImage(cells[row, column], x, y + _LABEL)
            y += _HEIGHT + _LABEL + _GAP
    surface.makeImageSnapshot().save(str(to), skia.kPNG)


def _running(start: int, widths: Sequence[int]) -> list[int]:
    return [start + sum(widths[:n]) + _GAP * n for n in range(len(widths))]


def draw_pictures(video: Path, moments: Sequence[float], height: int) -> skia.Image:
    """Return the pictures of *video* at *moments*, in seconds, side by side, *height* pixels high."""
    pictures = [_image(video, seconds) for seconds in moments]
    width = round(height * pictures[0].width() / pictures[0].height())
    step = width + 4
    surface = skia.Surface(step * len(pictures) - 4, height)
    smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    with surface as canvas:
        for n, picture in enumerate(pictures):
            canvas.drawImageRect(picture, skia.Rect.MakeXYWH(step * n, 0, width, height), smooth)
    return surface.makeImageSnapshot()


def _image(video: Path, seconds: float) -> skia.Image:
    frame = grab_picture(video, seconds)
    opaque = np.full(frame.shape[:2], 255, np.uint8)
    return skia.Image.fromarray(np.dstack([frame, opaque]), skia.kRGBA_8888_ColorType)


def write(canvas: skia.Canvas, text: str, x: float, y: float, size: float, color: int, weight: int) -> None:
    """Write *text* in Noto Sans, its baseline beginning at *x* and *y*."""
    font = skia.Font(typeface_of("Noto Sans", weight), size)
    canvas.drawString(text, x, y, font, skia.Paint(Color=color, AntiAlias=True))
