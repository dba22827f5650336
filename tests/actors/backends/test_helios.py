"""Tests of Helios on a tiny checkpoint: chunk by chunk it makes what the pipeline makes at once."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from actors.backends import Materials
from schemas.errors import GenerationError, StoppedError
from schemas.plan import Given, Shot
from tests.tiny.runs import Counting, Pictures, apart, draw_shot, draw_still, draw_video, load, render

FPS = 24


@pytest.fixture(scope="module")
def helios(tiny: Callable[[str], Path]) -> Any:
    """The tiny model."""
    return load("helios", tiny)


def at_once(helios: Any, shot: Shot, **given: Any) -> Pictures:
    """What the pipeline's own loop makes of *shot*, RGB."""
    made = helios.pipe(
        **helios.words(shot.prompt, shot.negative),
        width=shot.width,
        height=shot.height,
        num_frames=shot.frames,
        num_inference_steps=helios.weights.steps,
        guidance_scale=helios.weights.guidance,
        generator=torch.Generator().manual_seed(shot.seed),
        output_type="pt",
        **given,
    ).frames[0]
    return np.stack(helios._read(made, shot))


def chunked(helios: Any, shot: Shot, **given: Any) -> Pictures:
    """What the model makes of *shot* before it becomes frames of video, RGB."""
    return np.stack(list(helios._pictures(shot, Materials(**given), 0, Counting())))


def test_chunks_are_those_of_the_pipeline(helios: Any) -> None:
    """The pipeline rounds the last three pictures of three chunks away; no other differs."""
    shot = draw_shot("helios", 99)
    ours, theirs = chunked(helios, shot), at_once(helios, shot)

    assert len(ours) == 99
    assert np.array_equal(ours[: len(theirs)], theirs)


def test_a_still_leads_as_in_the_pipeline(helios: Any, tmp_path: Path) -> None:
    """Its noise is drawn on the CPU, in the pipeline's order."""
    from actors.backends.diffusion.stretches import as_still  # noqa: PLC0415 (loads torch)

    shot, still = draw_shot("helios", 66, show="image", still="a"), draw_still(tmp_path / "a.png", 1)
    ours, theirs = chunked(helios, shot, still=still), at_once(helios, shot, image=as_still(still, shot))

    assert np.array_equal(ours[: len(theirs)], theirs)


def test_a_video_leads_as_in_the_pipeline(helios: Any, tmp_path: Path) -> None:
    """The extension begins with its end, and goes on as the pipeline would."""
    shot = draw_shot("helios", 66, show="video", given=Given(video="v", task="extend"))
    video = draw_video(tmp_path / "v.mp4", 1, 70, fps=FPS)
    tail = list(helios.footage(video, shot))
    ours = chunked(helios, shot, video=video)
    theirs = at_once(helios, shot.model_copy(update={"frames": 33}), video=list(_images(tail)))

    assert np.array_equal(ours[:33], np.stack(tail[-33:]))
    assert np.array_equal(ours[33:], theirs)


def test_it_makes_the_asked_length_and_size(helios: Any) -> None:
    """Nothing is rounded."""
    assert render(helios, draw_shot("helios", 33)).shape == (33, 32, 48, 3)


def test_a_seed_gives_the_same_frames_twice(helios: Any) -> None:
    """A shot can be made again."""
    first, second = (render(helios, draw_shot("helios", 33)) for _ in range(2))

    assert np.array_equal(first, second)


@pytest.mark.parametrize("change", [{"prompt": "a blue bird"}, {"seed": 8}])
def test_words_and_seed_show(helios: Any, change: dict[str, Any]) -> None:
    """Each reaches the model."""
    assert (
        apart(render(helios, draw_shot("helios", 33)), render(helios, draw_shot("helios", 33, **change))) > 1
    )


def test_frames_leave_as_they_are_made(helios: Any) -> None:
    """A minute is not held in memory: after the first frame, only its chunk has been made."""
    watch = Counting()
    frames = helios.render(draw_shot("helios", 99), Materials(), shrink=0, watch=watch).frames
    next(frames)

    assert watch.heard[-1] == (2, 6)
    assert sum(1 for _ in frames) == 98
    assert watch.heard[-1] == (6, 6)


def test_a_stopped_shot_leaves_the_next_unchanged(helios: Any) -> None:
    """Nothing of it stays behind."""
    shot = draw_shot("helios", 66)
    clean = render(helios, shot)
    stopped = helios.render(shot, Materials(), shrink=0, watch=Counting(patience=4)).frames
    with pytest.raises(StoppedError):
        list(stopped)

    assert np.array_equal(render(helios, shot), clean)


def test_a_video_shorter_than_a_chunk_is_refused(helios: Any, tmp_path: Path) -> None:
    """The model goes on from whole chunks."""
    shot = draw_shot("helios", 33, show="video", given=Given(video="v", task="extend"))
    video = draw_video(tmp_path / "v.mp4", 1, 24, fps=FPS)

    with pytest.raises(GenerationError, match=r"has 1\.0 s, helios goes on from 1\.4 s at least"):
        list(islice(helios.render(shot, Materials(video=video), shrink=0, watch=Counting()).frames, 40))


def _images(pictures: list[Any]) -> Any:
    from actors.backends.diffusion.stretches import as_images  # noqa: PLC0415 (loads torch)

    return as_images(pictures)
