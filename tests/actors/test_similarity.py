"""Clips that show the product are told from those that do not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from actors.similarity import measure_similarity
from tests.footages import Picture, draw_clip, draw_product, draw_scene, placed


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """The cut-out product, larger than any frame shows it."""
    draw_product(400).save(tmp_path / "product.png")
    return tmp_path / "product.png"


def _similarity(tmp_path: Path, product: Path, pictures: list[Picture]) -> float:
    return measure_similarity(draw_clip(tmp_path / "clip.mp4", pictures), product)


def _showing(side: int, *, seed: int = 1) -> list[Picture]:
    return [placed(draw_scene(seed), draw_product(side), (10 + 3 * n, 40 + 2 * n)) for n in range(12)]


@pytest.mark.parametrize("side", [70, 120, 200])
def test_a_clip_that_shows_the_product_is_like_it(side: int, product: Path, tmp_path: Path) -> None:
    """At whatever size and place, also where it moves."""
    shown = _similarity(tmp_path, product, _showing(side))
    others = [_similarity(tmp_path, product, [draw_scene(seed)] * 12) for seed in (1, 2, 3)]

    assert shown > 0.75
    assert shown > max(others) + 0.2


def test_another_colour_or_another_shape_is_less_like_it(product: Path, tmp_path: Path) -> None:
    """Both count."""
    right = draw_product(120)
    red, green, blue, alpha = right.split()
    other_colour = Image.merge("RGBA", (blue, red, green, alpha))
    upside_down = right.transpose(Image.Transpose.ROTATE_90)
    same, recoloured, turned = (
        _similarity(tmp_path, product, [placed(draw_scene(), picture, (50, 60))] * 6)
        for picture in (right, other_colour, upside_down)
    )

    assert same > recoloured + 0.2
    assert same > turned + 0.2


def test_another_light_makes_little_difference(product: Path, tmp_path: Path) -> None:
    """A model may light the product as the scene asks."""
    dimmed = ImageEnhance.Brightness(draw_product(120)).enhance(0.85)
    shown = _similarity(tmp_path, product, [placed(draw_scene(), dimmed, (50, 60))] * 6)
    absent = _similarity(tmp_path, product, [draw_scene()] * 6)

    assert shown > absent + 0.2


def test_a_clip_that_loses_the_product_is_between(product: Path, tmp_path: Path) -> None:
    """The mean over the clip counts."""
    whole, half, none = (
        _similarity(tmp_path, product, pictures)
        for pictures in (_showing(120), _showing(120)[:6] + [draw_scene()] * 6, [draw_scene()] * 12)
    )

    assert whole > half + 0.05 > none + 0.1


def test_a_picture_without_cut_out_is_matched_by_its_middle(tmp_path: Path) -> None:
    """Weights for cutting out may be missing."""
    photo = placed(np.full((320, 240, 3), 200, np.uint8), draw_product(160), (40, 80))
    Image.fromarray(photo).save(tmp_path / "photo.png")
    shown = _similarity(tmp_path, tmp_path / "photo.png", [photo] * 6)
    absent = _similarity(tmp_path, tmp_path / "photo.png", [draw_scene()] * 6)

    assert shown > absent + 0.2


@pytest.mark.parametrize(("colour", "like"), [("#C02018", True), ("#2030C0", False)])
def test_a_product_of_one_colour_is_known_by_it(colour: str, tmp_path: Path, *, like: bool) -> None:
    """There is no shape inside it to match."""
    Image.new("RGB", (100, 100), "#C02018").save(tmp_path / "red.png")
    square = Image.new("RGBA", (100, 100), colour)
    found = _similarity(tmp_path, tmp_path / "red.png", [placed(draw_scene(), square, (60, 90))] * 6)

    assert 0 <= found <= 1
    assert (found > 0.8) == like
