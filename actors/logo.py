"""The brand's logo as an element: fitted, and on a chip of its own where the surface would swallow it."""

from pathlib import Path
from typing import Any

import numpy as np
import skia

from actors.contrast import stands_out
from actors.lettering import color_of
from actors.overlay import Element
from actors.pictures import open_logo
from actors.sprites import even_box
from schemas.plan import Composition

_HEIGHT = 0.066
"""Of a logo over scenes, as a share of the frame's shorter side; the end card's is larger."""
_WIDTH_MAX = 0.42
_PADDING = 0.018


class Logo:
    """A logo drawn for one size."""

    def __init__(self, path: Path, composition: Composition, *, larger: float = 1.0) -> None:
        unit = min(composition.width, composition.height)
        palette = composition.kit.palette
        picture = open_logo(path, round(_WIDTH_MAX * larger * unit), round(_HEIGHT * larger * unit))
        pixels = np.asarray(picture.convert("RGBA"))
        self._image = skia.Image.fromarray(np.ascontiguousarray(pixels), colorType=skia.kRGBA_8888_ColorType)
        self._chip = None if stands_out(pixels, palette.primary) else color_of(_chip_color(pixels, palette))
        self._padding = 0 if self._chip is None else round(_PADDING * unit)
        self.width = picture.width + 2 * self._padding
        """Pixels, chip included."""
        self.height = picture.height + 2 * self._padding

    def element(self, x: float, y: float, composition: Composition, **timing: Any) -> Element:  # noqa: ANN401
        """Return the logo with its top left corner at (*x*, *y*); *timing* goes to Element."""
        frame = {"width": composition.width, "height": composition.height}
        box = even_box(x - 2, y - 2, x + self.width + 2, y + self.height + 34, **frame)

        def paint(canvas: skia.Canvas) -> None:
            if self._chip is not None:
                rect = skia.Rect.MakeXYWH(x, y, self.width, self.height)
                canvas.drawRoundRect(
                    rect, self._padding, self._padding, skia.Paint(self._chip, AntiAlias=True)
                )
            canvas.drawImage(self._image, x + self._padding, y + self._padding)

        return Element(box=box, paint=paint, **timing)


def _chip_color(pixels: Any, palette: Any) -> str:  # noqa: ANN401
    choices = (palette.background, palette.text, "#FFFFFF", "#000000")
    return next((color for color in choices if stands_out(pixels, color)), palette.background)
