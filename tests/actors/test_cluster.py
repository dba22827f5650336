"""Ray started here and joined elsewhere: what it has, what it leaves alone, and how it is refused."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from actors import joining
from actors.cluster import nodes, started
from actors.pool import Crew, Outcome, Pool
from schemas.errors import SettingsError
from schemas.settings import Settings, read_settings
from tests.processes import in_session
from tests.raylets import ENVIRON, Cluster, serve_ray

pytestmark = pytest.mark.long

CREW = Crew(name="cpu", worker="tests.workers:Echo", arguments=("> ",), slots=2, cpus=1)
DRIVER = """
from actors.cluster import started
from schemas.errors import SettingsError
from schemas.settings import read_settings
try:
    with started(read_settings()) as capacity:
        print(capacity.nodes, capacity.gpus, capacity.local)
except SettingsError as error:
    print(error)
"""


@pytest.fixture(scope="module", name="token")
def _token() -> str:
    """The token of this user, which Ray makes where there is none."""
    program = Path(sys.executable).with_name("ray")
    done = subprocess.run(
        [program, "get-auth-token", "--generate"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module", name="cluster")
def _cluster(token: str) -> Iterator[Cluster]:
    tokens = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    with serve_ray(2, cpus=1, environ={**os.environ, **ENVIRON, **tokens}) as cluster:
        yield cluster


def _settings(tmp_path: Path, address: str | None = None) -> Settings:
    return read_settings(
        {"REELMILL_HOME": str(tmp_path), "REELMILL_WORKERS": "2", "RAY_ADDRESS": address or ""}
    )


def _ended(pool: Pool, number: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while len(outcomes) < number:
        outcomes += pool.wait(5)
    return outcomes


def _have(pool: Pool, free: int) -> None:
    while pool.free("cpu") < free:
        pool.ask({"cpu": free})
        pool.wait(5)


def _drive(address: str, home: Path, **environ: str) -> str:
    """Return what a driver of its own says that joins *address*."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    env |= {"RAY_ADDRESS": address, "HOME": str(home), **environ}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout


def test_ray_on_this_machine_says_what_it_has_and_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No handler of signals, no folder; and a worker that dies is told to the caller, not to the screen."""
    before = signal.getsignal(signal.SIGTERM)
    with started(_settings(tmp_path)) as capacity, Pool([CREW]) as pool:
        [node] = ray.nodes()  # type: ignore[no-untyped-call]
        session = Path(node["ObjectStoreSocketName"]).parents[1]
        there = session.exists()
        _have(pool, free=1)
        pool.call("cpu", "a", "die", seconds=60)
        _ended(pool, 1)
        time.sleep(1)

        assert (capacity.cpus, capacity.gpus, capacity.nodes, capacity.local) == (2, 0, 1, True)
        assert signal.getsignal(signal.SIGTERM) is before
    assert there
    assert not session.exists()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:1", "nobody answers"),
        ("nonsense", "nobody answers"),
        ("ray://127.0.0.1:10001", "client protocol"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_at_once(tmp_path: Path, address: str, words: str) -> None:
    """With the variable, its value and the cure."""
    with (
        pytest.raises(SettingsError, match=f"RAY_ADDRESS='{address}': .*{words}"),
        started(_settings(tmp_path, address)),
    ):
        pass


def test_an_address_where_something_else_listens_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray alone would try for two minutes."""
    monkeypatch.setattr(joining, "_SECONDS_TO_ANSWER", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SettingsError, match="no head of Ray"), started(_settings(tmp_path, address)):
            pass


def test_a_cluster_with_tokens_is_joined_with_the_token_of_the_home_folder(
    cluster: Cluster, token: str, tmp_path: Path
) -> None:
    """As `ray start` does it; who has no token is told where to get one. GPUs to come count as well."""
    nobody = tmp_path / "nobody"
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text(token)
    with_file = _drive(cluster.address, tmp_path)
    tokens = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    with_variables = _drive(cluster.address, nobody, REELMILL_GPUS="5", **tokens)
    without = _drive(cluster.address, nobody)

    assert (with_file, with_variables) == ("3 0 False\n", "3 5 False\n")
    assert "wants another token than ours; copy ~/.ray/auth_token" in without


def test_a_lost_node_is_not_the_items_fault(cluster: Cluster, tmp_path: Path) -> None:
    """Its call comes back as lost; calls on the other node end, and the pool goes on there."""
    notes = [tmp_path / "0", tmp_path / "1"]
    with started(_settings(tmp_path, cluster.address)) as capacity, Pool([CREW]) as pool:
        _have(pool, free=2)
        for number, note in enumerate(notes):
            pool.call("cpu", number, "hang", str(note), seconds=600)
        while not all(note.exists() and note.read_text() for note in notes):
            pool.wait(0.1)
        lost = cluster.nodes[0]

        pids = {found.pid for found in in_session(lost.pid)}
        victims = [number for number, note in enumerate(notes) if int(note.read_text().split()[0]) in pids]
        lost.kill_raylet()
        [outcome] = _ended(pool, 1)
        pool.drop({0, 1})
        [other] = _ended(pool, 1)
        _have(pool, free=1)
        pool.call("cpu", "next", "say", "hello", seconds=60)
        [after] = _ended(pool, 1)

        assert (capacity.nodes, capacity.cpus, capacity.local) == (3, 2, False)
        assert ([outcome.tag], outcome.verdict) == (victims, "lost")
        assert outcome.error == "the worker's node died or cannot be reached"
        assert other.verdict == "cancelled"
        assert after.value == "> hello"
        assert len(nodes()) == 2
