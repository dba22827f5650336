"""Clips are measured: blur is less sharp, what stands still does not move, what flashes flickers."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from actors.measures import Movement, measure_movement, measure_sharpness
from tests.footages import Picture, draw_clip, draw_scene

NUMBER = 16


def _noise(seed: int = 3) -> Picture:
    grain = np.random.default_rng(seed).integers(0, 60, (320, 240, 1))
    return np.clip(draw_scene() + grain, 0, 255).astype(np.uint8)


def _blurred(picture: Picture, radius: float) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def _turned(picture: Picture, step: int) -> list[Picture]:
    """Return the pictures of a scene that passes by, *step* pixels a frame."""
    return [np.roll(picture, step * n, axis=1) for n in range(NUMBER)]


def _lit(picture: Picture, levels: list[float]) -> list[Picture]:
    return [np.clip(picture * level, 0, 255).astype(np.uint8) for level in levels]


def _movement(tmp_path: Path, pictures: list[Picture], fps: int = 30) -> Movement:
    return measure_movement(draw_clip(tmp_path / f"{len(list(tmp_path.iterdir()))}.mp4", pictures, fps))


def test_a_blurred_clip_is_less_sharp(tmp_path: Path) -> None:
    """The more blurred, the less; a clip of one grey is not sharp at all."""
    clips = [[_blurred(_noise(), radius)] * 3 for radius in (0, 1, 3)]
    clips.append([np.full((320, 240, 3), 120, np.uint8)] * 3)
    sharp = [measure_sharpness(draw_clip(tmp_path / f"{n}.mp4", clip)) for n, clip in enumerate(clips)]

    assert sharp[0] > 2 * sharp[1] > 2.2 * sharp[2]
    assert sharp[3] == pytest.approx(0, abs=0.01)


def test_a_larger_file_of_the_same_picture_is_no_sharper(tmp_path: Path) -> None:
    """Nor is it much less so: clips are measured at one size."""
    small = Image.fromarray(_blurred(_noise(), 0.5)).resize((720, 960), Image.Resampling.NEAREST)
    large = small.resize((1440, 1920), Image.Resampling.LANCZOS)
    once, twice = (
        measure_sharpness(draw_clip(tmp_path / f"{picture.width}.mp4", [np.asarray(picture)] * 2))
        for picture in (small, large)
    )

    assert once / 2 < twice < 1.1 * once


def test_a_still_neither_moves_nor_flickers(tmp_path: Path) -> None:
    """What the encoder changes is too little to count."""
    still = _movement(tmp_path, [_noise()] * NUMBER)

    assert still.motion < 1
    assert still.flicker < 0.1


def test_what_moves_faster_moves_more(tmp_path: Path) -> None:
    """Motion is told in what changes a second, whatever the frame rate."""
    slow, fast = (_movement(tmp_path, _turned(draw_scene(), step)) for step in (1, 3))
    halved = _movement(tmp_path, _turned(draw_scene(), 2), fps=15)

    assert fast.motion > 2 * slow.motion > 10
    assert halved.motion == pytest.approx(slow.motion, rel=0.15)


def test_a_flashing_clip_flickers_and_does_not_move(tmp_path: Path) -> None:
    """Its brightness changes everywhere at once, to and fro."""
    flashing = _movement(tmp_path, _lit(draw_scene(), [1.0, 0.9] * (NUMBER // 2)))
    passing = _movement(tmp_path, _turned(draw_scene(), 2))

    assert flashing.flicker > 5
    assert flashing.flicker > 5 * passing.flicker
    assert flashing.motion < passing.motion


def test_a_slow_fade_does_not_flicker(tmp_path: Path) -> None:
    """A frame of it stands between its neighbours."""
    fading = _movement(tmp_path, _lit(draw_scene(), [1 - n / 30 for n in range(NUMBER)]))

    assert fading.flicker < 0.5


def test_flicker_in_a_corner_is_found_beside_motion(tmp_path: Path) -> None:
    """The half of the picture that moves least is looked at."""
    passing = [picture.copy() for picture in _turned(draw_scene(), 3)]
    calm = [picture.copy() for picture in passing]
    for number, (steady, flashing) in enumerate(zip(calm, passing, strict=True)):
        steady[:180] = 90
        flashing[:180] = 90 + 12 * (number % 2)

    assert _movement(tmp_path, passing).flicker > 4 * _movement(tmp_path, calm).flicker


def test_a_single_frame_can_be_measured(tmp_path: Path) -> None:
    """It has no neighbours."""
    clip = draw_clip(tmp_path / "one.mp4", [draw_scene()])

    assert measure_movement(clip) == (0, 0)
    assert measure_sharpness(clip) > 0
