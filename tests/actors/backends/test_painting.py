"""Tests of the models of stills on tiny checkpoints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.errors import GenerationError, StoppedError
from tests.tiny.runs import Counting, apart, draw_drawing, load

PAINTERS = ("z-image", "flux2-klein")


@pytest.fixture(scope="module", params=PAINTERS)
def painter(request: pytest.FixtureRequest, tiny: Callable[[str], Path]) -> Any:
    """Each tiny model of stills."""
    return load(request.param, tiny)


def draw(painter: Any, *, patience: int = 100, **more: Any) -> Any:
    """Draw a small picture."""
    drawing = draw_drawing(painter.entry.name, **more)
    return painter.draw(drawing, shrink=0, watch=Counting(patience))


def test_a_drawing_has_the_asked_size_and_comes_twice_the_same(painter: Any) -> None:
    """It can be made again."""
    first, second = draw(painter), draw(painter)

    assert first.dtype == np.uint8
    assert first.shape == (32, 48, 3)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("change", [{"prompt": "a blue bird"}, {"seed": 8}])
def test_words_and_seed_show(painter: Any, change: dict[str, Any]) -> None:
    """Both reach the model."""
    assert apart(draw(painter), draw(painter, **change)) > 1


def test_the_same_words_are_the_same_after_others(painter: Any) -> None:
    """What was encoded once is not changed by being used: one of the pipelines writes into its prompts."""
    first = draw(painter)
    draw(painter, prompt="a blue bird")
    painter._words.clear()

    assert np.array_equal(draw(painter), first)


def test_a_stopped_drawing_leaves_the_next_unchanged(painter: Any) -> None:
    """It stops at its next step, and nothing of it stays behind."""
    clean = draw(painter)
    with pytest.raises(StoppedError, match="stopped after 1 of"):
        draw(painter, patience=1)

    assert np.array_equal(draw(painter), clean)


def test_a_size_that_would_be_changed_is_refused(painter: Any) -> None:
    """Both pipelines would round it, one of them without a word."""
    with pytest.raises(GenerationError, match="a multiple of 16: 100x64"):
        draw(painter, size=(100, 64))
