"""Frames enlarged: exact sizes, nothing distorted, one frame at a time."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
import torch

from actors.enlarging import Size, fitted, sharpened
from actors.span import Span
from actors.video import Frame, planes


def draw(size: Size, *, value: int = 100) -> Frame:
    """Draw a frame whose luma and U rise from left to right, V from top to bottom, at the same places."""
    frame = np.zeros(size.width * size.height * 3 // 2, np.uint8)
    luma, u, v = planes(frame, *size)
    luma[...] = np.round(value * np.arange(size.width) / size.width)
    u[...] = np.round(value * np.arange(0, size.width, 2) / size.width)
    v[...] = np.round(value * (np.arange(0, size.height, 2) + 0.5) / size.height)[:, None]
    return frame


@pytest.fixture
def span() -> Span:
    """A SPAN of 4 channels and random weights that enlarges twice."""
    torch.manual_seed(3)
    model = Span(scale=2, channels=4).eval()
    torch.nn.init.constant_(model.expand.bias, 0.5)
    return model


@pytest.mark.parametrize(
    ("size", "to"),
    [
        (Size(480, 864), Size(1080, 1920)),
        (Size(832, 480), Size(1920, 1080)),
        (Size(96, 96), Size(1080, 1080)),
        (Size(300, 200), Size(120, 80)),
    ],
)
def test_luma_and_chroma_are_moved_alike(size: Size, to: Size) -> None:
    """Chroma has its samples beside those of luma, not between them, before and after."""
    (large,) = fitted([draw(size)], size, to)

    luma, u, _ = planes(large, *to)
    assert np.abs(luma[:, ::2].mean(0) - u.mean(0))[2:-2].max() <= 1
    assert luma.shape == (to.height, to.width)


@pytest.mark.parametrize("to", [Size(100, 40), Size(40, 100), Size(62, 62)])
def test_the_middle_is_kept_where_the_ratio_differs(to: Size) -> None:
    """Covered, never stretched: what goes missing goes missing on both sides alike."""
    size = Size(60, 60)
    frame = np.zeros(60 * 60 * 3 // 2, np.uint8)
    planes(frame, *size)[0][20:40, 20:40] = 200

    (large,) = fitted([frame], size, to)

    rows, columns = np.nonzero(planes(large, *to)[0] > 100)
    assert rows.min() + rows.max() == to.height - 1
    assert columns.min() + columns.max() == to.width - 1
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=1)


def test_a_frame_of_the_right_size_is_left_alone() -> None:
    """Not resampled, not copied."""
    frame = draw(Size(20, 30))

    assert next(fitted([frame], Size(20, 30), Size(20, 30))) is frame


@pytest.mark.parametrize("method", ["lanczos", "span"])
def test_one_frame_is_taken_for_each_that_is_given(method: str, span: Span) -> None:
    """So a clip of any length, here an endless one, is never held in memory."""
    taken = count()

    def endless() -> Iterator[Frame]:
        while next(taken) < 1000:
            yield draw(Size(20, 30))

    frames: Iterator[Frame] = endless()
    if method == "span":
        frames = sharpened(frames, Size(20, 30), span, 64)
    frames = fitted(frames, Size(40, 60) if method == "span" else Size(20, 30), Size(60, 90))
    for _ in range(3):
        next(frames)

    assert next(taken) == 3


def test_super_resolution_doubles_a_frame(span: Span) -> None:
    """Whatever the tiles; they meet without a seam."""
    whole, tiled = (next(sharpened([draw(Size(90, 80))], Size(90, 80), span, tile)) for tile in (512, 40))

    assert whole.size == 4 * 90 * 80 * 3 // 2
    assert np.abs(whole.astype(int) - tiled).max() <= 1
