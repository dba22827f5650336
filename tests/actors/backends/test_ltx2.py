"""Tests of LTX-2 on a tiny checkpoint: pictures and their sound agree, and what a shot is given shows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actors.backends import Materials
from schemas.plan import Given
from tests.tiny.runs import Counting, apart, draw_shot, draw_still, draw_video, load, render, seen

SOUND = Given(sound=True)


@pytest.fixture(scope="module")
def ltx2(tiny: Callable[[str], Path]) -> Any:
    """The tiny model."""
    return load("ltx-2", tiny)


def test_a_silent_shot_has_the_asked_length_and_no_sound(ltx2: Any) -> None:
    """Sound is made only where it is asked for."""
    shot = draw_shot("ltx-2", 17)
    made = ltx2.render(shot, Materials(), shrink=0, watch=Counting())

    assert made.sound is None
    assert seen(made, shot).shape == (17, 64, 96, 3)


@pytest.mark.parametrize("frames", [9, 17, 25])
def test_sound_is_as_long_as_the_pictures(ltx2: Any, frames: int) -> None:
    """The model's own sound is up to a twentieth of a second shorter; what is missing is silence."""
    shot = draw_shot("ltx-2", frames, given=SOUND)
    made = ltx2.render(shot, Materials(), shrink=0, watch=Counting())

    assert made.sound.dtype == np.float32
    assert made.sound.shape == (round(frames / 24 * 48_000), 2)
    assert np.abs(made.sound[: len(made.sound) // 2]).max() > 0.001
    assert len(seen(made, shot)) == frames


def test_a_seed_gives_the_same_pictures_and_sound_twice(ltx2: Any) -> None:
    """A shot can be made again."""
    shot = draw_shot("ltx-2", 9, given=SOUND)
    first, second = (ltx2.render(shot, Materials(), shrink=0, watch=Counting()) for _ in range(2))

    assert np.array_equal(first.sound, second.sound)
    assert np.array_equal(seen(first, shot), seen(second, shot))


def test_words_show_and_are_heard(ltx2: Any) -> None:
    """A presenter who says something else looks and sounds otherwise."""
    shots = [
        draw_shot("ltx-2", 9, prompt=f'She says: "{said}"', given=Given(sound=True, speech=said))
        for said in ("hello there", "good night, all")
    ]
    one, other = (ltx2.render(shot, Materials(), shrink=0, watch=Counting()) for shot in shots)

    assert np.abs(one.sound - other.sound).max() > 0.001
    assert apart(seen(one, shots[0]), seen(other, shots[1])) > 1


def test_a_portrait_shows_where_the_presenter_begins(ltx2: Any, tmp_path: Path) -> None:
    """Another face, another clip."""
    given = Given(sound=True, speech="hello")
    shot = draw_shot("ltx-2", 17, show="presenter", still="a", prompt='She says: "hello"', given=given)
    one, other = (render(ltx2, shot, still=draw_still(tmp_path / f"{n}.png", n)) for n in (1, 2))

    assert apart(one[:1], other[:1]) > 5


def test_a_last_frame_shows_most_where_the_clip_ends(ltx2: Any, tmp_path: Path) -> None:
    """The end is led by its own picture, and the beginning stays the still's."""
    shot = draw_shot("ltx-2", 25, show="image", still="a", given=Given(until="b"))
    still, ends = draw_still(tmp_path / "s.png", 1), [draw_still(tmp_path / f"{n}.png", n) for n in (2, 3)]
    one, other = (render(ltx2, shot, still=still, until=end) for end in ends)

    assert apart(one[-8:], other[-8:]) > 1.5 * apart(one[:8], other[:8])


def test_an_extension_goes_on_from_the_given_frames(ltx2: Any, tmp_path: Path) -> None:
    """It dissolves out of what was given at the joint, and what lies beyond depends on it too."""
    videos = [draw_video(tmp_path / f"{n}.mp4", n, 20, fps=24) for n in (1, 2)]
    shot = draw_shot("ltx-2", 25, show="video", given=Given(video="v", task="extend"))
    one, other = (render(ltx2, shot, video=video) for video in videos)

    assert apart(one[:2], other[:2]) > 20
    assert apart(one[9:], other[9:]) > 0.5


def test_smaller_takes_still_make_one_track(ltx2: Any) -> None:
    """A GPU that is too small changes how the work is cut, not how long its sound is."""
    shot = draw_shot("ltx-2", 25, given=SOUND)
    made = ltx2.render(shot, Materials(), shrink=3, watch=Counting())

    assert made.sound.shape == (50_000, 2)
    assert len(seen(made, shot)) == 25


def test_few_prompts_are_kept(ltx2: Any) -> None:
    """Encoded words of this model are nearly a gigabyte each."""
    for word in ("one", "two", "three", "four"):
        ltx2.words(word, "")

    assert len(ltx2._words) == 2
