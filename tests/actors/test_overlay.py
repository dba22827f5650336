"""What is laid over frames: sprites and poses."""

from collections.abc import Callable

import numpy as np
import pytest
import skia
from numpy.typing import NDArray

from actors.elements import REST, Element
from actors.overlay import Overlay
from actors.sprites import draw_sprite, even_box
from actors.video import Frame, planes
from schemas.layout import Box

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


@pytest.mark.parametrize("opacity", [1.0, 0.5, 0.07])
def test_what_is_blended_is_what_floats_give(opacity: float) -> None:
    """Within one level, on all three planes, at an odd place, over any picture."""
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 256, WIDTH * HEIGHT * 3 // 2, np.uint8)
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    patch = rng.integers(0, 256, (21, 31, 4)).astype(np.float64)
    patch[..., :3] *= patch[..., 3:] / 255
    pixels[7:28, 11:42] = patch.astype(np.uint8)
    kind = {"colorType": skia.kRGBA_8888_ColorType, "alphaType": skia.kPremul_AlphaType}
    image = skia.Image.fromarray(pixels, **kind)
    wanted = _floating(frame, pixels, opacity)
    sprite = draw_sprite(WHOLE, lambda canvas: canvas.drawImage(image, 0, 0))
    assert sprite is not None
    sprite.faded(opacity).blend(frame, WIDTH, HEIGHT)

    assert np.abs(frame - np.rint(wanted)).max() <= 1


def _floating(frame: Frame, pixels: NDArray[np.uint8], opacity: float) -> NDArray[np.float64]:
    """Lay premultiplied RGBA over a frame as ITU-R BT.709-6 has it, without rounding."""
    red, green, blue, alpha = (opacity * pixels[..., n] / 255 for n in range(4))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    colors = (
        219 * luma + 16 * alpha,
        *((c - luma) / d * 224 + 128 * alpha for c, d in ((blue, 1.8556), (red, 1.5748))),
    )
    halved = [part.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(1, 3)) for part in (*colors[1:], alpha)]
    parts = (colors[0], alpha), (halved[0], halved[2]), (halved[1], halved[2])
    below = planes(frame, WIDTH, HEIGHT)
    laid = [color + plane * (1 - share) for (color, share), plane in zip(parts, below, strict=True)]
    return np.concatenate([plane.reshape(-1) for plane in laid])


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


def test_what_rests_or_fades_is_drawn_once() -> None:
    """The sprite of a still element is kept, so a frame costs a blend and no drawing."""
    drawn: list[skia.Canvas] = []
    element = Element(box=WHOLE, paint=drawn.append, start=0, end=20, enter="fade", leave_frames=5)
    overlay = Overlay([element], WIDTH, HEIGHT)
    for number in range(25):
        overlay.blend(_grey(), number)

    assert len(drawn) == 1


def test_even_boxes_hold_what_they_are_asked_to() -> None:
    """Chroma has half the resolution, so corners are even."""
    box = even_box(3, 5, 10, 11, width=64, height=48)

    assert (box.left, box.top) == (2, 4)
    assert box.right >= 10
    assert box.bottom >= 11
    assert box.right % 2 == box.bottom % 2 == 0


def test_what_changes_its_size_is_painted_once() -> None:
    """All its sizes come from one picture; at rest it looks as if it were painted then."""
    painted: list[int] = []

    def paint(canvas: skia.Canvas) -> None:
        painted.append(1)
        canvas.drawCircle(32, 24, 12, skia.Paint(Color=skia.ColorRED, AntiAlias=True))

    element = Element(box=WHOLE, paint=paint, start=0, end=60, enter="pop", pulse=20, leave_frames=0)
    overlay = Overlay([element], WIDTH, HEIGHT)
    frames = [_grey() for _ in range(60)]
    for number, frame in enumerate(frames):
        overlay.blend(frame, number)
    at_rest = _grey()
    sprite = draw_sprite(WHOLE, paint)
    assert sprite is not None
    sprite.blend(at_rest, WIDTH, HEIGHT)

    assert len(painted) == 2
    assert np.abs(frames[59].astype(int) - at_rest).max() <= 1
    assert len({frame.tobytes() for frame in frames}) > 10
