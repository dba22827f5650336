"""Cutting the subject out: edges and islands on drawn pictures, the network where it can be fetched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from actors.matte import Matter, follow_edges, has_cut_out, is_clear, spread_colours, without_islands
from schemas.errors import GenerationError
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


@pytest.fixture(scope="session")
def matter(published: Published) -> Matter:
    """The published network."""
    return Matter(published("u2netp"))


def disc(side: int, radius: float, centre: tuple[float, float] = (0.5, 0.5)) -> Any:
    """Return a mask [side, side]; radius and centre are shares of the side."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2


def paint(mask: Any) -> Any:
    """Paint a red subject on grainy wood, uint8 [H, W, 3]."""
    grain = np.random.default_rng(1).normal(0, 8, (*mask.shape, 1))
    colours = np.where(mask[..., None], (190, 40, 20), (140, 100, 60)) + grain
    return colours.clip(0, 255).astype(np.uint8)


def soft(mask: Any, side: int) -> torch.Tensor:
    """Shrink a mask as the network would see it: small and blurred."""
    small = Image.fromarray((mask * 255).astype(np.uint8)).resize((side // 2, side // 2))
    return torch.from_numpy(np.asarray(small.resize((side, side), Image.Resampling.BILINEAR)) / 255).float()


def test_a_coarse_matte_is_drawn_to_the_edge() -> None:
    """The network's outline is off by pixels; the picture knows better."""
    true = disc(600, 0.3)
    coarse = soft(disc(600, 0.3, (0.505, 0.5)), 320)

    fine = follow_edges(coarse, paint(true)).numpy()

    found = fine > 0.5
    assert fine.shape == (600, 600)
    assert (found & ~true).mean() < 0.002
    assert (true & ~found).mean() < 0.008
    assert ((fine > 0.05) & (fine < 0.95)).mean() < 0.03
    assert fine[disc(600, 0.27)].min() == 1
    assert fine[~disc(600, 0.33)].max() == 0


def test_a_matte_fills_pictures_of_any_shape() -> None:
    """Banners and single pixels too."""
    for height, width in ((1, 1), (7, 2000), (900, 3)):
        fine = follow_edges(torch.ones(32, 32), np.zeros((height, width, 3), np.uint8))

        assert fine.shape == (height, width)
        assert fine.min() == 1


def test_islands_go_and_the_subject_stays() -> None:
    """A crumb beside the cup is no second subject; a second cup is."""
    cup, crumb, twin = disc(100, 0.2, (0.3, 0.5)), disc(100, 0.02, (0.8, 0.2)), disc(100, 0.1, (0.8, 0.8))
    matte = torch.from_numpy((cup | crumb | twin) * 0.9).float()

    kept = without_islands(matte).numpy() > 0

    assert np.array_equal(kept, cup | twin)


def test_a_matte_without_background_or_subject_has_no_islands() -> None:
    """The two extremes pass through."""
    assert without_islands(torch.ones(20, 30)).min() == 1
    assert without_islands(torch.zeros(20, 30)).max() == 0


@pytest.mark.parametrize(
    ("matte", "clear"),
    [
        (disc(100, 0.3), True),
        (disc(100, 0.05), False),
        (disc(100, 2), False),
        (disc(100, 0.2) + 0.5 * disc(100, 0.4), False),
        (np.full((100, 100), 0.6), False),
    ],
    ids=["a subject", "a speck", "everything", "a wide veil", "grey"],
)
def test_a_hopeless_matte_is_known(matte: Any, clear: bool) -> None:  # noqa: FBT001 (a table's column)
    """Better no cut-out than half of one."""
    assert is_clear(torch.from_numpy(np.minimum(matte, 1.0)).float()) is clear


def test_colours_spread_into_what_is_transparent() -> None:
    """Black under a cut-out would darken its edge when enlarged."""
    mask = disc(60, 0.3)
    picture = np.dstack([np.where(mask[..., None], (200, 90, 30), 0), mask * 255]).astype(np.uint8)

    painted = spread_colours(picture)

    assert painted.shape == (60, 60, 3)
    assert np.array_equal(painted, np.broadcast_to(np.uint8([200, 90, 30]), (60, 60, 3)))


def test_a_wholly_transparent_picture_has_colours_still() -> None:
    """It is no cut-out, but must not break anything."""
    assert spread_colours(np.zeros((9, 9, 4), np.uint8)).max() == 0


def test_rounded_corners_are_no_cut_out() -> None:
    """An alpha channel has to part a subject from a background."""
    corners = np.full((100, 100), 255, np.uint8)
    corners[:5, :5] = 0

    assert not has_cut_out(corners)
    assert has_cut_out((disc(100, 0.3) * 255).astype(np.uint8))


def test_a_damaged_network_is_refused(tmp_path: Path) -> None:
    """The message names the file and what onnxruntime says of it."""
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"not a network")

    with pytest.raises(GenerationError, match=r"bad\.onnx: cannot be loaded"):
        Matter(path)


def test_the_cup_is_cut_out_of_its_table(matter: Matter) -> None:
    """Cup, saucer and spoon; nothing of the table's corners."""
    photo = np.asarray(Image.open(COFFEE))

    matte = matter.matte(photo)

    assert matte is not None
    assert matte.shape == photo.shape[:2]
    assert 0.4 < (matte > 127).mean() < 0.55
    assert matte[150:300, 150:400].min() > 250
    assert max(matte[:, :60].max(), matte[:, 500:].max(), matte[394:].max()) == 0
    assert np.array_equal(matte, matter.matte(photo))


def test_a_picture_without_a_subject_gets_no_matte(matter: Matter) -> None:
    """An even gradient shows nothing to cut out."""
    gradient = np.broadcast_to(np.linspace(90, 150, 300, dtype=np.uint8)[:, None, None], (300, 400, 3))

    assert matter.matte(np.ascontiguousarray(gradient)) is None
