"""Runs that nobody watches: which are lost, which are late, and when one is given up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Pending, Running, Scheduled

from flows import notices
from flows.notices import Notice
from flows.serving import care, schedule
from flows.unattended import CAMPAIGN
from schemas.settings import read_settings
from storage.catalog import Catalog
from tests.storage import drawn


class Server:
    """A Prefect that has some runs, and notes what they are set to."""

    def __init__(self, *runs: FlowRun, starts: int = 1) -> None:
        self.runs, self.starts = runs, starts
        self.set: list[tuple[UUID, str]] = []

    def read_flow_runs(self, *, flow_run_filter: Any, **_: Any) -> list[FlowRun]:
        return [run for run in self.runs if run.state and run.state.type in flow_run_filter.state.type.any_]

    def read_flow_run_states(self, _: UUID) -> list[Any]:
        return [Pending()] * self.starts

    def set_flow_run_state(self, run: UUID, state: Any, *, force: bool) -> None:
        assert force
        self.set.append((run, state.name))

    def get_scheduled_flow_runs_for_deployments(self, *_: Any, **__: Any) -> list[FlowRun]:
        return [*self.runs]


def run_of(state: Any, seconds: float, **facts: Any) -> FlowRun:
    """Return a run of the drawn plan's campaign that has been in *state* for *seconds*."""
    at = datetime.now(UTC) - timedelta(seconds=seconds)
    about = {
        "flow_id": uuid4(),
        "deployment_id": uuid4(),
        "tags": [f"{CAMPAIGN}{drawn.draw_plan().campaign}"],
    }
    return FlowRun(**{**about, "state": state(timestamp=at), "expected_start_time": at, **facts})


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(name="told")
def _told(monkeypatch: pytest.MonkeyPatch) -> list[Notice]:
    told: list[Notice] = []
    monkeypatch.setattr(notices, "tell", lambda notice, _: told.append(notice))
    return told


def look(server: Server, home: Path, mine: set[UUID] | None = None, *, alive: bool = False) -> None:
    """Look after what *server* has, where a run of the campaign is *alive* or not."""
    settings = read_settings({"REELMILL_HOME": str(home)})
    with Catalog(settings.database_url) as catalog:
        run = catalog.start_run(drawn.draw_plan(), "{}") if alive else 0
        care.look_after(cast("Any", server), catalog, settings, lambda _: None, mine=mine)
        if alive:
            catalog.end_run(run, "done")


@pytest.mark.parametrize(
    ("state", "seconds", "alive", "alone", "lost"),
    [
        (Running, 3600, True, True, False),
        (Running, 3600, False, False, True),
        (Running, 60, False, False, False),
        (Running, 1, False, True, True),
        (Pending, 600, False, False, False),
        (Pending, 3600, False, False, True),
        (Pending, 1, False, True, True),
        (Crashed, 1, False, False, True),
        (Crashed, 1, True, False, False),
        (Crashed, 90_000, False, False, False),
    ],
)
def test_a_run_is_lost_when_nobody_holds_its_campaign(
    home: Path, told: list[Notice], state: Any, seconds: float, *, alive: bool, alone: bool, lost: bool
) -> None:
    """The lease tells; without one a run has time to start and to end, unless no other worker can be."""
    run = run_of(state, seconds)
    server = Server(run)
    look(server, home, set() if alone else None, alive=alive)

    assert server.set == ([(run.id, "Scheduled")] if lost else [])
    assert told == []


def test_what_breaks_off_again_and_again_is_given_up(home: Path, told: list[Notice]) -> None:
    """Told once, and begun no more; what lives here is never lost."""
    run, mine = run_of(Crashed, 1), run_of(Running, 3600)
    server = Server(run, mine, starts=5)
    look(server, home, {mine.id})
    look(server, home, {mine.id})

    assert [notice.kind for notice in told] == ["given_up"]
    assert server.set == [(run.id, "Crashed")]


def test_a_late_run_is_told_of_once(home: Path, told: list[Notice]) -> None:
    """Not at every look, nor after a restart; one that began and goes on is not late."""
    late, resumed = run_of(Scheduled, 3600), run_of(Scheduled, 3600, run_count=1)
    for _ in range(2):
        look(Server(late, resumed), home)

    assert [(notice.kind, notice.campaign) for notice in told] == [("late", drawn.draw_plan().campaign)]


def test_one_run_answers_what_the_schedule_called_for_meanwhile() -> None:
    """Of each deployment the one that broke off, else the last; what somebody asked for is never dropped."""
    one, two = uuid4(), uuid4()
    facts = [(one, True, 0), (one, True, 0), (one, False, 0), (two, True, 0), (two, True, 1), (two, True, 0)]
    runs = [
        run_of(Scheduled, 60 - n, deployment_id=where, auto_scheduled=auto, run_count=count)
        for n, (where, auto, count) in enumerate(facts)
    ]
    server = Server(*runs)
    due = schedule.due(cast("Any", server), {one, two})

    assert due == [runs[n].id for n in (4, 1, 2)]
    assert {run for run, _ in server.set} == {runs[n].id for n in (0, 3, 5)}
