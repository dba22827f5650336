"""Storyboards are fitted to placements by a stated rule."""

import pytest

from flows.storyboard import SCENE_SECONDS_MIN, fit
from schemas.brief import Scene
from schemas.placements import FPS, PLACEMENTS, Placement


def _scenes(*seconds: float) -> list[Scene]:
    last = len(seconds) - 1
    return [
        Scene(id=f"s{n}", show="end_card" if n == last else "product", seconds=length)
        for n, length in enumerate(seconds)
    ]


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda place: place.name)
@pytest.mark.parametrize("seconds", [(2.5, 2, 1.5), (0.4, 0.3), (30, 30, 30, 30), (1,) * 40, (0.4, 30, 0.3)])
def test_every_fitted_length_is_legal(placement: Placement, seconds: tuple[float, ...]) -> None:
    """Whatever the brief asks, the placement's limits hold to the frame."""
    fitted = fit(_scenes(*seconds), placement)
    length = sum(fitted.frames) / placement.fps

    assert placement.seconds_min <= length <= placement.seconds_max
    assert not placement.lengths or length in placement.lengths
    assert min(fitted.frames) >= 1


def test_a_storyboard_that_fits_is_left_alone() -> None:
    """No change, no note."""
    fitted = fit(_scenes(2.5, 2, 1.5), PLACEMENTS["youtube_bumper"])

    assert fitted.frames == (75, 60, 45)
    assert fitted.note == ""


def test_too_long_shots_are_shortened_evenly() -> None:
    """All keep their share of the time."""
    fitted = fit(_scenes(4, 4, 4), PLACEMENTS["youtube_bumper"])

    assert fitted.frames == (60, 60, 60)
    assert "6 s, the most" in fitted.note


def test_scenes_are_dropped_from_the_middle() -> None:
    """When shots would become too short to read, hook and last card stay."""
    fitted = fit(_scenes(*[2] * 12), PLACEMENTS["youtube_bumper"])

    assert (fitted.scenes[0].id, fitted.scenes[-1].id) == ("s0", "s11")
    assert sum(fitted.frames) == 6 * FPS
    assert min(fitted.frames) >= SCENE_SECONDS_MIN * FPS
    assert "dropped" in fitted.note


def test_too_short_storyboards_are_stretched() -> None:
    """A placement with a least length gets it, and the plan says so."""
    fitted = fit(_scenes(2.5, 2, 1.5), PLACEMENTS["youtube_in_stream"])

    assert fitted.frames == (150, 120, 90)
    assert "12 s, the least" in fitted.note


@pytest.mark.parametrize(("asked", "length"), [(7, 6), (11, 15), (17, 15), (18, 20), (100, 60)])
def test_the_nearest_of_a_few_lengths_is_taken(asked: float, length: float) -> None:
    """A television slot is 6, 15, 20, 30 or 60 s long, at 25 frames a second."""
    fitted = fit(_scenes(asked / 2, asked / 2), PLACEMENTS["amazon_olv"])

    assert sum(fitted.frames) == length * 25
    assert f"fitted to {length} s, the nearest there" in fitted.note
