"""Finding faces, with the true weights."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from actors.faces import FaceFinder
from tests.published import Published

PORTRAIT = Path(__file__).parents[1] / "media" / "portrait.jpg"


@pytest.fixture(name="finder")
def _finder(published: Published) -> FaceFinder:
    return FaceFinder(published("blazeface"))


@pytest.mark.parametrize(
    ("size", "place"),
    [((224, 224), (0, 0)), ((900, 320), (0, 40)), ((900, 320), (676, 60)), ((320, 1000), (50, 776))],
)
def test_a_face_is_found_where_it_is(
    finder: FaceFinder, size: tuple[int, int], place: tuple[int, int]
) -> None:
    """In the whole picture, and at the ends of a long one."""
    picture = Image.new("RGB", size, (120, 120, 120))
    with Image.open(PORTRAIT) as portrait:
        picture.paste(portrait, place)

    faces = finder.find(np.asarray(picture))

    assert len(faces) == 1
    x, y = faces[0].center
    assert abs(x - place[0] - 109) < 14
    assert abs(y - place[1] - 84) < 14


def test_no_face_is_seen_in_a_texture(finder: FaceFinder) -> None:
    """Nor in an even picture."""
    texture = np.random.default_rng(2).integers(0, 255, (300, 500, 3), dtype=np.uint8)

    assert finder.find(texture) == ()
    assert finder.find(np.full((300, 500, 3), 90, np.uint8)) == ()
