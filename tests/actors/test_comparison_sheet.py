"""The picture of a comparison: a row a model, a column a scene."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from actors.comparison_sheet import Cell, Row, draw_comparison
from tests.footages import draw_clip, draw_product, draw_scene

SCENES = {
    "look": "a red can on a table, soft morning light, close, slowly turning around itself" * 3,
    "mood": "",
}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip of two pictures."""
    return draw_clip(tmp_path / "clip.mp4", [draw_scene()] * 15 + [draw_scene(2)] * 15)


def _drawn(tmp_path: Path, rows: list[Row], product: Path | None = None) -> np.ndarray:
    path = tmp_path / "out" / "sheet.png"
    draw_comparison(rows, SCENES, title="tiny", notes=["how to read"], product=product, to=path)
    return np.asarray(Image.open(path).convert("RGB"))


def test_every_clip_shows_its_moments(clip: Path, tmp_path: Path) -> None:
    """Side by side, with room for what is written."""
    cell = Cell(clip, (0.1, 0.9), ("sharpness 1", "made in 2 s"))
    sheet = _drawn(tmp_path, [Row("dream", ("6 s",), {"look": cell, "mood": cell}, "")])
    first, second = (np.asarray(Image.fromarray(draw_scene(n)).resize((188, 250))) for n in (1, 2))
    found = sheet[132 + 12 : 132 + 12 + 250, 18 + 250 :]

    assert np.abs(found[:, :188].astype(int) - first).mean() < 6
    assert np.abs(found[:, 192 : 192 + 188].astype(int) - second).mean() < 6


def test_what_is_missing_says_why(clip: Path, tmp_path: Path) -> None:
    """A model that could not be tried has a low row, a scene that failed a hole; long reasons are folded."""
    cells = {"look": Cell(clip, (0.1,), ("", "")), "mood": Cell(None, (), ("it broke " * 40,))}
    tried = _drawn(tmp_path, [Row("dream", (), cells, "")])
    both = _drawn(tmp_path, [Row("dream", (), cells, ""), Row("blind", (), {}, "it cannot do that " * 20)])

    assert both.shape[1] == tried.shape[1]
    assert tried.shape[0] < both.shape[0] < tried.shape[0] + 150


@pytest.mark.parametrize("size", [(400, 300), (100, 900)])
def test_the_product_stands_in_the_corner(size: tuple[int, int], clip: Path, tmp_path: Path) -> None:
    """Whatever its shape; it pushes nothing aside that it would cover."""
    draw_product(300).resize(size).save(tmp_path / "product.png")
    row = Row("dream", (), {"look": Cell(clip, (0.1,), ("", ""))}, "")
    sheet = _drawn(tmp_path, [row], tmp_path / "product.png")
    corner = sheet[:132, : 18 + 104].astype(int)

    assert ((corner[..., 0] > 150) & (corner[..., 1] < 80)).any()


def test_many_scenes_are_drawn_smaller(clip: Path, tmp_path: Path) -> None:
    """A picture that is too wide opens nowhere."""
    scenes = {f"scene-{n}": "" for n in range(12)}
    row = Row("dream", (), dict.fromkeys(scenes, Cell(clip, (0.1, 0.5, 0.9), ("", ""))), "")
    path = tmp_path / "sheet.png"
    draw_comparison([row], scenes, title="tiny", notes=[], product=None, to=path)

    assert Image.open(path).width < 5600
