"""Tests that each family runs in the precision of a GPU: bf16, but for the parts that it keeps in fp32."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS, Task
from schemas.plan import Given
from tests.tiny.runs import Counting, draw_drawing, draw_shot, draw_still, draw_video, load, render

FRAMES = {"svd": 25, "helios": 66}
ROWS = {
    (entry.path, task): (name, task)
    for name, entry in VIDEO_MODELS.items()
    for task in entry.tasks
    if entry.weights and task not in {"long", "keep", "still"}
}


@pytest.fixture(autouse=True)
def bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU loads models as a GPU does."""
    import torch  # noqa: PLC0415 (collecting tests loads no torch)

    from actors.backends.diffusion import loading  # noqa: PLC0415 (the same)

    half = {"default": torch.bfloat16}
    monkeypatch.setattr(loading, "_dtypes", lambda _, full: half | dict.fromkeys(full, torch.float32))


@pytest.mark.parametrize(("name", "task"), ROWS.values())
def test_each_task_runs_in_the_precision_of_a_gpu(
    name: str, task: Task, tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """Parts of other precision meet in every task, and pipelines do not see to all of it."""
    frames = FRAMES.get(name, 17)
    shot, given = _asking(name, task, frames, tmp_path)
    made = render(load(name, tiny), shot, **given)

    assert len(made) == frames
    assert made.std() > 5


@pytest.mark.parametrize("name", [name for name, entry in VIDEO_MODELS.items() if entry.tasks == ("still",)])
def test_stills_are_drawn_in_the_precision_of_a_gpu(name: str, tiny: Callable[[str], Path]) -> None:
    """The same for models of stills."""
    made = load(name, tiny).draw(draw_drawing(name), shrink=0, watch=Counting())

    assert made.std() > 5


def _asking(name: str, task: Task, frames: int, folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return a shot that asks the model *name* for *task*, and what it is given."""
    still, video = folder / "still.png", folder / "video.mp4"
    facts: dict[Task, tuple[dict[str, Any], dict[str, Any]]] = {
        "text": ({}, {}),
        "sound": ({"given": Given(sound=True)}, {}),
        "image": ({"show": "image", "still": "a"}, {"still": still}),
        "presenter": (
            {"show": "presenter", "still": "a", "given": Given(sound=True, speech="hello")},
            {"still": still},
        ),
        "first_last": (
            {"show": "image", "still": "a", "given": Given(until="b")},
            {"still": still, "until": still},
        ),
        "subjects": ({"show": "subjects", "given": Given(subjects=("a",))}, {"subjects": (still,)}),
    }
    if task in facts:
        draw_still(still, 1)
        asks, given = facts[task]
        return draw_shot(name, frames, **asks), given
    draw_video(video, 1, 70, fps=VIDEO_MODELS[name].frames.fps)
    asked = Given.model_validate({"video": "v", "task": task})
    return draw_shot(name, frames, show="video", given=asked), {"video": video}
