"""What can be read on what, told from colours and from pixels."""

import numpy as np
import pytest
import skia

from actors.fonts import HEAVY
from actors.layouts.backdrop import Backdrop, Ground, grounds, plain, veiled
from actors.layouts.contrast import (
    READABLE,
    contrast,
    measured_contrast,
    readable_on,
    stands_out,
    worst_contrast,
)
from actors.lettering import Style, set_text
from schemas.layout import Box
from tests.compositions import PALETTE

BOX = Box(left=10, top=10, right=210, bottom=60)


def test_contrast_is_that_of_wcag() -> None:
    """Black on white is 21 to 1; the brand's colour is used only where it can be read."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert readable_on("#5B2A1E", "#2B1A12", "#FFF6EC") == "#FFF6EC"
    assert contrast("#777777", readable_on("#777777", "#787878")) >= READABLE - 0.5


def test_a_logo_in_the_colour_of_its_surface_does_not_stand_out() -> None:
    """A white logo on white needs a chip; on brown it does not."""
    white = np.full((10, 10, 4), 255, np.uint8)

    assert not stands_out(white, "#FFFFFF")
    assert stands_out(white, "#5B2A1E")


@pytest.mark.parametrize("below", ["#FFFFFF", "#000000", "#808080", "#FF6A3D", "#5B2A1E"])
def test_a_veil_is_as_thin_as_the_text_allows(below: str) -> None:
    """A step thinner and it could not be read; where it can be read at once there is none."""
    pixels = plain(below)(BOX, 0, 1)

    for ground in grounds(PALETTE):
        found = veiled(ground, pixels)
        assert _on_veil(found.opacity, below, found) >= READABLE
        if found.opacity:
            assert _on_veil(found.opacity - 0.08, below, found) < READABLE * 1.1


def test_a_highlight_that_comes_in_late_is_veiled() -> None:
    """A camera pushes it under the text in one look of three, where it is a tenth of what is behind."""
    looks = np.full((3, 100, 3), 20, np.uint8)
    looks[2, :10] = 255
    ground = Ground("#FFFFFF", "#000000", 0.0)
    found = veiled(ground, looks.reshape(-1, 3))
    last = np.rint(looks[2] * (1 - found.opacity)).astype(np.uint8)

    assert veiled(ground, looks[:2].reshape(-1, 3)).opacity == 0
    assert worst_contrast(last, "#FFFFFF") >= READABLE


def _on_veil(opacity: float, below: str, ground: object) -> float:
    pixels = plain(below)(BOX, 0, 1).astype(float)
    veil = plain(ground.veil)(BOX, 0, 1).astype(float)  # type: ignore[attr-defined]
    mixed = np.rint(pixels + (veil - pixels) * max(0.0, opacity)).astype(np.uint8)
    return worst_contrast(mixed, ground.color)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("below", "least", "most"),
    [("#000000", 20, 21), ("#767676", 4.4, 4.7), ("#FFFFFF", 1, 1), ("#DDDDDD", 1, 1.5)],
)
def test_contrast_is_measured_beside_the_letters(below: str, least: float, most: float) -> None:
    """White letters on grey have the contrast of their colours, though half of the box is ink."""
    frame = np.tile(plain(below)(BOX, 0, 1)[None], (80, 240, 1)).astype(np.uint8)
    _write(frame)

    assert least <= measured_contrast(frame, "#FFFFFF", BOX) <= most


def test_a_bright_spot_below_a_text_is_found() -> None:
    """A fifth of the letters stands on white, so the text cannot be read there."""
    frame = np.zeros((80, 240, 3), np.uint8)
    frame[:, 150:200] = 255
    _write(frame)

    assert measured_contrast(frame, "#FFFFFF", BOX) == 1


def test_a_backdrop_shows_the_looks_of_its_time() -> None:
    """Reduced pictures answer for the box and the frames that are asked for, the nearest where none fits."""
    looks = [(n, np.full((20, 60, 3), n, np.uint8)) for n in (10, 20, 30)]
    backdrop = Backdrop(looks, 240, 80)

    assert set(backdrop.behind(BOX, 15, 31).ravel().tolist()) == {20, 30}
    assert set(backdrop.behind(BOX, 40, 50).ravel().tolist()) == {30}


def _write(frame: np.ndarray) -> None:  # type: ignore[type-arg]
    """Write white letters over the box."""
    pixels = np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType)
    style = Style(family="Noto Sans", weight=HEAVY, color="#FFFFFF")
    letters = set_text("Coffee", style, "en-US", width=220, height=60, size_max=44, size_min=10, lines_max=1)
    letters.paint(surface.getCanvas(), 12, 8)
    surface.flushAndSubmit()
    frame[...] = pixels[..., :3]


def test_what_a_plate_covers_is_no_ground() -> None:
    """The pill of the word being said hides a part of its cue, which is judged by the rest of it."""
    frame = np.zeros((80, 240, 3), np.uint8)
    _write(frame)
    frame[:, 120:180] = 255
    free = np.ones((BOX.height, BOX.width), np.bool_)
    free[:, 110:170] = False

    assert measured_contrast(frame, "#FFFFFF", BOX) == 1
    assert measured_contrast(frame, "#FFFFFF", BOX, free) > 20
