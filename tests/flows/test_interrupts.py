"""Signals: what the first does, and what the second."""

import os
import signal
from typing import Any, cast

import pytest

from flows.interrupts import as_interrupt, heeded


class Watched:
    """An engine that notes what it is told."""

    drain_seconds = 30.0

    def __init__(self) -> None:
        self.told: list[str] = []

    def drain(self) -> None:
        self.told.append("drain")

    def stop(self) -> None:
        self.told.append("stop")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_drains_and_the_second_stops(number: signal.Signals) -> None:
    """Each says what it does, the first for how long."""
    engine, said = Watched(), list[str]()
    with heeded(cast("Any", engine), said.append) as interrupts:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)

    assert engine.told == ["drain", "stop"]
    assert "within 30 s" in said[0]
    assert interrupts.count == 2


def test_handlers_are_put_back() -> None:
    """Whoever had them has them again."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with as_interrupt(), heeded(cast("Any", Watched()), print):
        assert signal.getsignal(signal.SIGTERM) != before[1]

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_before_anything_is_made_sigterm_is_an_interrupt() -> None:
    """It ends the command like Ctrl-C, with the same exit code."""
    with pytest.raises(KeyboardInterrupt), as_interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
