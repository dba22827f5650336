"""The brand's logo: fitted, and on a chip of its own where the picture would swallow it."""

from pathlib import Path

import numpy as np
import skia
from numpy.typing import NDArray

from actors.layouts.contrast import stands_out
from actors.layouts.pieces import Paint, Rect
from actors.layouts.rooms import unit_of
from actors.layouts.writing import filled
from actors.pictures import open_logo
from schemas.brief import Palette
from schemas.plan import Composition

HEIGHT = 0.076
"""What a logo over scenes may take with its chip, a share of the shorter side; the end card's is larger."""
_BARE = 0.066
"""Its height without a chip."""
_WIDTH_MAX = 0.42
_PADDING = 0.013


class Logo:
    """A logo drawn for one size and the colours that lie behind it."""

    def __init__(
        self, path: Path, composition: Composition, behind: NDArray[np.uint8], *, larger: float = 1.0
    ) -> None:
        """Take the pixels *behind* it, RGB uint8 [n, 3], veil included; *larger* by that factor."""
        unit, palette = unit_of(composition) * larger, composition.kit.palette
        self._chip = _chip_color(_opened(path, unit, _BARE), behind, palette)
        self._padding = round(_PADDING * unit) if self._chip else 0
        self._pixels = _opened(path, unit, HEIGHT - 2 * _PADDING if self._chip else _BARE)
        self.height, self.width = (side + 2 * self._padding for side in self._pixels.shape[:2])
        """Pixels, chip included."""

    @property
    def rect(self) -> Rect:
        """What it covers, from its corner."""
        return Rect(0, 0, self.width, self.height)

    @property
    def paint(self) -> Paint:
        """What draws it with its corner at the origin."""
        image = skia.Image.fromarray(self._pixels, colorType=skia.kRGBA_8888_ColorType)
        pad = self._padding

        def draw(canvas: skia.Canvas) -> None:
            if self._chip:
                rect = skia.Rect.MakeWH(self.width, self.height)
                canvas.drawRoundRect(rect, pad, pad, filled(self._chip))
            canvas.drawImage(image, pad, pad)

        return draw


def _opened(path: Path, unit: float, height: float) -> NDArray[np.uint8]:
    """Return the logo without empty margins, straight RGBA uint8 [H, W, 4], at most *height* units high."""
    picture = open_logo(path, round(_WIDTH_MAX * unit), round(height * unit))
    inner = picture.getchannel("A").getbbox()
    return np.ascontiguousarray(np.asarray(picture.crop(inner) if inner else picture))


def _chip_color(pixels: NDArray[np.uint8], behind: NDArray[np.uint8], palette: Palette) -> str:
    """Return the colour of the chip that the logo needs, empty for none."""
    middle = np.percentile(behind, 50, axis=0, method="nearest").astype(np.uint8)
    if stands_out(pixels, "#" + bytes(middle).hex()):
        return ""
    choices = (palette.background, palette.text, "#FFFFFF", "#000000")
    return next((color for color in choices if stands_out(pixels, color)), palette.background)
