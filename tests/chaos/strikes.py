"""The faults, each as something that is done to a stage while its campaign is made."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from random import Random
from typing import Literal, NamedTuple

from tests.chaos.driver import LEASE, LISTENING
from tests.chaos.site import SECONDS_TO_END, Site, Stage
from tests.faults import Fault, FaultProxy

_SECONDS_TO_DIE = 20.0
_LEASE_SECONDS = 6.0
_BUSY = 3
"""Exit code of a run that finds its campaign taken."""
_INTERRUPTED = 130


class StrikeError(Exception):
    """The product did not take the fault as it should."""


class MissedError(Exception):
    """There was nothing left to strike."""


Do = Callable[[Stage, Random], None]
Waste = Literal["none", "one", "all"]


class Strike(NamedTuple):
    """A kind of fault."""

    title: str
    """As docs tell it."""
    do: Do
    share: int
    """How many of 200."""
    waste: Waste
    """Whose work it may cost: nobody's, that of one worker, or that of all; what was in flight, no more."""
    needs: str = ""
    """``cluster`` or ``servers``: nothing else has what it strikes; ``folder``: SQLite."""


def kill_driver(stage: Stage, dice: Random) -> None:  # noqa: ARG001
    """Kill the driver; its workers have to leave by themselves."""
    stage.driver.signal(signal.SIGKILL)
    _see_end(stage)


def kill_worker(stage: Stage, dice: Random) -> None:
    """Kill a worker, where it can be one that is making something; the run goes on.

    Not under an item that was begun before: a second crash would be held against it.
    """
    end = time.monotonic() + _SECONDS_TO_DIE
    while stage.driver.alive and time.monotonic() < end:
        living = [pid for pid in stage.notes.workers() if _lives(pid)]
        at_work = [pid for pid in living if pid in stage.notes.working()]
        for victim in sorted(at_work or living, key=lambda _: dice.random()):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGSTOP)
                if stage.notes.began(stage.notes.working().get(victim, "")) <= 1:
                    os.kill(victim, signal.SIGKILL)
                    return
                os.kill(victim, signal.SIGCONT)
        time.sleep(0.02)
    raise MissedError


def kill_raylet(stage: Stage, dice: Random) -> None:
    """Kill a node's raylet; the node is back some seconds later."""
    assert stage.site.cluster is not None
    stage.site.cluster.settle()
    node = dice.choice(stage.site.cluster.nodes)
    node.kill_raylet()
    time.sleep(dice.uniform(0, 2))
    node.launch()


def kill_postgres(stage: Stage, dice: Random) -> None:
    """Kill PostgreSQL's postmaster, and start it again."""
    assert stage.site.postgres is not None
    stage.site.postgres.kill()
    time.sleep(dice.uniform(0.5, 3))
    stage.site.postgres.start()


def kill_s3(stage: Stage, dice: Random) -> None:
    """Kill the S3 server, and start it again."""
    assert stage.site.s3 is not None
    stage.site.s3.kill()
    time.sleep(dice.uniform(0.5, 3))
    stage.site.s3.start()


def terminate(stage: Stage, dice: Random) -> None:  # noqa: ARG001
    """Send SIGTERM: what is being made may end, then the run does."""
    _interrupt(stage, signal.SIGTERM)


def interrupt(stage: Stage, dice: Random) -> None:  # noqa: ARG001
    """Send SIGINT, as Ctrl-C does."""
    _interrupt(stage, signal.SIGINT)


def start_second(stage: Stage, dice: Random) -> None:  # noqa: ARG001
    """Start another run of the same campaign; it must leave the first alone."""
    second = stage.start()
    stage.drivers.remove(second)
    stage.drivers.insert(0, second)
    code = second.wait()
    if code not in {_BUSY, 0}:  # 0: the first had ended
        raise StrikeError(f"a second run beside the first ended with {code}:\n{second.words()}")


def freeze_driver(stage: Stage, dice: Random) -> None:
    """Stop the driver for longer than its lease, have another take over, and let the first wake up."""
    frozen, begun, runs = stage.driver, stage.driver.said('"planned"'), stage.runs()
    frozen.signal(signal.SIGSTOP)
    time.sleep(_LEASE_SECONDS)
    heir = stage.start(environ={LEASE: str(_LEASE_SECONDS)})
    end = time.monotonic() + SECONDS_TO_END
    while stage.runs() == runs and heir.alive and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(dice.uniform(0, 1))
    frozen.signal(signal.SIGCONT)
    code = frozen.wait()
    if begun and code != _BUSY:
        raise StrikeError(f"a run that had lost its lease ended with {code}:\n{frozen.words()}")


def _die_at(place: str) -> Do:
    def die(stage: Stage, dice: Random) -> None:  # noqa: ARG001
        before = stage.driver
        stage.notes.doom(place)
        end = time.monotonic() + _SECONDS_TO_DIE
        while stage.notes.doomed() and before.alive and time.monotonic() < end:
            time.sleep(0.02)
        if stage.notes.doomed():
            stage.notes.pardon()
            raise MissedError
        if place in {"unclaimed", "claimed", "not-noted", "noted"}:
            before.wait(1)

    return die


def _break_line(of: str, fault: Callable[[Random], Fault], longest: float) -> Do:
    def break_line(stage: Stage, dice: Random) -> None:
        line = _line(stage.site, of)
        before = line.struck
        line.inject(fault(dice))
        end = time.monotonic() + longest
        while line.fault is not None and stage.driver.alive and time.monotonic() < end:
            time.sleep(0.02)
        line.heal()
        if line.struck == before:
            raise MissedError

    return break_line


def lock_sqlite(stage: Stage, dice: Random) -> None:
    """Hold SQLite's write lock for a while, as a slow backup does."""
    file = stage.settings.home / "catalog.sqlite"
    if not file.exists():
        raise MissedError
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(dice.uniform(1, 3))
        other.execute("ROLLBACK")


def _interrupt(stage: Stage, number: signal.Signals) -> None:
    listens = stage.driver.said(LISTENING)
    stage.driver.signal(number)
    code = stage.driver.wait()
    if listens and code not in {_INTERRUPTED, 0}:
        raise StrikeError(f"{number.name} ended the run with {code}:\n{stage.driver.words()}")
    _see_end(stage)


def _see_end(stage: Stage) -> None:
    """Wait until no worker is left without its driver. Raises StrikeError where one stays."""
    stage.driver.wait()
    end = time.monotonic() + _SECONDS_TO_DIE
    while left := [pid for pid in stage.notes.workers() if _lives(pid)]:
        if time.monotonic() > end:
            raise StrikeError(f"workers {left} outlive their driver")
        time.sleep(0.05)
    stage.driver.sweep()


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 (asked often)
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _line(site: Site, of: str) -> FaultProxy:
    line = site.to_s3 if of == "s3" else site.to_postgres
    assert line is not None
    return line


def _cut(dice: Random) -> Fault:
    return Fault("cut", after_bytes=dice.randint(1, 20_000), times=2)


def _reset(dice: Random) -> Fault:  # noqa: ARG001
    return Fault("reset")


def _silent(dice: Random) -> Fault:  # noqa: ARG001
    return Fault("blackhole")


def _lost(request: bytes) -> Callable[[Random], Fault]:
    return lambda _: Fault("lose", request=request, times=1)


_SERVERS: tuple[Waste, str] = ("none", "servers")

STRIKES: dict[str, Strike] = {
    "driver": Strike("SIGKILL of the driver", kill_driver, 50, "all"),
    "worker": Strike("SIGKILL of a worker", kill_worker, 28, "one"),
    "raylet": Strike("SIGKILL of a raylet, its node back seconds later", kill_raylet, 10, "all", "cluster"),
    "postgres": Strike("SIGKILL of PostgreSQL, back after 0.5 to 3 s", kill_postgres, 16, "none", "servers"),
    "s3": Strike("SIGKILL of the S3 server, back after 0.5 to 3 s", kill_s3, 16, "none", "servers"),
    "term": Strike("SIGTERM of the driver", terminate, 7, "none"),
    "int": Strike("SIGINT of the driver", interrupt, 7, "none"),
    "second": Strike("a second run of the campaign beside the first", start_second, 6, "none"),
    "frozen": Strike("driver stopped past its lease; another takes over; it wakes", freeze_driver, 4, "all"),
    "unclaimed": Strike("driver dies before it claims an item", _die_at("unclaimed"), 3, "all"),
    "claimed": Strike("driver dies between a claim and its call", _die_at("claimed"), 5, "all"),
    "not-noted": Strike("driver dies between a file and its row", _die_at("not-noted"), 6, "all"),
    "noted": Strike("driver dies just after a row", _die_at("noted"), 4, "all"),
    "clip-made": Strike("worker dies before it stores a clip", _die_at("clip-made"), 3, "one"),
    "clip-stored": Strike("worker dies between a clip and its answer", _die_at("clip-stored"), 4, "one"),
    "ad-made": Strike("worker dies before it stores an ad", _die_at("ad-made"), 3, "none"),
    "ad-stored": Strike("worker dies between an ad and its captions", _die_at("ad-stored"), 2, "none"),
    "ad-captioned": Strike("worker dies between captions and sidecar", _die_at("ad-captioned"), 2, "none"),
    "ad-told": Strike("worker dies between a sidecar and its answer", _die_at("ad-told"), 4, "none"),
    "commit-lost": Strike(
        "PostgreSQL commits, and the answer is lost",
        _break_line("postgres", _lost(b"COMMIT"), 5),
        4,
        *_SERVERS,
    ),
    "put-lost": Strike(
        "S3 stores, and the answer is lost", _break_line("s3", _lost(b"PUT "), 5), 4, *_SERVERS
    ),
    "s3-cut": Strike("answers of S3 are cut off", _break_line("s3", _cut, 3), 2, *_SERVERS),
    "s3-reset": Strike("connections to S3 are reset for 1 s", _break_line("s3", _reset, 1), 2, *_SERVERS),
    "s3-silent": Strike("S3 says nothing for 3 s", _break_line("s3", _silent, 3), 1, *_SERVERS),
    "postgres-reset": Strike(
        "connections to PostgreSQL are reset for 1 s", _break_line("postgres", _reset, 1), 2, *_SERVERS
    ),
    "postgres-silent": Strike(
        "PostgreSQL says nothing for 3 s", _break_line("postgres", _silent, 3), 1, *_SERVERS
    ),
    "sqlite": Strike("SQLite is locked by another program for 1 to 3 s", lock_sqlite, 4, "none", "folder"),
}
"""Every fault that is tried."""
