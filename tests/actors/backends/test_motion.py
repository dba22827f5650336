"""How the built-in renderer frames, moves and fills; on drawn pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from actors.backends import VIDEO_MODELS, Materials, Site
from actors.backends.motion import Motion
from actors.backends.motion.cameras import MOVES
from actors.backends.motion.canvas import bounds, forward, inverse
from actors.backends.motion.filling import blur, fill, regrow
from actors.backends.motion.framing import crop, place, read_photo
from actors.backends.motion.moods import read_mood
from actors.watch import CallWatch
from schemas.brief import Palette
from schemas.layout import Box, subject_box
from schemas.plan import Shot
from tests.tiny.rows import Notebook

SIZES = [(1080, 1920), (1080, 1080), (1920, 1080), (1080, 1350), (1000, 1500)]
SPOTS = {
    "middle": (200, 150, 400, 250),
    "corner": (0, 0, 90, 60),
    "edge": (420, 180, 600, 400),
    "all": (0, 0, 600, 400),
}
CAMERAS = pytest.mark.parametrize("camera", sorted(MOVES))


def a_still(folder: Path, spot: tuple[int, int, int, int] | None, size: tuple[int, int] = (600, 400)) -> Path:
    """Draw a still whose subject is a rectangle with a white dot in its middle."""
    picture = Image.new("RGB", size, (60, 60, 60))
    if spot:
        left, top, right, bottom = spot
        x, y = (left + right) // 2, (top + bottom) // 2
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=(80, 80, 80))
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=(255, 255, 255))
        matte = Image.new("L", size, 0)
        ImageDraw.Draw(matte).rectangle((left, top, right - 1, bottom - 1), fill=255)
        picture.putalpha(matte)
    path = folder / "still.png"
    picture.save(path)
    return path


def dot(frame: NDArray[np.uint8], width: int, height: int) -> tuple[float, float]:
    """Return the middle of the bright dot, in pixels."""
    light = np.clip(frame[: width * height].reshape(height, width).astype(np.float64) - 110, 0, None)
    ys, xs = np.mgrid[:height, :width]
    return float((xs * light).sum() / light.sum()), float((ys * light).sum() / light.sum())


@CAMERAS
def test_cameras_are_continuous_and_neither_jerk_nor_stop(camera: str) -> None:
    """Every step is about as long as the one before."""
    moments = [MOVES[camera].poses(n / 200) for n in range(201)]
    path = np.array([[*moment.background, *moment.foreground] for moment in moments])
    steps = np.diff(path, axis=0)

    assert np.abs(steps).max() < 0.002
    assert np.abs(np.diff(steps, axis=0)).max() < 0.00005


@CAMERAS
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("spot", SPOTS)
def test_the_subject_stays_whole_inside_the_frame(
    camera: str, size: tuple[int, int], spot: str, tmp_path: Path
) -> None:
    """For every shape, camera and place of the subject in its photo."""
    photo = read_photo(a_still(tmp_path, SPOTS[spot]))
    placed = place(photo, subject_box(*size, end_card=False), size)

    for n in range(21):
        pose = MOVES[camera].poses(n / 20).foreground
        seen = bounds(forward(pose, placed.pivot, min(size)), placed.subject)

        assert min(seen.left, seen.top, size[0] - seen.right, size[1] - seen.bottom) >= 0


@pytest.mark.parametrize("spot", SPOTS)
def test_the_subject_rests_inside_its_box_and_cropping_leaves_it_there(spot: str, tmp_path: Path) -> None:
    """The composer writes beside the box."""
    box = subject_box(1080, 1920, end_card=False)
    placed = place(read_photo(a_still(tmp_path, SPOTS[spot])), box, (1080, 1920))
    cropped = crop(placed, placed.subject)

    inside = (placed.subject.left - box.left, placed.subject.top - box.top)
    assert min(*inside, box.right - placed.subject.right, box.bottom - placed.subject.bottom) >= -1e-6
    assert cropped.subject == pytest.approx(placed.subject)


def test_a_small_subject_does_not_make_the_photo_larger_than_the_frame_needs(tmp_path: Path) -> None:
    """Pixels are not blown up, and the surroundings are part of the picture."""
    photo = read_photo(a_still(tmp_path, (290, 190, 310, 210)))

    placed = place(photo, Box(left=0, top=100, right=300, bottom=300), (300, 400))

    assert placed.scale == 1


@pytest.mark.parametrize("camera", ["pan", "orbit", "parallax"])
def test_motion_is_monotone_and_smooth_below_the_pixel(camera: str, tmp_path: Path) -> None:
    """The dot's path has no steps: it stays within 0.06 px of a smooth curve."""
    shot = Shot(
        show="product",
        still="x",
        prompt="",
        camera=camera,
        palette=Palette(primary="#000000", accent="#FFFFFF"),
        width=320,
        height=320,
        frames=40,
        seed=1,
        model="motion/2",
    )
    still = a_still(tmp_path, SPOTS["middle"])
    motion = Motion(VIDEO_MODELS["motion"], Site("cpu", None, Notebook()))
    drawn = motion.render(shot, Materials(still=still), shrink=0, watch=CallWatch())
    xs = np.array([dot(frame, 320, 320)[0] for frame in drawn.frames])
    curve = np.polynomial.chebyshev.Chebyshev.fit(np.arange(40), xs, 7)(np.arange(40))

    steps = np.diff(xs) * np.sign(xs[-1] - xs[0])
    assert steps.min() > 0
    assert np.abs(xs - curve).max() < 0.06


def test_an_affine_map_is_undone_by_its_inverse() -> None:
    """Layers are drawn by looking back from the frame."""
    pose = MOVES["orbit"].poses(0.2).foreground
    there = forward(pose, (300.0, 500.0), 1080)
    a, b, c, d, e, f = inverse(there)
    x, y = there[0] * 70 + there[1] * 90 + there[2], there[3] * 70 + there[4] * 90 + there[5]

    assert (a * x + b * y + c, d * x + e * y + f) == pytest.approx((70, 90))


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_blur_spreads_as_far_as_it_says(sigma: float) -> None:
    """Measured on a thin line: its variance grows by sigma squared, and no light is lost."""
    line = torch.zeros(1, 128, 128)
    line[:, :, 64] = 1
    soft = blur(line, sigma)[0, 64].double()
    xs = torch.arange(128)
    middle = (xs * soft).sum() / soft.sum()
    spread = ((xs - middle) ** 2 * soft).sum() / soft.sum()

    assert float(soft.sum()) == pytest.approx(1, rel=0.15)
    assert float(spread.sqrt()) == pytest.approx(sigma, rel=0.25)


@pytest.mark.parametrize("close", ["smooth", "textured"])
def test_holes_take_the_colours_around_them(close: str) -> None:
    """Nothing of what was in the hole shows through, and what is known stays as it is."""
    ramp = torch.linspace(0.2, 0.8, 96).expand(3, 80, 96).clone()
    known = torch.ones(1, 80, 96)
    known[:, 30:50, 40:60] = 0
    spoiled = torch.where(known > 0, ramp, torch.ones(()))

    filled = fill(spoiled, known) if close == "smooth" else regrow(spoiled, known, 4.0)

    assert torch.allclose(filled, ramp, atol=0.08)
    assert torch.allclose(filled * known, ramp * known, atol=1e-3)


def test_a_picture_of_which_nothing_is_known_becomes_its_average() -> None:
    """A subject may fill its whole photo."""
    picture = torch.rand(3, 33, 47, generator=torch.Generator().manual_seed(1))

    filled = fill(picture, torch.zeros(1, 33, 47))

    assert torch.allclose(filled, picture.mean((1, 2), keepdim=True).expand_as(filled), atol=0.1)


def test_moods_add_up_within_bounds() -> None:
    """Words pull on speed, contrast, warmth and light; unknown ones on nothing."""
    assert read_mood("xyzzy") == read_mood("")
    assert read_mood("Calm").speed < read_mood("").speed < read_mood("energetic, bold").speed
    assert read_mood("ice water").warmth < 0 < read_mood("golden").warmth
    assert read_mood("dark night noir luxury").light >= -1
