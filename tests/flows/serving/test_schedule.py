"""Schedules on a real Prefect server: a deployment fires, is killed, and goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from schemas.settings import read_settings
from storage.blobs import open_blobs
from storage.catalog import Catalog
from storage.tables import DONE
from tests.chaos.campaign import NAME, write_brief
from tests.chaos.notes import FOLDER, Notes
from tests.flows.serving.served import CRON
from tests.processes import end_session, in_session

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
SECONDS = 240.0
"""So long anything may take on a machine that does much else."""
SCHEDULE = 'schedule: {cron: "0 6 * * 1", timezone: Europe/Berlin}\n'


class Serving:
    """A `reelmill serve` of stand-in workers that can be killed."""

    def __init__(self, folder: Path, cron: str, *briefs: Path) -> None:
        self.log = folder / f"log-{len(list(folder.glob('log-*')))}"
        environ = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
        environ |= {
            "REELMILL_HOME": str(folder / "home"),
            "REELMILL_INBOX": str(folder / "inbox"),
            "REELMILL_WORKERS": "2",
            FOLDER: str(folder / "notes"),
            CRON: cron,
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.serving.served", "serve", *map(str, briefs)],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def words(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def api(self) -> str:
        """Where its Prefect server answers."""
        (found,) = re.findall(r"Prefect at ([^\s\"]+)", self.words())
        return str(found)

    @property
    def runs(self) -> list[int]:
        """The processes of the runs that it began; each has a session of its own."""
        return [int(pid) for pid in re.findall(r"begun \(process (\d+)\)", self.words())]

    def flow_runs(self, *states: str) -> list[dict[str, Any]]:
        """Return Prefect's runs in *states*."""
        body = json.dumps({"flow_runs": {"state": {"type": {"any_": states}}}}).encode()
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}/flow_runs/filter", body, kind)  # noqa: S310 (our own server)
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 (our own server)
            return [dict(run) for run in json.load(answer)]

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until *holds*; fail with the log where it does not in time."""
        until = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < until, self.words()[-4000:]
            assert self.process.poll() is None, self.words()[-4000:]
            time.sleep(0.05)

    def sessions(self) -> list[int]:
        """Return the sessions of all that it started, the server's by its command."""
        return [self.process.pid, *self.runs]

    def kill(self) -> None:
        """Kill all at once, as a machine that loses its power."""
        for session in self.sessions():
            end_session(session)
        self.process.wait()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Iterator[Path]:
    for name in ("inbox", "notes"):
        (tmp_path / name).mkdir()
    yield tmp_path
    for log in tmp_path.glob("log-*"):
        for pid in re.findall(r"begun \(process (\d+)\)", log.read_text(errors="replace")):
            end_session(int(pid))


def test_a_scheduled_run_is_killed_and_goes_on(folder: Path) -> None:
    """The worker and whoever started it die at once; the same run goes on, and each ad is made once.

    A brief that was dropped into the inbox in that moment is run too, once, and a signal leaves no process.
    """
    settings = read_settings({"REELMILL_HOME": str(folder / "home")})
    notes = Notes(settings.blobs, folder / "notes")
    brief = write_brief(folder / "brief", placements="[meta_feed_square, meta_reels]")
    brief.write_text(brief.read_text() + SCHEDULE)
    serving = Serving(folder, "* * * * * */5", brief)
    try:
        serving.wait(lambda: notes.made() >= 5)
        (during,) = serving.flow_runs("RUNNING")
        dropped = write_brief(folder / "inbox" / "b", placements="[meta_reels]", variants="[{id: a}]")
        dropped.write_text(dropped.read_text().replace("campaign: storm", "campaign: dropped"))
        serving.kill()
        serving = Serving(folder, "0 0 0 1 1 *", brief)
        serving.wait(lambda: serving.words().count("completed") == 2)
        ended = {run["id"]: run for run in serving.flow_runs("COMPLETED")}
        serving.process.send_signal(signal.SIGTERM)
        code = serving.process.wait(SECONDS)
        left = [found for session in serving.sessions() for found in in_session(session)]
    finally:
        serving.kill()
    with Catalog(settings.database_url) as catalog:
        states = {row.name: row.state for row in catalog.campaigns()}
        ads = catalog.rows()
        waiting = catalog.waiting()

    assert ended[during["id"]]["run_count"] == 2
    assert len(ended) == 2
    assert states == {NAME: "done", "chaos-co/dropped": "done"}
    assert len(ads) == 35
    assert all(ad.state in DONE for ad in ads)
    assert {name.rsplit(".", 1)[0] for name in open_blobs(settings.blobs).names("ads/")} == {
        f"ads/{ad.key}" for ad in ads
    }
    assert max(notes.work().values()) <= 2
    assert made_twice(settings.database_url) == []
    assert (code, left, waiting) == (0, [], [])
    assert "goes on at the next start" in serving.words()


def made_twice(url: str) -> list[tuple[str, str]]:
    """Return what more than one attempt is noted to have made."""
    engine = create_engine(url)
    query = "SELECT kind, key FROM attempts WHERE outcome = 'done' GROUP BY kind, key HAVING count(*) > 1"
    with engine.connect() as connection:
        found = [(str(kind), str(key)) for kind, key in connection.execute(text(query))]
    engine.dispose()
    return found
