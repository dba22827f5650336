"""Stills made ready: size, matte and place; with super-resolution where the weights can be fetched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from actors.upscaler import Upscaler
from actors.weights import MANIFEST
from schemas.errors import GenerationError, MediaError
from schemas.plan import Still
from storage.blobs import BlobStore, open_blobs

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """An empty store."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def upscaler(blobs: BlobStore, tmp_path: Path) -> Upscaler:
    """An upscaler on a worker without weights."""
    (tmp_path / "scratch").mkdir()
    return Upscaler(blobs, tmp_path / "scratch", tmp_path / "no-weights")


def store(blobs: BlobStore, tmp_path: Path, picture: Any, **changes: Any) -> Still:
    """Store a picture as an input; return a plain Still of it."""
    path = tmp_path / "source.png"
    Image.fromarray(picture).save(path)
    file = blobs.put("inputs/source.png", path, replace=True)
    values = {"scale": 2, "upscaler": "lanczos", "matte": "", "recipe": 1, **changes}
    return Still(source=file.name, source_sha256=file.sha256, **values)


def draw(height: int = 30, width: int = 40) -> Any:
    """Draw a red square on blue, uint8 [H, W, 3]."""
    picture = np.full((height, width, 3), (20, 30, 200), np.uint8)
    picture[8:22, 10:30] = (220, 40, 20)
    return picture


def opened(blobs: BlobStore, name: str, tmp_path: Path) -> Image.Image:
    """Open a picture of the store."""
    return Image.open(blobs.local(name, tmp_path))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_picture_is_enlarged_exactly(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, scale: int
) -> None:
    """Size, place and facts of the file agree; without a matte it is RGB."""
    still = store(blobs, tmp_path, draw(31, 17), scale=scale)

    made = upscaler.prepare(still)

    picture = opened(blobs, made.file.name, tmp_path)
    assert made.file.name == f"stills/{still.key}.png"
    assert made.still == still.key
    assert (made.width, made.height) == picture.size == (17 * scale, 31 * scale)
    assert picture.mode == "RGB"
    assert not made.matted
    assert made.cpu_seconds >= 0
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_cut_out_keeps_its_own_alpha(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """No model is asked, and the black under the transparency does not reach the edge."""
    alpha = np.zeros((30, 40), np.uint8)
    alpha[8:22, 10:30] = 255
    picture = np.dstack([np.where(alpha[..., None] > 0, draw(), 0), alpha]).astype(np.uint8)
    still = store(blobs, tmp_path, picture, matte=MANIFEST["u2netp"].revision)

    made = upscaler.prepare(still)

    large = np.asarray(opened(blobs, made.file.name, tmp_path))
    seen = large[large[..., 3] > 8][:, :3]
    assert made.matted
    assert large.shape == (60, 80, 4)
    assert np.array_equal(np.unique(seen, axis=0), [[220, 40, 20]])


def test_an_alpha_that_hides_nothing_is_no_matte(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path
) -> None:
    """Many PNG files are RGBA for no reason."""
    opaque = np.dstack([draw(), np.full((30, 40), 255, np.uint8)])

    made = upscaler.prepare(store(blobs, tmp_path, opaque))

    assert not made.matted
    assert opened(blobs, made.file.name, tmp_path).mode == "RGB"


def test_the_same_still_gives_the_same_bytes(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """A worker that repeats another's work changes nothing."""
    still = store(blobs, tmp_path, draw())

    assert upscaler.prepare(still).file == upscaler.prepare(still).file


def test_the_orphan_of_a_dead_run_is_replaced(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """Other bytes under the name have no row that claims them."""
    still = store(blobs, tmp_path, draw())
    orphan = tmp_path / "orphan"
    orphan.write_bytes(b"half a picture")
    blobs.put(f"stills/{still.key}.png", orphan)

    made = upscaler.prepare(still)

    assert blobs.find(made.file.name) == made.file


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"upscaler": MANIFEST["spanx2"].revision}, "reelmill weights fetch spanx2"),
        ({"matte": MANIFEST["u2netp"].revision}, "reelmill weights fetch u2netp"),
        ({"upscaler": "spanx2@000000000000"}, "unknown weights 'spanx2@000000000000'"),
        ({"upscaler": "magic"}, "unknown weights 'magic'"),
    ],
)
def test_weights_that_are_not_there_are_named(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    """The plan was made where they are; this worker lacks them or is of another version."""
    with pytest.raises(GenerationError, match=reason):
        upscaler.prepare(store(blobs, tmp_path, draw(), **changes))


def test_a_picture_that_would_be_too_large_is_refused(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path
) -> None:
    """A long banner passes the input's bound and not this one."""
    still = store(blobs, tmp_path, np.zeros((400, 26_000, 3), np.uint8), scale=4)

    with pytest.raises(GenerationError, match="26000 x 400 times 4 is over"):
        upscaler.prepare(still)


def test_a_source_that_is_no_picture_is_refused(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """As every picture from strangers."""
    path = tmp_path / "page.png"
    path.write_text("<html>")
    blobs.put("inputs/page.png", path)
    still = store(blobs, tmp_path, draw()).model_copy(update={"source": "inputs/page.png"})

    with pytest.raises(MediaError):
        upscaler.prepare(still)


def test_the_cup_is_enlarged_and_cut_out(blobs: BlobStore, tmp_path: Path, weights: Path) -> None:
    """With the published weights, in one go."""
    upscaler = Upscaler(blobs, tmp_path, weights)
    span, matte = MANIFEST["spanx4"].revision, MANIFEST["u2netp"].revision
    photo = np.asarray(Image.open(COFFEE).resize((300, 200)))

    made = upscaler.prepare(store(blobs, tmp_path, photo, scale=4, upscaler=span, matte=matte))

    alpha = np.asarray(opened(blobs, made.file.name, tmp_path))[..., 3]
    assert made.matted
    assert (made.width, made.height) == (1200, 800)
    assert 0.4 < (alpha > 127).mean() < 0.55


def test_a_model_of_another_scale_is_refused(blobs: BlobStore, tmp_path: Path, weights: Path) -> None:
    """A still says both; they must agree."""
    still = store(blobs, tmp_path, draw(), scale=4, upscaler=MANIFEST["spanx2"].revision)

    with pytest.raises(GenerationError, match="enlarges 2 times, not 4 times"):
        Upscaler(blobs, tmp_path, weights).prepare(still)
