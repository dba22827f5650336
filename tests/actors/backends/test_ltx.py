"""Tests of LTX-Video on a tiny checkpoint: each thing that a shot is given shows where it should."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import GenerationError
from schemas.plan import Given
from tests.tiny.runs import apart, draw_shot, draw_still, draw_video, load, render

FPS = 25


@pytest.fixture(scope="module")
def ltx(tiny: Callable[[str], Path]) -> Any:
    """The tiny model."""
    return load("ltx-2b", tiny)


def test_it_makes_the_asked_length_and_size(ltx: Any) -> None:
    """Nothing is rounded."""
    made = render(ltx, draw_shot("ltx-2b", 17))

    assert made.shape == (17, 64, 96, 3)


def test_a_seed_gives_the_same_frames_twice(ltx: Any) -> None:
    """A shot can be made again."""
    first, second = (render(ltx, draw_shot("ltx-2b", 17)) for _ in range(2))

    assert np.array_equal(first, second)


@pytest.mark.parametrize("change", [{"prompt": "a blue bird"}, {"seed": 8}, {"negative": "a red car"}])
def test_words_and_seed_show(ltx: Any, change: dict[str, Any]) -> None:
    """Each reaches the model."""
    plain, other = render(ltx, draw_shot("ltx-2b", 17)), render(ltx, draw_shot("ltx-2b", 17, **change))

    assert apart(plain, other) > 1


def test_a_still_shows_most_where_the_clip_begins(ltx: Any, tmp_path: Path) -> None:
    """The first frame is led."""
    shot = draw_shot("ltx-2b", 25, show="image", still="a")
    one, other = (render(ltx, shot, still=draw_still(tmp_path / f"{n}.png", n)) for n in (1, 2))

    assert apart(one[:4], other[:4]) > 1.3 * apart(one[-4:], other[-4:]) > 0


def test_a_last_frame_shows_most_where_the_clip_ends(ltx: Any, tmp_path: Path) -> None:
    """The end is led by its own picture."""
    shot = draw_shot("ltx-2b", 25, show="image", still="a", given=Given(until="b"))
    still, ends = draw_still(tmp_path / "s.png", 1), [draw_still(tmp_path / f"{n}.png", n) for n in (2, 3)]
    one, other = (render(ltx, shot, still=still, until=end) for end in ends)

    assert apart(one[-4:], other[-4:]) > 1.1 * apart(one[:4], other[:4])


def test_a_restyled_video_keeps_the_video_and_hears_the_words(
    tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """Both go in: another video gives another clip, and so do other words."""
    ltx = load("ltx-2b", tiny)
    ltx.weights = ltx.weights.model_copy(update={"steps": 8})
    videos = [draw_video(tmp_path / f"{n}.mp4", n, 20, fps=FPS) for n in (1, 2)]
    shot = draw_shot("ltx-2b", 17, show="video", given=Given(video="v", task="restyle"))
    one, other = (render(ltx, shot, video=video) for video in videos)
    said = render(ltx, shot.model_copy(update={"prompt": "a blue bird"}), video=videos[0])

    assert apart(one, other) > 1
    assert apart(one, said) > 1


def test_a_video_too_short_to_restyle_is_refused(ltx: Any, tmp_path: Path) -> None:
    """Nothing is repeated to fill a shot."""
    video = draw_video(tmp_path / "v.mp4", 1, 9, fps=FPS)
    shot = draw_shot("ltx-2b", 17, show="video", given=Given(video="v", task="restyle"))

    with pytest.raises(GenerationError, match=r"the video has 0\.4 s, the shot takes 0\.7 s"):
        render(ltx, shot, video=video)


@pytest.mark.parametrize("task", ["extend", "extend_back"])
def test_an_extension_goes_on_from_the_given_frames(ltx: Any, tmp_path: Path, task: Any) -> None:
    """It dissolves out of what was given at the joint, and what lies beyond depends on it too."""
    videos = [draw_video(tmp_path / f"{n}.mp4", n, 20, fps=FPS) for n in (1, 2)]
    shot = draw_shot("ltx-2b", 17, show="video", given=Given(video="v", task=task))
    one, other = (render(ltx, shot, video=video)[:: 1 if task == "extend" else -1] for video in videos)

    assert apart(one[:2], other[:2]) > 20
    assert apart(one[9:], other[9:]) > 0.5


def test_a_long_shot_is_made_in_takes_that_join(ltx: Any) -> None:
    """Its length is the asked one, though no take is as long."""
    made = render(ltx, draw_shot("ltx-2b", 57))

    assert made.shape[0] == 57


def test_the_distilled_checkpoint_runs_its_own_steps(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Words, stills and videos reach it as well."""
    model = load("ltx-13b-distilled", tiny)
    shot = draw_shot("ltx-13b-distilled", 9)
    restyled = draw_shot("ltx-13b-distilled", 9, show="video", given=Given(video="v", task="restyle"))
    videos = [draw_video(tmp_path / f"{n}.mp4", n, 12, fps=FPS) for n in (1, 2)]

    assert apart(render(model, shot), render(model, shot.model_copy(update={"prompt": "a bird"}))) > 1
    assert apart(*(render(model, restyled, video=video) for video in videos)) > 1
