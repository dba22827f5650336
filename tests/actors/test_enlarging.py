"""Frames enlarged: exact sizes, nothing distorted, one frame at a time."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
import torch

from actors.enlarging import Between, Size, drawn_between, fitted, retimed, sharpened
from actors.rife import Rife
from actors.span import Span
from actors.video import Frame, planes
from schemas.errors import GenerationError


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
    whole, tiled = (next(sharpened([draw(Size(90, 80))], Size(90, 80), span, tile)) for tile in (0, 40))

    assert whole.size == 4 * 90 * 80 * 3 // 2
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def numbered(count: int) -> Iterator[Frame]:
    """Yield frames of one value each: their number times ten, as far as that goes."""
    return (np.full(6, min(10 * number, 255), np.uint8) for number in range(count))


def mixed(before: Frame, after: Frame, part: float) -> Frame:
    """Draw between two frames by mixing them."""
    return np.round(before * (1 - part) + after * part).astype(np.uint8)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (16, [0, 0, 10, 10, 20, 20, 30, 30, 40, 40, 50]),
        (24, [0, 0, 10, 20, 30, 40, 40, 50, 60, 70, 80]),
        (25, [0, 0, 10, 20, 30, 40, 50, 50, 60, 70, 80]),
        (30, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (60, [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200]),
    ],
)
def test_at_another_rate_the_frame_before_stands(fps: int, expected: list[int]) -> None:
    """Never one from the future; at the same rate nothing happens, at a higher some are left out."""
    assert [int(frame[0]) for frame in retimed(numbered(21), fps, 30, 11)] == expected


@pytest.mark.parametrize("fps", [16, 24, 25, 30])
def test_an_interpolator_draws_each_frame_at_its_own_time(fps: int) -> None:
    """Steady motion comes out steady: here a value that rises by ten a frame."""
    values = [int(frame[0]) for frame in retimed(numbered(12), fps, 30, 11, mixed)]

    assert values == pytest.approx([10 * number * fps / 30 for number in range(11)], abs=0.51)


@pytest.mark.parametrize("fps", [16, 24, 25, 30])
def test_frames_that_are_there_are_not_drawn_again(fps: int) -> None:
    """An interpolator is asked only for what lies between two."""
    frames = list(numbered(20))

    kept = [frame for frame in retimed(frames, fps, 30, 20, mixed) if any(frame is one for one in frames)]

    assert len(kept) == sum(number * fps % 30 == 0 for number in range(20))


@pytest.mark.parametrize("between", [None, mixed])
@pytest.mark.parametrize("fps", [16, 24, 25, 30])
def test_a_second_becomes_exactly_a_second(fps: int, between: Between | None) -> None:
    """The last frame stands where there is none to go to; one too few is found out."""
    assert len(list(retimed(numbered(fps), fps, 30, 30, between))) == 30
    assert len(list(retimed(numbered(fps + 5), fps, 30, 30, between))) == 30
    with pytest.raises(GenerationError, match=rf"ends after {fps - 1} frames at {fps} fps, before frame"):
        list(retimed(numbered(fps - 1), fps, 30, 30, between))


def test_a_clip_without_frames_is_found_out() -> None:
    """Rather than an empty clip."""
    with pytest.raises(GenerationError, match="ends after 0 frames at 16 fps, before frame 1 of 5 at 30"):
        list(retimed([], 16, 30, 5, mixed))


@pytest.mark.parametrize(("between", "ahead"), [(None, 0), (mixed, 1)])
def test_retiming_reads_no_further_than_it_must(between: Between | None, ahead: int) -> None:
    """Two frames are held at most, and what is over at the end is never decoded."""
    taken = count()

    def endless() -> Iterator[Frame]:
        while True:
            next(taken)
            yield np.zeros(6, np.uint8)

    made = list(retimed(endless(), 16, 30, 4, between))

    assert len(made) == 4
    assert next(taken) == 2 + ahead


def test_rife_draws_a_frame_of_the_same_kind() -> None:
    """Through colours and back: same size, and the same bytes each time."""
    torch.manual_seed(3)
    between = drawn_between(Rife((8, 6, 6, 4)).eval(), Size(20, 30))
    before, after = draw(Size(20, 30)), draw(Size(20, 30), value=180)

    drawn = between(before, after, 0.4)

    assert drawn.shape == before.shape
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, between(before, after, 0.4))
