"""Runs that nobody watches: their turn, their signals, and what is told of them."""

import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.exceptions import TerminationSignal

from flows import notices, unattended
from flows.notices import Notice
from flows.unattended import make_in_turn, told_of
from schemas.errors import BriefError, CampaignBusyError
from storage.catalog import Catalog
from tests.storage import drawn


class Idle:
    """A workplace without workers; its engine does as it is told."""

    engine: Any = None
    drain_seconds = 1.0

    def __init__(self) -> None:
        self.engine = self
        self.drained = 0

    def say(self, _: str) -> None:
        """Take a sentence."""

    def drain(self) -> None:
        self.drained += 1


def test_a_run_that_cannot_begin_is_told_with_all_its_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error goes on to Prefect."""
    told: list[Notice] = []
    monkeypatch.setattr(notices, "tell", lambda notice, _: told.append(notice))
    with pytest.raises(BriefError), told_of("in/brief.yaml"):
        raise BriefError("brief.yaml:1: one\nbrief.yaml:2: two")

    assert told[0].kind == "not_started"
    assert told[0].text.endswith("brief.yaml:1: one")
    assert told[0].lines == ("brief.yaml:2: two",)


def test_a_run_waits_for_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live run of the campaign is waited for, and one that was quicker too; the two never overlap."""
    plan, tries = drawn.draw_plan(), []
    with Catalog(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalog:
        run = catalog.start_run(plan, "{}")
        monkeypatch.setattr(unattended.time, "sleep", lambda _: catalog.end_run(run, "done"))

        def make() -> Any:
            assert catalog.live_runs() == []
            tries.append(1)
            if len(tries) == 1:
                raise CampaignBusyError("another was quicker")
            return "done"

        end = make_in_turn(make, plan.campaign, catalog, cast("Any", Idle()))

    assert (end, len(tries)) == ("done", 2)


def test_a_signal_drains_and_the_run_counts_as_broken_off(tmp_path: Path) -> None:
    """Prefect must not take it for made."""
    workplace = Idle()

    def make() -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return "interrupted"

    with Catalog(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalog, pytest.raises(TerminationSignal):
        make_in_turn(make, "kaffi/spring", catalog, cast("Any", workplace))

    assert workplace.drained == 1
