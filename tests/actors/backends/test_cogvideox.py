"""Tests of CogVideoX on a tiny checkpoint: one folder makes clips of words, and of video."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actors.backends import Materials
from schemas.errors import GenerationError, StoppedError
from schemas.plan import Given
from tests.tiny.runs import Counting, apart, draw_shot, draw_video, load, render

RESTYLED = Given(video="v", task="restyle")


@pytest.fixture(scope="module")
def cogvideox(tiny: Callable[[str], Path]) -> Any:
    """The tiny model, with enough steps to begin from a video."""
    model = load("cogvideox-2b", tiny)
    model.weights = model.weights.model_copy(update={"steps": 4})
    return model


def test_it_makes_the_asked_length_and_size_twice_the_same(cogvideox: Any) -> None:
    """A shot can be made again."""
    first, second = (render(cogvideox, draw_shot("cogvideox-2b", 17)) for _ in range(2))

    assert first.shape == (17, 32, 48, 3)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("change", [{"prompt": "a blue bird"}, {"seed": 8}, {"negative": "a red car"}])
def test_words_and_seed_show(cogvideox: Any, change: dict[str, Any]) -> None:
    """Each reaches the model."""
    plain, other = (render(cogvideox, draw_shot("cogvideox-2b", 9, **more)) for more in ({}, change))

    assert apart(plain, other) > 1


def test_a_restyled_video_keeps_the_video_and_hears_the_words(cogvideox: Any, tmp_path: Path) -> None:
    """Both go in: another video gives another clip, and so do other words."""
    videos = [draw_video(tmp_path / f"{n}.mp4", n, 20, fps=8) for n in (1, 2)]
    shot = draw_shot("cogvideox-2b", 17, show="video", given=RESTYLED)
    one, other = (render(cogvideox, shot, video=video) for video in videos)
    said = render(cogvideox, shot.model_copy(update={"prompt": "a blue bird"}), video=videos[0])

    assert one.shape == (17, 32, 48, 3)
    assert apart(one, other) > 1
    assert apart(one, said) > 1


def test_a_video_too_short_to_restyle_is_refused(cogvideox: Any, tmp_path: Path) -> None:
    """Nothing is repeated to fill a shot."""
    video = draw_video(tmp_path / "v.mp4", 1, 9, fps=8)

    with pytest.raises(GenerationError, match=r"the video has 1\.1 s, the shot takes 2\.1 s"):
        render(cogvideox, draw_shot("cogvideox-2b", 17, show="video", given=RESTYLED), video=video)


def test_a_stopped_restyling_leaves_the_next_clip_unchanged(cogvideox: Any, tmp_path: Path) -> None:
    """Nothing of it stays behind, though two pipelines share all parts."""
    shot = draw_shot("cogvideox-2b", 9)
    clean = render(cogvideox, shot)
    video = draw_video(tmp_path / "v.mp4", 1, 12, fps=8)
    restyled = draw_shot("cogvideox-2b", 9, show="video", given=RESTYLED)
    made = cogvideox.render(restyled, Materials(video=video), shrink=0, watch=Counting(patience=2))
    with pytest.raises(StoppedError):
        list(made.frames)

    assert np.array_equal(render(cogvideox, shot), clean)
