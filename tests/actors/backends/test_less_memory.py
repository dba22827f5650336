"""Tests that a GPU with less memory gets the same clip: its parts take turns, then their blocks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actors.backends import VIDEO_MODELS
from tests.tiny.runs import Counting, draw_drawing, draw_shot, draw_still, load, render

FRAMES = {"helios": 33}
CUT = ("svd",)
"""Decodes fewer pictures at once, which shows a little; it has a test of its own."""
ROWS = {entry.path: name for name, entry in VIDEO_MODELS.items() if entry.weights and name not in CUT}


@pytest.mark.parametrize("name", ROWS.values())
def test_less_memory_gives_the_same_pixels(name: str, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Where the parts of a model lie changes nothing of what they make; tiles would, were the clip larger."""
    model = load(name, tiny)
    tasks = model.entry.tasks
    if "still" in tasks:
        made = [model.draw(draw_drawing(name), shrink=shrink, watch=Counting()) for shrink in range(4)]
    else:
        needs = {} if "text" in tasks else {"still": draw_still(tmp_path / "a.png", 1)}
        shot = draw_shot(name, FRAMES.get(name, 9), **({"show": "image", "still": "a"} if needs else {}))
        made = [render(model, shot, shrink=shrink, **needs) for shrink in range(4)]

    assert model._level == "blocks"
    assert all(np.array_equal(made[0], other) for other in made[1:])
