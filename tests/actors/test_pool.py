"""The pool on a real Ray: one call a slot, failures as outcomes, dead workers replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.cluster import started
from actors.pool import Outcome, Pool
from schemas.settings import read_settings


@pytest.fixture(scope="module", name="pool")
def _pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    home: Path = tmp_path_factory.mktemp("home")
    settings = read_settings({"REELMILL_HOME": str(home), "REELMILL_WORKERS": "2"})
    with started(settings) as capacity, Pool("tests.workers:Echo", "> ", slots=2, cpus=1) as pool:
        assert capacity.cpus == 2
        assert capacity.local
        yield pool


def _one(pool: Pool) -> Outcome:
    """Return the next outcome; a worker may take a while to start."""
    while True:
        if outcomes := pool.wait(5):
            return outcomes[0]


def test_a_call_comes_back_with_its_tag(pool: Pool) -> None:
    """The caller knows what an outcome belongs to."""
    pool.submit("first", "say", "hello")

    assert (pool.free, pool.busy) == (1, 1)
    assert _one(pool) == Outcome("first", "> hello", "")
    assert (pool.free, pool.busy) == (2, 0)


def test_our_errors_come_back_as_their_message(pool: Pool) -> None:
    """People read the sentence, not a traceback."""
    pool.submit("a", "refuse", "the model has no idea")

    assert _one(pool) == Outcome("a", None, "the model has no idea")


def test_other_errors_come_back_with_their_kind(pool: Pool) -> None:
    """A fault in the code is told as one."""
    pool.submit("a", "stumble")

    assert _one(pool).error == "ZeroDivisionError: division by zero"


def test_a_dead_worker_is_replaced(pool: Pool) -> None:
    """The item is blamed, the slot lives on."""
    pool.submit("victim", "die")

    assert "the worker died" in _one(pool).error
    assert pool.free == 2
    pool.submit("next", "say", "again")
    assert _one(pool) == Outcome("next", "> again", "")
