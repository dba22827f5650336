"""Artifacts in Prefect: shown where it answers, dropped where it does not; the run never notices."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest

from flows import artifacts
from tests.storage.drawn import draw_plan


class Server:
    """Stands in for Prefect's artifacts: remembers what it is shown, or fails, or hangs."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, Any]] = []
        self.error: Exception | None = None
        self.hangs = False

    def create(self, key: str, shown: Any) -> UUID:
        self.shown.append((key, shown))
        if self.error is not None:
            raise self.error
        return uuid4()

    def thread(self, *, target: Callable[..., None], args: tuple[Any, ...], **_: Any) -> Mock:
        """Return a thread that has done its work when it is joined, unless the server hangs."""
        if self.hangs:
            self.shown.append(("hangs", None))
        else:
            target(*args)
        return Mock(is_alive=lambda: self.hangs)


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(name="clock", autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(artifacts, "time", clock)
    monkeypatch.setattr(artifacts._Quiet, "until", 0.0)
    return clock


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    for name, show in {
        "create_markdown_artifact": lambda **facts: server.create("plan", facts["markdown"]),
        "create_table_artifact": lambda **facts: server.create("result", facts["table"]),
        "create_progress_artifact": lambda share, **_: server.create("progress", share),
        "update_progress_artifact": lambda _, share, **__: server.create("update", share),
        "Thread": server.thread,
    }.items():
        monkeypatch.setattr(artifacts, name, show)
    return server


def test_progress_is_shown_now_and_then_and_at_the_end(server: Server, clock: Clock) -> None:
    """It is asked every second, and tells Prefect every ten."""
    todo = set(range(4))
    look = artifacts.follow(draw_plan("one"), todo)
    for _ in range(25):
        look()
        clock.now += 1
    todo.clear()
    look()

    assert server.shown == [("progress", 0.0), ("update", 0.0), ("update", 0.0), ("update", 100.0)]


def test_an_error_of_prefect_is_no_error_of_the_run(server: Server) -> None:
    """Whatever it raises."""
    server.error = RuntimeError("Failed to reach API")

    artifacts.show_plan(draw_plan("one"))
    artifacts.show_result([])

    assert [key for key, _ in server.shown] == ["plan", "result"]


def test_a_prefect_that_hangs_is_left_behind_and_then_alone(server: Server, clock: Clock) -> None:
    """One call waits its few seconds, the next ones are dropped, and a minute later it is tried again."""
    server.hangs = True
    artifacts.show_plan(draw_plan("one"))
    server.hangs = False
    artifacts.show_plan(draw_plan("two"))
    clock.now += 61
    artifacts.show_result([])

    assert [key for key, _ in server.shown] == ["hangs", "result"]


def test_notes_are_shown_as_they_are(server: Server) -> None:
    """A brief's words are no Markdown and no HTML."""
    plan = draw_plan("one").model_copy(update={"notes": ("<img src=x> [a](b)\n# c",)})
    artifacts.show_plan(plan)

    assert server.shown[0][1].endswith("- \\<img src=x\\> \\[a\\](b) \\# c")
