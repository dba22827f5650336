"""Tests that words which were encoded before give what the pipelines make of the words themselves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tiny.runs import Counting, draw_drawing, draw_shot, load

FRAMES = {"helios": 33}
VIDEO = ("ltx-2b", "ltx-2", "cogvideox-2b", "helios", "wan-t2v-1.3b", "wan-vace-1.3b")
STILL = ("z-image", "flux2-klein")


def whole(model: Any) -> Any:
    """The pipeline of *model* with its text encoder in place."""
    for name, reader in model._read_by.items():
        setattr(model.pipe, name, reader)
    return model.pipe


def asked(model: Any, width: int, height: int, seed: int) -> dict[str, Any]:
    """What both ways are called with."""
    import torch  # noqa: PLC0415 (collecting tests loads no torch)

    return {
        "width": width,
        "height": height,
        "num_inference_steps": model.weights.steps,
        "guidance_scale": model.weights.guidance,
        "generator": torch.Generator().manual_seed(seed),
    }


@pytest.mark.parametrize("name", VIDEO)
def test_a_clip_of_encoded_words_is_that_of_the_words(name: str, tiny: Callable[[str], Path]) -> None:
    """Pipelines pad words to a length of their own; another would change every pixel."""
    model = load(name, tiny)
    shot = draw_shot(name, FRAMES.get(name, 9))
    facts = {"num_frames": shot.frames, "output_type": "pt"}
    ours = model.pipe(
        **model.words(shot.prompt, shot.negative), **facts, **asked(model, shot.width, shot.height, shot.seed)
    )
    theirs = whole(model)(
        prompt=shot.prompt,
        negative_prompt=shot.negative,
        **facts,
        **asked(model, shot.width, shot.height, shot.seed),
    )

    assert np.array_equal(ours.frames.numpy(), theirs.frames.numpy())


@pytest.mark.parametrize("name", STILL)
def test_a_still_of_encoded_words_is_that_of_the_words(name: str, tiny: Callable[[str], Path]) -> None:
    """The same for models of stills."""
    model = load(name, tiny)
    drawing = draw_drawing(name)
    ours = model.draw(drawing, shrink=0, watch=Counting())
    theirs = whole(model)(
        prompt=drawing.prompt,
        output_type="pt",
        **asked(model, drawing.width, drawing.height, drawing.seed),
    )

    assert np.array_equal(ours, model._picture(theirs.images[0], drawing))
