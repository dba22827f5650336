"""The pool on a real Ray: verdicts, replacements, and crews that grow and make room for each other."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from actors import staffing
from actors.joining import own_authentication
from actors.pool import Crew, Outcome, Pool
from schemas.errors import SettingsError
from schemas.settings import set_defaults

ECHO, WALKER = "tests.workers:Echo", "tests.workers:Walker"
STOP_SECONDS = 2.0
CPU = Crew(name="cpu", worker=ECHO, arguments=("> ",), slots=2, cpus=0.5)


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    set_defaults({"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"})
    with own_authentication():
        ray.init(
            "local", num_cpus=8, num_gpus=2, include_dashboard=False, object_store_memory=80_000_000,
            log_to_driver=False, logging_level=logging.ERROR,
        )  # fmt: skip
        yield
        ray.shutdown()


@pytest.fixture(scope="module", name="pool")
def _pool() -> Iterator[Pool]:
    with Pool([CPU]) as pool:
        yield pool


@pytest.fixture(scope="module", name="walkers")
def _walkers() -> Iterator[Pool]:
    """Workers that can be told to stop."""
    crew = Crew(name="walkers", worker=WALKER, slots=1, cpus=0.5, stop_seconds=STOP_SECONDS)
    with Pool([crew]) as pool:
        yield pool


def _call(pool: Pool, name: str, verb: str, *arguments: Any, tag: str = "a", seconds: float = 60) -> None:
    """Give the call to a worker; it may take a while until there is one."""
    _have(pool, name, free=1, waiting=1)
    pool.call(name, tag, verb, *arguments, seconds=seconds)


def _have(pool: Pool, name: str, *, free: int, waiting: int) -> None:
    """Wait until that many workers are free where *waiting* calls are told of."""
    while pool.free(name) < free:
        pool.ask({name: waiting})
        pool.wait(5)


def _ended(pool: Pool) -> Outcome:
    """Return the next outcome."""
    while True:
        if outcomes := pool.wait(5):
            return outcomes[0]


def _do(pool: Pool, verb: str, *arguments: Any, seconds: float = 60) -> Outcome:
    _call(pool, "cpu", verb, *arguments, seconds=seconds)
    return _ended(pool)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z" not in stat.read_text()


def _read(note: Path) -> list[int]:
    """Return the processes that a hanging worker wrote down, once it has."""
    while not (note.exists() and note.read_text()):
        time.sleep(0.05)
    return [int(pid) for pid in note.read_text().split()]


def _serve(pool: Pool, calls: dict[str, int], seconds: float = 0.3) -> list[Outcome]:
    """Have that many calls made for each crew, as a dispatcher would."""
    left, outcomes = dict(calls), []
    while any(left.values()) or pool.busy:
        pool.ask(left)
        for name, number in left.items():
            now = min(number, pool.free(name))
            left[name] -= now
            for _ in range(now):
                pool.call(name, name, "rest", seconds, seconds=60)
        outcomes += pool.wait(5)
    return outcomes


def test_a_call_comes_back_with_its_tag_its_worker_and_its_seconds(pool: Pool) -> None:
    """The caller knows what an outcome belongs to, who did it and how long it took."""
    outcome = _do(pool, "say", "hello")

    assert outcome[:4] == ("a", "done", "> hello", "")
    assert outcome.seconds > 0
    assert outcome.worker.split("/")[0] == os.uname().nodename


@pytest.mark.parametrize(
    ("verb", "verdict", "words"),
    [
        ("refuse", "permanent", "the model has no idea"),
        ("miss", "transient", "the bucket does not answer"),
        ("stumble", "transient", "ZeroDivisionError: division by zero (workers.py:"),
        ("return_a_lock", "transient", "its answer cannot be sent"),
        ("fill_gpu", "memory", "81 frames do not fit"),
        ("fill_cuda", "memory", "CUDA out of memory"),
        ("fill_host", "memory", "MemoryError"),
    ],
)
def test_an_exception_is_judged_and_its_worker_kept(pool: Pool, verb: str, verdict: str, words: str) -> None:
    """People read the sentence, not a traceback; no model is loaded anew for it."""
    before = _do(pool, "pid").value
    outcome = _do(pool, verb)

    assert (outcome.verdict, outcome.value) == (verdict, None)
    assert words in outcome.error
    assert "\n" not in outcome.error
    assert _do(pool, "pid").value == before


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("die", (), "the worker process died (killed, or a fault in native code"),
        ("crash", (), "the worker process died (killed, or a fault in native code"),
        ("leave", (3,), "the worker process died (exit code 3)"),
        ("break_cuda", (), "CUDA error: an illegal memory access"),
    ],
)
def test_a_worker_that_is_of_no_more_use_is_replaced(
    pool: Pool, verb: str, arguments: tuple[Any, ...], words: str
) -> None:
    """The item is blamed, and the next one gets another process."""
    before = _do(pool, "pid").value
    outcome = _do(pool, verb, *arguments)

    assert (outcome.verdict, outcome.value) == ("crash", None)
    assert words in outcome.error
    assert _do(pool, "pid").value != before


def test_a_worker_that_hangs_is_stopped_at_its_deadline(pool: Pool, tmp_path: Path) -> None:
    """With all that it has started, and another takes its place."""
    outcome = _do(pool, "hang", str(tmp_path / "note"), seconds=2)

    assert outcome.verdict == "timeout"
    assert outcome.error == "no answer within 2 s; the worker was stopped"
    assert 2 <= outcome.seconds < 20
    assert _do(pool, "say", "again").value == "> again"
    assert not any(map(_runs, _read(tmp_path / "note")))


def test_a_dropped_call_ends_as_cancelled(pool: Pool, tmp_path: Path) -> None:
    """At once, with all that it has started; other calls go on."""
    _call(pool, "cpu", "hang", str(tmp_path / "note"), tag="drop me")
    _call(pool, "cpu", "rest", 1, tag="keep me")
    pids = _read(tmp_path / "note")
    pool.drop({"drop me", "unknown"})
    outcomes = [_ended(pool), _ended(pool)]

    assert [(outcome.tag, outcome.verdict) for outcome in outcomes] == [
        ("drop me", "cancelled"),
        ("keep me", "done"),
    ]
    assert not any(map(_runs, pids))


def test_a_call_that_is_stopped_ends_at_its_next_step_and_its_worker_goes_on(
    walkers: Pool, tmp_path: Path
) -> None:
    """Loading its model took minutes; it is kept, and does the next call in the same process."""
    _call(walkers, "walkers", "walk", str(tmp_path / "note"), 10_000, tag="drop me")
    (pid,) = _read(tmp_path / "note")
    walkers.drop({"drop me"})
    outcome = _ended(walkers)
    _call(walkers, "walkers", "walk", str(tmp_path / "note"), 2, tag="next")
    following = _ended(walkers)

    assert (outcome.tag, outcome.verdict, outcome.value) == ("drop me", "cancelled", None)
    assert outcome.error.startswith("stopped after ")
    assert (following.tag, following.verdict, following.value) == ("next", "done", pid)


def test_a_call_that_does_not_stop_in_time_ends_with_its_worker(walkers: Pool, tmp_path: Path) -> None:
    """It may hang; whoever cancelled does not wait for it."""
    _call(walkers, "walkers", "sleep", str(tmp_path / "note"), 1000)
    (pid,) = _read(tmp_path / "note")
    began = time.monotonic()
    walkers.drop({"a"})
    outcome = _ended(walkers)
    waited = time.monotonic() - began
    _call(walkers, "walkers", "pid")

    assert (outcome.verdict, outcome.error) == ("cancelled", "it was stopped")
    assert waited >= STOP_SECONDS
    assert _ended(walkers).value != pid
    assert not _runs(pid)


def test_a_call_may_be_stopped_at_once(walkers: Pool, tmp_path: Path) -> None:
    """With its worker, however long it would be let; also where it was asked before."""
    _call(walkers, "walkers", "walk", str(tmp_path / "note"), 10_000)
    (pid,) = _read(tmp_path / "note")
    walkers.drop({"a"})
    walkers.drop({"a"}, at_once=True)
    outcomes = walkers.wait(0)

    assert [(outcome.tag, outcome.verdict) for outcome in outcomes] == [("a", "cancelled")]
    _call(walkers, "walkers", "pid")
    assert _ended(walkers).value != pid


def test_a_call_that_is_done_before_it_hears_is_done(walkers: Pool, tmp_path: Path) -> None:
    """What is made is kept; the next call is not stopped in its place."""
    _call(walkers, "walkers", "sleep", str(tmp_path / "note"), 0.5)
    _read(tmp_path / "note")
    walkers.drop({"a"})
    outcome = _ended(walkers)
    _call(walkers, "walkers", "walk", str(tmp_path / "note"), 3)

    assert (outcome.verdict, outcome.value) == ("done", "slept")
    assert _ended(walkers).verdict == "done"


def test_a_call_that_stops_unasked_is_made_again(walkers: Pool) -> None:
    """Word that was meant for the call before is no reason to give an item up."""
    _call(walkers, "walkers", "give_up")
    outcome = _ended(walkers)

    assert (outcome.verdict, outcome.error) == ("transient", "it was stopped by mistake")


def test_progress_is_heard_while_a_call_runs(walkers: Pool, tmp_path: Path) -> None:
    """Nobody waits for it; a later call begins with nothing."""
    _call(walkers, "walkers", "walk", str(tmp_path / "note"), 40)
    shares: list[float] = []
    while walkers.busy:
        shares += walkers.shares().values()
        walkers.wait(0.1)
    told = sorted({*shares})
    _call(walkers, "walkers", "sleep", str(tmp_path / "note"), 0.5)

    assert shares == sorted(shares)
    assert len(told) > 3
    assert 0 <= told[0] < told[-1] <= 1
    assert walkers.shares() == {"a": 0.0}
    _ended(walkers)


def test_a_worker_that_cannot_be_told_to_stop_is_ended(tmp_path: Path) -> None:
    """Whatever its crew says of it."""
    crew = CPU.model_copy(update={"stop_seconds": 0.5})
    with Pool([crew]) as pool:
        _call(pool, "cpu", "hang", str(tmp_path / "note"))
        pids = _read(tmp_path / "note")
        silent = pool.shares()
        pool.drop({"a"})
        outcome = _ended(pool)

    assert silent == {"a": 0.0}
    assert outcome.verdict == "cancelled"
    assert not any(map(_runs, pids))


def test_no_item_is_blamed_for_a_worker_that_died_in_its_sleep(pool: Pool) -> None:
    """It never began."""
    for pid in {outcome.value for outcome in _serve(pool, {"cpu": 4})}:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    outcome = _do(pool, "say", "hello")

    assert (outcome.verdict, outcome.error) == ("lost", "the worker had died before the call")


def test_workers_are_started_for_work_and_kept() -> None:
    """One call takes one worker, many take as many as there are slots; models stay loaded."""
    with Pool([CPU.model_copy(update={"slots": 3})]) as fresh:
        _serve(fresh, {"cpu": 1})
        few = fresh.free("cpu")
        _have(fresh, "cpu", free=3, waiting=9)
        fresh.ask({})
        fresh.wait(2 * staffing.PATIENCE)
        many = fresh.free("cpu")
        pids = {outcome.value for outcome in _serve(fresh, {"cpu": 3})}

    assert (few, many) == (1, 3)
    assert not any(map(_runs, pids))


def test_a_worker_that_comes_free_ends_the_wait() -> None:
    """The dispatcher need not poll for it."""
    with Pool([CPU]) as pool:
        pool.ask({"cpu": 1})
        outcomes = pool.wait(60)

        assert outcomes == []
        assert pool.free("cpu") == 1


def test_two_crews_that_both_want_all_gpus_are_both_served() -> None:
    """Three workers wanted of each on two GPUs: neither starves, and the calls of both end."""
    crews = [Crew(name=name, worker=ECHO, slots=3, cpus=0, gpus=1) for name in ("one", "two")]
    with Pool(crews) as pool:
        outcomes = _serve(pool, {"one": 6, "two": 6})

    assert [outcome.verdict for outcome in outcomes] == ["done"] * 12
    assert {outcome.tag for outcome in outcomes[:6]} == {"one", "two"}


def test_a_crew_without_workers_gets_the_room_of_idle_ones() -> None:
    """Models stay loaded only while nobody else needs the GPU."""
    crews = [Crew(name=name, worker=ECHO, slots=1, cpus=0, gpus=2) for name in ("one", "two")]
    with Pool(crews) as pool:
        outcomes = [*_serve(pool, {"one": 1}), *_serve(pool, {"two": 1}), *_serve(pool, {"one": 1})]

    assert [outcome.tag for outcome in outcomes] == ["one", "two", "one"]


def test_a_crew_without_workers_does_not_wait_for_the_end_of_a_long_queue() -> None:
    """A crew that holds every GPU and has work for hours gives one up when a call ends."""
    crews = [Crew(name=name, worker=ECHO, slots=2, cpus=0, gpus=1) for name in ("one", "two")]
    with Pool(crews) as pool:
        _have(pool, "one", free=2, waiting=9)
        tags = []
        while "two" not in tags:
            pool.ask({"one": 9, "two": int(not pool.free("two"))})
            for name in ("two", "one"):
                for _ in range(pool.free(name)):
                    pool.call(name, name, "rest", 0.1, seconds=60)
            tags += [outcome.tag for outcome in pool.wait(5)]

    assert tags[-1] == "two"


def test_workers_that_cannot_start_stop_the_work() -> None:
    """After a few tries, in the worker's own words; what can be done is done."""
    with Pool([Crew(name="lame", worker="tests.workers:Lame", slots=2, cpus=0.5), CPU]) as pool:
        _call(pool, "cpu", "say", "hello")
        with pytest.raises(SettingsError, match=r"'lame' .* 3 times in a row: the weights are not there"):
            _serve(pool, {"lame": 2})

        assert pool.wait(0) == []


def test_a_worker_that_does_not_get_ready_is_a_failed_start() -> None:
    """Loading has a deadline; waiting for a place has none."""
    with (
        Pool(
            [Crew(name="sleepy", worker="tests.workers:Sleepy", slots=1, cpus=0.5)], load_seconds=0.5
        ) as pool,
        pytest.raises(SettingsError, match="not ready within"),
    ):
        _serve(pool, {"sleepy": 1})


def test_a_worker_whose_code_is_not_there_is_a_failed_start() -> None:
    """The message names the module."""
    with (
        Pool([Crew(name="absent", worker="tests.nowhere:Nobody", slots=1, cpus=0.5)]) as pool,
        pytest.raises(SettingsError, match=r"No module named 'tests.nowhere'"),
    ):
        _serve(pool, {"absent": 1})


def test_a_crew_that_no_node_can_hold_keeps_no_other_from_growing() -> None:
    """It waits for a node that may come."""
    crews = [Crew(name="giant", worker=ECHO, slots=1, cpus=0, gpus=99), CPU]
    with Pool(crews) as pool:
        pool.ask({"giant": 1, "cpu": 2})
        until = time.monotonic() + 30 * staffing.PATIENCE
        while pool.free("cpu") < 2 and time.monotonic() < until:
            pool.wait(1)

        assert pool.free("cpu") == 2
        assert pool.free("giant") == 0
