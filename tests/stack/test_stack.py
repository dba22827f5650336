"""`make stack` without a campaign: the topology stands, mends itself, is closed to strangers, and ends."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import end_session
from tests.servers import answers, find_postgres, find_weed
from tests.stack.keys import keys_of
from tests.stack.parts import MARK, ROOT
from tests.stack.prefect import Prefect
from tests.stack.topology import left_of

pytestmark = pytest.mark.long

SECONDS = 240.0
"""So long anything may take on a machine that does much else."""
_ROW = re.compile(r"^([a-z0-9-]+) +(http://)?(127\.0\.0\.1:\d+) +(\d+) +\S+\.log$", re.MULTILINE)


class Run:
    """A `make stack` without nodes that work, and without a campaign."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._log = folder, folder / "said"
        words = ["--bare", "--nodes", "0", "--folder", str(folder)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.stack", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def words(self) -> str:
        return self._log.read_text()

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until *holds*; fail with what was said where it does not in time."""
        until = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < until, self.words()
            assert self.process.poll() is None, self.words()
            time.sleep(0.1)

    def rows(self) -> dict[str, tuple[str, int]]:
        """Return the table: address and process of each part."""
        return {name: (f"http://{where}", int(pid)) for name, _, where, pid in _ROW.findall(self.words())}


@pytest.fixture(name="run")
def _run() -> Iterator[Run]:
    if (find_weed() is None or find_postgres() is None) and os.environ.get("REELMILL_NEED_SERVERS") != "1":
        pytest.skip("SeaweedFS or PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="stack-"))
    folder.chmod(0o711)  # PostgreSQL does not run as root, and pytest's own folders are closed to others
    run = Run(folder)
    yield run
    end_session(run.process.pid)
    run.process.wait()
    for found in left_of(folder):
        end_session(found.session)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_team_s_topology_stands_mends_itself_and_ends_without_a_trace(run: Run) -> None:
    """Each process has the settings that docs/cluster.md gives it; strangers are kept out."""
    run.wait(lambda: "all runs on" in run.words())
    rows = run.rows()
    api, review, metrics = (rows[name][0] for name in ("prefect-server", "review", "metrics"))
    os.kill(rows["metrics"][1], signal.SIGKILL)
    run.wait(lambda: "metrics had ended; it was started again" in run.words())
    figures = urllib.request.urlopen(f"{metrics}/metrics", timeout=20).read().decode()  # noqa: S310 (ours)
    strangers = {_status(f"{api}/api/work_pools/reelmill"), _status(f"{rows['s3'][0]}/reelmill")}
    gallery = _status(f"{review}/")
    deployments = Prefect(f"{api}/api", f"reelmill:{keys_of(run.folder).prefect}").deployments()
    run.process.send_signal(signal.SIGTERM)
    code = run.process.wait(SECONDS)
    shell = (run.folder / "environ.sh").read_text()
    private = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in run.folder.iterdir() if path.is_file()
    }

    assert len(rows) == 7
    assert re.search(r"^reelmill_up 1", figures, re.MULTILINE)
    assert (strangers, gallery) == ({401, 403}, 401)
    assert deployments == ["brief", "care", "inbox"]
    assert {name for name, mode in private.items() if mode == 0o600} == {
        "keys.json",
        "review-token",
        "environ.sh",
    }
    assert MARK not in shell  # or a shell that reads it would end with the stack
    assert (code, left_of(run.folder)) == (0, []), run.words()
    assert not any(answers(address) for address in (api, review, metrics))


def _status(url: str) -> int:
    """Return what *url* answers to one who has no key."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 (our own server)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
