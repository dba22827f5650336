"""Tests of the watch over one call: how far it is, and that it ends at its next step."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from actors.backends import VIDEO_MODELS
from actors.verdicts import judge
from actors.watch import CallWatch
from actors.workshop import Workshop
from schemas.errors import StoppedError
from storage.blobs import open_blobs
from tests.compositions import draw_shot


def test_a_call_tells_how_far_it_is() -> None:
    """From nothing to all; a call of no steps is never half done."""
    watch = CallWatch()
    told = [watch.progress]
    for done, of in ((0, 4), (1, 4), (4, 4), (0, 0)):
        watch.step(done, of)
        told.append(watch.progress)

    assert told == [0.0, 0.0, 0.25, 1.0, 0.0]


def test_a_call_ends_at_its_next_step() -> None:
    """And says how far it was."""
    watch = CallWatch()
    watch.step(2, 9)
    watch.stop()

    with pytest.raises(StoppedError, match="stopped after 3 of 9 steps"):
        watch.step(3, 9)


def test_what_was_said_of_one_call_does_not_end_the_next() -> None:
    """Word may come when the call is over."""
    watch = CallWatch()
    with watch.call():
        watch.step(8, 9)
    between = watch.progress
    watch.stop()
    with watch.call():
        watch.step(0, 9)

    assert between == 0.0
    assert watch.progress == 0.0


def test_a_call_that_failed_leaves_nothing_said() -> None:
    """Who asks before the next begins hears nothing of it."""
    watch = CallWatch()
    with suppress(StoppedError), watch.call():
        watch.stop()
        watch.step(2, 9)

    assert watch.progress == 0.0


def test_a_stopped_call_is_judged_as_cancelled_and_its_worker_kept() -> None:
    """It was nobody's fault; another attempt is not counted."""
    failure = judge(StoppedError("stopped after 3 of 9 steps"))

    assert failure == ("cancelled", "stopped after 3 of 9 steps", False)


def test_a_worker_tells_its_progress_and_stops_while_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are asked from another thread; it makes the next shot as if nothing had been."""
    from tests.models import DREAM  # noqa: PLC0415

    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM)
    workshop = Workshop(open_blobs(str(tmp_path / "blobs")), None, tmp_path / "scratch")
    width, height = DREAM.own_size(1000, 1500)
    shot = draw_shot(model="dream/1", width=width, height=height, frames=100_000)
    ends: list[BaseException] = []

    def work() -> None:
        try:
            workshop.generate(shot, 0)
        except StoppedError as error:
            ends.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    while not workshop.progress():
        worker.join(0.01)
    seen = workshop.progress()
    workshop.stop()
    worker.join(30)

    assert 0 < seen < 1
    assert [type(end) for end in ends] == [StoppedError]
    assert workshop.generate(shot.model_copy(update={"frames": 6}), 0).frames == 6
    assert not list((tmp_path / "scratch").rglob("*.mp4"))
