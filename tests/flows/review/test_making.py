"""Starting a campaign again from the review page: only its own brief, once, here or by Prefect's workers."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from uuid import uuid4

import httpx
import pytest
from prefect.exceptions import ObjectNotFound

from flows.review.making import log_of, start_run
from schemas.errors import BriefError, SettingsError
from schemas.settings import Settings, read_settings
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.storage.drawn import draw_plan

CAMPAIGN = "kaffi/spring-roast"
SAY = (sys.executable, "-c", "import sys; print('made', *sys.argv[1:])")
"""Stands in for `reelmill run`."""


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path / "home")})


@pytest.fixture(name="catalog")
def _catalog(settings: Settings) -> Iterator[Catalog]:
    with Catalog(copy_catalog(settings.home / "catalog.sqlite")) as catalog:
        yield catalog


@pytest.fixture(name="brief")
def _brief(tmp_path: Path, catalog: Catalog) -> Path:
    """A brief that was made once."""
    path = tmp_path / "brief.yaml"
    path.touch()
    catalog.end_run(catalog.start_run(draw_plan("one"), "{}", str(path)), "done")
    return path


def said(settings: Settings, *, until: str) -> str:
    """Return what the run says, once it has said *until*."""
    log, patience = log_of(CAMPAIGN, settings), time.monotonic() + 10
    while until not in log.read_text() and time.monotonic() < patience:
        time.sleep(0.01)
    return log.read_text()


def test_the_brief_of_the_latest_run_is_made_here(settings: Settings, brief: Path) -> None:
    """In a process of its own, whose words are in a log that begins anew each time."""
    log_of(CAMPAIGN, settings).parent.mkdir()
    log_of(CAMPAIGN, settings).write_text("of last week")
    started = start_run(CAMPAIGN, settings, SAY)

    assert "on this machine" in started
    assert str(log_of(CAMPAIGN, settings)) in started
    assert said(settings, until="\n") == f"made {brief}\n"


def test_a_run_is_started_once(settings: Settings, brief: Path) -> None:
    """A second click finds the first, which has not taken the campaign's lease yet, whoever asks."""
    gate = brief.with_name("gate")
    wait = f"from pathlib import Path; import time\nwhile not Path({str(gate)!r}).exists(): time.sleep(0.01)"
    slow = (sys.executable, "-c", f"{wait}\nprint('over')")
    start_run(CAMPAIGN, settings, slow)
    with pytest.raises(BriefError, match="is being started already"):
        start_run(CAMPAIGN, settings, SAY)
    gate.touch()
    said(settings, until="over")

    assert "on this machine" in _patiently(lambda: start_run(CAMPAIGN, settings, SAY))


def _patiently(start: Any) -> Any:
    """Return what *start* does once the process before it has ended: its last words come a moment earlier."""
    for _ in range(500):
        try:
            return start()
        except BriefError:
            time.sleep(0.01)
    return start()


@pytest.mark.parametrize(
    ("source", "live", "told"),
    [
        (None, False, "was never made here"),
        ("", False, "nobody knows where"),
        ("gone.yaml", False, "the brief of kaffi/spring-roast is gone: "),
        (".", False, "is gone: "),
        ("brief.yaml", True, "is being made now; start it again when that run has ended"),
    ],
)
def test_what_cannot_be_started_is_refused(
    settings: Settings, catalog: Catalog, tmp_path: Path, source: str | None, told: str, *, live: bool
) -> None:
    """With a sentence, and no process."""
    (tmp_path / "brief.yaml").touch()
    if source is not None:
        run = catalog.start_run(draw_plan("one"), "{}", source and str(tmp_path / source))
        if not live:
            catalog.end_run(run, "done")
    with pytest.raises(BriefError, match=told):
        start_run(CAMPAIGN, settings, SAY)

    assert not log_of(CAMPAIGN, settings).exists()


class Prefect:
    """A Prefect server that has a team's deployment, or not."""

    def __init__(self, *names: str) -> None:
        self.deployments = {name: uuid4() for name in names}
        self.asked: list[tuple[Any, dict[str, Any], str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read_deployment_by_name(self, name: str) -> SimpleNamespace:
        """Return the deployment, as Prefect does."""
        if name not in self.deployments:
            raise ObjectNotFound(Exception(name))
        return SimpleNamespace(id=self.deployments[name])

    def create_flow_run_from_deployment(
        self, deployment: object, *, parameters: dict[str, Any], idempotency_key: str
    ) -> None:
        """Note the run."""
        self.asked.append((deployment, parameters, idempotency_key))


@pytest.fixture(name="team")
def _team(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a team, whose workers Prefect feeds."""
    monkeypatch.setattr("flows.review.making.set_defaults", lambda _: None)
    return settings.model_copy(update={"prefect_api_url": "http://prefect.example/api"})


def test_a_teams_workers_make_it(team: Settings, brief: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the deployment that makes any brief; two clicks at once are one run."""
    server = Prefect("campaign/brief")
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: server)
    monkeypatch.setattr("flows.review.making.time.time", lambda: 6000.0)
    told = [start_run(CAMPAIGN, team, SAY) for _ in range(2)]

    assert told == [f"Prefect has {CAMPAIGN} made by a worker: the run appears when it begins."] * 2
    assert [asked[1] for asked in server.asked] == [{"brief": str(brief), "unattended": True}] * 2
    assert len({asked[2] for asked in server.asked}) == 1
    assert not log_of(CAMPAIGN, team).exists()


def test_without_the_deployment_it_is_made_here(
    team: Settings, brief: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Prefect server that only keeps records starts nothing."""
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: Prefect("campaign/other"))
    started = start_run(CAMPAIGN, team, SAY)

    assert "on this machine" in started
    assert said(team, until="\n") == f"made {brief}\n"


@pytest.mark.usefixtures("brief")
def test_a_prefect_that_is_away_is_told(team: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have the deployment: to make it here instead would surprise."""

    def away(**_: object) -> Prefect:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr("prefect.client.orchestration.get_client", away)
    with pytest.raises(SettingsError, match="Prefect does not answer"):
        start_run(CAMPAIGN, team, SAY)


def test_the_object_that_came_by_the_inbox_is_made_and_not_a_runs_copy(
    team: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy lies in the cache of whichever worker made the run, and may be old."""
    copy = team.cache / "inbox" / "0" / "1" / "spring.yaml"
    catalog.end_run(catalog.start_run(draw_plan("one"), "{}", str(copy)), "done")
    catalog.take_in("c", CAMPAIGN, "s3://briefs/in/spring.yaml")
    server = Prefect("campaign/brief")
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: server)
    start_run(CAMPAIGN, team, SAY)

    assert server.asked[0][1]["brief"] == "s3://briefs/in/spring.yaml"
