"""What a frame of another ratio shows: the subject whole, wherever it is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from actors.enlarging import Size, fitted
from actors.footage import covering
from actors.framing import window_of
from actors.subjects import note_subject, noted_subject, subject_of
from actors.video import planes
from schemas.layout import Box
from schemas.placements import PLACEMENTS

SIZE = (960, 540)
EDGES = {
    "left": Box(left=0, top=200, right=120, bottom=330),
    "right": Box(left=830, top=180, right=960, bottom=400),
    "top": Box(left=400, top=0, right=560, bottom=90),
    "bottom": Box(left=300, top=430, right=520, bottom=540),
    "corner": Box(left=850, top=460, right=960, bottom=540),
    "wide": Box(left=20, top=200, right=940, bottom=350),
    "tall": Box(left=430, top=0, right=560, bottom=540),
    "all": Box(left=0, top=0, right=960, bottom=540),
}
FRAMES = sorted({(place.width, place.height) for place in PLACEMENTS.values()})


@pytest.mark.parametrize("to", FRAMES)
@pytest.mark.parametrize("edge", EDGES)
def test_no_placement_cuts_the_subject(edge: str, to: tuple[int, int]) -> None:
    """At the edges too; of the picture nothing more is given up than the ratio asks."""
    subject = EDGES[edge]
    window = window_of(SIZE, to, subject)

    assert window.left <= subject.left + 1e-6
    assert window.top <= subject.top + 1e-6
    assert window.left + window.width >= subject.right - 1e-6
    assert window.top + window.height >= subject.bottom - 1e-6
    assert window.width / window.height == pytest.approx(to[0] / to[1])
    assert window.fills(*SIZE) or max(subject.width / to[0], subject.height / to[1]) > min(
        SIZE[0] / to[0], SIZE[1] / to[1]
    )


def test_without_a_subject_the_middle_is_shown() -> None:
    """Covered, as it always was."""
    window = window_of((960, 540), (540, 540), None)

    assert window == (210, 0, 540, 540)


def test_what_must_cover_shows_as_much_of_the_subject_as_it_can() -> None:
    """A model takes no stripes."""
    window = window_of((960, 540), (270, 540), EDGES["wide"], cover=True)

    assert window.fills(960, 540)
    assert window.left + window.width / 2 == pytest.approx(480)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("to", [Size(90, 160), Size(120, 120), Size(160, 90)])
def test_a_frame_keeps_every_pixel_of_its_subject(edge: str, to: Size) -> None:
    """Drawn as a bright box on black, it comes out whole and undistorted."""
    size = Size(480, 270)
    box = Box(**{name: value // 2 for name, value in EDGES[edge].model_dump().items()})
    frame = np.full(size.width * size.height * 3 // 2, 128, np.uint8)
    luma = planes(frame, *size)[0]
    luma[...] = 16
    luma[box.top : box.bottom, box.left : box.right] = 235

    (made,) = fitted([frame], size, to, box)

    seen = planes(made, *to)[0] > 190
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    shape = (np.ptp(columns) + 1) / (np.ptp(rows) + 1)
    assert shape == pytest.approx(box.width / box.height, rel=0.2)


def test_a_video_for_a_model_is_cropped_about_its_subject() -> None:
    """The middle would have shown nothing of it."""
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[30:60, 130:158] = 255

    middle = covering(picture, 64, 90)
    about = covering(picture, 64, 90, Box(left=130, top=30, right=158, bottom=60))

    assert middle.max() < 255
    assert (about > 250).sum() >= 0.9 * 30 * 28 * 3


@pytest.mark.parametrize("place", [(60, 70), (600, 90), (350, 240), (650, 420)])
def test_what_draws_the_eye_is_found(place: tuple[int, int]) -> None:
    """Where no weights are, and nothing is cut out: one bright thing on a quiet ground."""
    ground = np.random.default_rng(0).integers(90, 130, (20, 30, 3), dtype=np.uint8)
    picture = np.array(Image.fromarray(ground).resize((900, 600), Image.Resampling.BICUBIC))
    x, y = place
    picture[y : y + 110, x : x + 180] = (200, 40, 30)

    found = subject_of(picture, None, ())

    assert found is not None
    assert found.left <= x
    assert found.top <= y
    assert found.right >= x + 180
    assert found.bottom >= y + 110
    assert found.width * found.height < 0.45 * 900 * 600


def test_nothing_stands_out_of_an_even_texture() -> None:
    """Then the middle is as good as any place."""
    texture = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)

    assert subject_of(texture, None, ()) is None


def test_matte_and_faces_count_together() -> None:
    """A face beside the product is not cut either, with the hair above it."""
    matte = np.zeros((400, 600), np.uint8)
    matte[200:300, 100:200] = 255

    found = subject_of(
        np.zeros((400, 600, 3), np.uint8), matte, [Box(left=400, top=100, right=480, bottom=180)]
    )

    assert found == Box(left=100, top=56, right=500, bottom=300)


def test_a_still_tells_its_subject(tmp_path: Path) -> None:
    """The file alone, to whoever renders it; what is no box in it is not believed."""
    box = Box(left=10, top=20, right=30, bottom=40)
    path = tmp_path / "still.png"
    Image.new("RGB", (50, 60)).save(path, pnginfo=note_subject(box))
    with Image.open(path) as image:
        told = noted_subject(image)
    Image.new("RGB", (25, 60)).save(path, pnginfo=note_subject(box))
    with Image.open(path) as image:
        too_small = noted_subject(image)

    assert told == box
    assert too_small is None
