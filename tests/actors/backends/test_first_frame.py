"""Tests of the pictures that lead a model: fitted as the built-in renderer would draw them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from actors.backends import VIDEO_MODELS, Materials, Site
from actors.backends.motion import Motion
from actors.backends.motion.first_frame import Picture, fit_still, subject_on_white
from actors.colors import to_picture
from actors.watch import CallWatch
from schemas.errors import GenerationError
from schemas.plan import Shot
from tests.tiny.rows import Notebook
from tests.tiny.runs import draw_shot

SHOT = draw_shot("wan-vace-1.3b", 9, size=(64, 96), show="product", still="a")


@pytest.fixture
def bottle(tmp_path: Path) -> Path:
    """A red bottle on grey, with its matte."""
    picture = Image.new("RGBA", (300, 200), (90, 90, 90, 0))
    ImageDraw.Draw(picture).rectangle((130, 40, 169, 159), fill=(220, 20, 20, 255))
    picture.save(tmp_path / "bottle.png")
    return tmp_path / "bottle.png"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo without a matte, red on its left and blue on its right."""
    picture = Image.new("RGB", (300, 100), (20, 20, 220))
    picture.paste((220, 20, 20), (0, 0, 150, 100))
    picture.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize("size", [(64, 96), (96, 64), (480, 832)])
def test_a_still_fills_the_frame(photo: Path, size: tuple[int, int]) -> None:
    """Of whatever ratio."""
    made = fit_still(photo, SHOT.model_copy(update={"width": size[0], "height": size[1]}))

    assert made.shape == (size[1], size[0], 3)
    assert made.dtype == np.uint8


def test_a_still_is_the_first_frame_of_the_built_in_renderer(bottle: Path) -> None:
    """A campaign may change its model, and its pictures stay where they were."""
    calm = SHOT.model_copy(update={"model": "motion/2", "frames": 2, "fps": 30})
    motion = Motion(VIDEO_MODELS["motion"], Site("cpu", None, Notebook()))
    frame = next(motion.render(calm, Materials(still=bottle), shrink=0, watch=CallWatch()).frames)
    drawn = to_picture(frame, 64, 96, "cpu").numpy()

    assert np.abs(drawn.astype(int) - fit_still(bottle, SHOT)).mean() < 3


def test_a_subject_stands_whole_on_white(bottle: Path) -> None:
    """As large as the frame lets it, with a little air; nothing of its background is left."""
    made = subject_on_white(bottle, SHOT).astype(int)
    red = (made[..., 0] > 200) & (made[..., 1] < 60)
    down, across = np.nonzero(red)

    assert made.shape == (96, 64, 3)
    assert (made[0, 0] == 255).all()
    assert red.sum() + ((made > 250).all(axis=-1)).sum() > 0.9 * red.size
    assert 0.7 < (down.max() - down.min()) / 96 < 0.9
    assert abs(down.min() + down.max() - 95) <= 2
    assert abs(across.min() + across.max() - 63) <= 2


def test_a_subject_without_a_matte_is_the_whole_photo(photo: Path) -> None:
    """Both halves of it, smaller than the frame."""
    made = subject_on_white(photo, SHOT).astype(int)
    row = made[48]

    assert (row[0] == 255).all()
    assert row[20, 0] - row[20, 2] > 150
    assert row[44, 2] - row[44, 0] > 150


@pytest.mark.parametrize("fit", [fit_still, subject_on_white])
def test_a_file_that_is_no_picture_is_refused(fit: Callable[[Path, Shot], Picture], tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "broken.png").write_bytes(b"no picture")

    with pytest.raises(GenerationError, match=r"broken\.png"):
        fit(tmp_path / "broken.png", SHOT)
