"""What is laid over frames: sprites, poses, scenes and end cards."""

from collections.abc import Callable

import numpy as np
import pytest
import skia

from actors.contrast import READABLE, contrast, readable_on, stands_out
from actors.end_card import end_card_elements
from actors.overlay import REST, Element, Overlay
from actors.scenes import scene_elements
from actors.sprites import draw_sprite, even_box
from actors.video import Frame, planes
from schemas.layout import Box
from schemas.placements import PLACEMENTS
from schemas.plan import Composition
from tests.compositions import COPY, draw_composition

WIDTH, HEIGHT = 64, 48
WHOLE = Box(left=0, top=0, right=WIDTH, bottom=HEIGHT)


def _grey(width: int = WIDTH, height: int = HEIGHT, value: int = 100) -> Frame:
    frame = np.full(width * height * 3 // 2, 128, np.uint8)
    planes(frame, width, height)[0][...] = value
    return frame


def _fill(color: int) -> Callable[[skia.Canvas], None]:
    return lambda canvas: canvas.drawColor(color)


def test_an_opaque_sprite_replaces_what_is_below() -> None:
    """White is 235, 128, 128 in BT.709 limited range."""
    frame = _grey()
    sprite = draw_sprite(WHOLE, _fill(skia.ColorWHITE))
    assert sprite is not None
    sprite.blend(frame, WIDTH, HEIGHT)

    assert [int(plane.min()) for plane in planes(frame, WIDTH, HEIGHT)] == [235, 128, 128]


@pytest.mark.parametrize(
    ("color", "expected"), [(skia.ColorRED, (63, 102, 240)), (skia.ColorBLUE, (32, 240, 118))]
)
def test_colours_are_those_of_bt709(color: int, expected: tuple[int, int, int]) -> None:
    """The matrix is that of high-definition video (ITU-R BT.709-6)."""
    frame = _grey()
    sprite = draw_sprite(WHOLE, _fill(color))
    assert sprite is not None
    sprite.blend(frame, WIDTH, HEIGHT)

    found = [int(plane[0, 0]) for plane in planes(frame, WIDTH, HEIGHT)]
    assert found == pytest.approx(expected, abs=1)


def test_half_opacity_is_the_mean() -> None:
    """A fade passes through the middle."""
    frame = _grey(value=35)
    sprite = draw_sprite(WHOLE, _fill(skia.ColorWHITE), opacity=0.5)
    assert sprite is not None
    sprite.blend(frame, WIDTH, HEIGHT)

    assert int(planes(frame, WIDTH, HEIGHT)[0][0, 0]) == pytest.approx(135, abs=2)


def test_nothing_drawn_is_no_sprite() -> None:
    """An empty element costs nothing."""
    assert draw_sprite(WHOLE, lambda _: None) is None


def test_a_sprite_keeps_to_its_ink() -> None:
    """Only the pixels that were drawn are touched."""
    sprite = draw_sprite(WHOLE, lambda c: c.drawRect(skia.Rect.MakeXYWH(10, 20, 6, 4), skia.Paint()))

    assert sprite is not None
    assert sprite.box == Box(left=10, top=20, right=16, bottom=24)


def test_an_element_comes_rests_and_goes() -> None:
    """Its opacity rises, holds and falls; outside its time it is not there."""
    element = Element(box=WHOLE, paint=lambda _: None, start=10, end=60, enter="fade")
    opacities = [pose.opacity if (pose := element.pose(n, 1080)) else None for n in (9, 10, 13, 30, 59, 60)]

    assert opacities[0] is None
    assert opacities[-1] is None
    assert opacities[1] < opacities[2] < opacities[3] == REST.opacity > opacities[4]


def test_what_rests_is_drawn_once() -> None:
    """The sprite of a still element is kept, so a frame costs a blend and no drawing."""
    drawn: list[skia.Canvas] = []
    element = Element(box=WHOLE, paint=drawn.append, start=0, end=100, enter="cut", leave_frames=0)
    overlay = Overlay([element], WIDTH, HEIGHT)
    for number in range(20):
        overlay.blend(_grey(), number)

    assert len(drawn) == 1


@pytest.mark.parametrize("locale", COPY)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_all_text_stands_inside_the_safe_zone(placement: str, locale: str) -> None:
    """On every placement and in every script; the button's shadow may fall outside."""
    composition = draw_composition(placement, locale)
    ink = _touched(composition, 20), _touched(composition, composition.frames - 1)
    safe = composition.safe

    for touched in ink:
        assert touched.any()
        outside = touched.copy()
        outside[safe.top - 2 : safe.bottom + 2, safe.left - 2 : safe.right + 2] = False
        assert not outside.any()


def _touched(composition: Composition, number: int) -> np.ndarray:  # type: ignore[type-arg]
    """Return which pixels bright or accent-coloured ink reaches; the scrim and shadows are dark."""
    frame = _grey(composition.width, composition.height, 16)
    elements = [*scene_elements(composition, None), *end_card_elements(composition, None)]
    overlay = Overlay(elements, composition.width, composition.height)
    for n in range(max(0, number - 1), number + 1):
        frame = _grey(composition.width, composition.height, 16)
        overlay.blend(frame, n)
    return np.asarray(planes(frame, composition.width, composition.height)[0] > 90)


def test_an_end_card_without_price_or_button_has_none() -> None:
    """What the brief does not give is not drawn."""
    bare = draw_composition(price="", old_price="", button="", disclaimer="")

    assert len(list(end_card_elements(bare, None))) == len(["shade", "headline"])


def test_even_boxes_hold_what_they_are_asked_to() -> None:
    """Chroma has half the resolution, so corners are even."""
    box = even_box(3, 5, 10, 11, width=64, height=48)

    assert (box.left, box.top) == (2, 4)
    assert box.right >= 10
    assert box.bottom >= 11
    assert box.right % 2 == box.bottom % 2 == 0


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
