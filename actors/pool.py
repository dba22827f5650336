"""Puts plain workers on Ray, in crews; knows nothing of shots and ads.

A worker has at most one call in flight, and Ray's own retries are off, so that a crash, a deadline and a
cancellation are blamed on exactly one item and nothing runs twice behind the dispatcher's back. All methods
are for one thread.
"""

import time
from collections import deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import ray
from ray.exceptions import ActorUnavailableError

from actors import staffing
from actors.cluster import nodes
from actors.crew import Call, Crew, Room, Team, Worker
from actors.host import Place, Said
from actors.lines import Line
from actors.verdicts import Failure, judge_end
from schemas.errors import SettingsError
from schemas.work import Verdict

__all__ = ["Crew", "Outcome", "Pool"]

_TICK = 0.5
"""Seconds between two looks at clocks and crews while nothing happens."""
_NODES_AGE = 2.0
"""Seconds for which what is known of the nodes is new enough."""
_NAP = 0.2
"""Seconds of idleness after which a worker is greeted before a call: no item is to be blamed for a worker
that died in its sleep."""
_DOUBT = 45.0
"""Seconds to wait for word of a worker that cannot be reached; Ray takes up to 15 to find a node dead."""
_ASK_AGAIN = 1.0
_STARTS = 3
"""Starts that may fail in a row where no worker of the crew is ready."""
_LONGEST_PAUSE = 30.0
_LAST_BREATH = 5.0
"""Seconds to wait at the end for killed workers of this machine: until then they may write files."""
_REMEMBERED = 1000
"""How many killed workers are waited for; older ones are long gone."""

_STOPPED = Failure("cancelled", "it was stopped", spoiled=True)


class Outcome(NamedTuple):
    """How a call ended."""

    tag: Hashable
    verdict: Verdict
    value: Any
    """What the worker returned; None unless the verdict is "done"."""
    error: str
    """Why there is no value; empty where the verdict is "done"."""
    seconds: float
    """From the call to its end, on the driver's clock."""
    worker: str
    """Who did it, ``host/pid``."""
    lines: tuple[Line, ...] = ()
    """What the worker said meanwhile; nothing of one that died."""


class Pool:
    """Crews of workers that come and go with the work; a context manager that ends them."""

    def __init__(self, crews: Iterable[Crew] = (), *, load_seconds: float = 900) -> None:
        """Know *crews*; a worker has *load_seconds* to get ready once it is placed."""
        self._load_seconds = load_seconds
        self._teams: dict[str, Team] = {}
        self._ended: list[Outcome] = []
        self._freed = False
        self._left: deque[Place] = deque(maxlen=_REMEMBERED)
        self._nodes: Mapping[str, Room] = {}
        self._nodes_read = 0.0
        for crew in crews:
            self.add(crew)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._workers()):
            self._discard(worker)
        until = time.monotonic() + _LAST_BREATH
        while time.monotonic() < until and any(place.is_seen() for place in self._left):
            time.sleep(0.02)

    def add(self, crew: Crew) -> None:
        """Know *crew* too; one of a known name is left as it is."""
        self._teams.setdefault(crew.name, Team(crew))

    def slots(self, name: str) -> int:
        """Return how many workers that crew has at most."""
        return self._teams[name].crew.slots

    def free(self, name: str) -> int:
        """Return how many workers of that crew are ready and have nothing to do."""
        return sum(1 for _ in self._teams[name].among("idle"))

    @property
    def busy(self) -> int:
        """How many calls are in flight."""
        return sum(team.busy for team in self._teams.values())

    def ask(self, waiting: Mapping[str, int]) -> None:
        """Tell how many calls could start now for each crew, and have as many workers as that takes."""
        for name, team in self._teams.items():
            team.waiting = waiting.get(name, 0)
        self._staff(time.monotonic())

    def call(self, name: str, tag: Hashable, verb: str, *arguments: object, seconds: float) -> None:
        """Give the call to a free worker; *tag* comes back with its outcome, soon after *seconds* at most."""
        team, now = self._teams[name], time.monotonic()
        worker = max(team.among("idle"), key=lambda worker: worker.since)
        worker.call = Call(tag, verb, arguments, seconds, begun=now)
        team.waiting = max(0, team.waiting - 1)
        if now - worker.since > _NAP:
            worker.greet("greeted", now + _DOUBT)
        else:
            worker.do(worker.call)

    def wait(self, seconds: float) -> list[Outcome]:
        """Return what has ended: as soon as a call has, or (nothing) a worker came free, or after *seconds*.

        Raises SettingsError where workers of a crew cannot start.
        """
        end = time.monotonic() + seconds
        self._freed = False
        now = 0.0
        while not (self._ended or self._freed or self._stuck()) and now < end:
            self._listen(min(end, self._next_look()) - time.monotonic())
            now = time.monotonic()
            self._look_at_clocks(now)
            self._staff(now)
        if not self._ended and (stuck := self._stuck()):
            self._raise_for_starts(stuck)
        ended, self._ended = self._ended, []
        return ended

    def shares(self) -> Mapping[Hashable, float]:
        """Return how much of each call is done, 0 to 1, by its tag, as far as its worker has told.

        Asked are only workers of crews that may end a call by themselves, and nobody waits for an answer.
        """
        calling = (worker for worker in self._workers() if worker.phase == "calling")
        return {w.call.tag: w.share() for w in calling if w.call is not None and w.crew.stop_seconds}

    def drop(self, tags: Collection[Hashable], *, at_once: bool = False) -> None:
        """Stop these calls, which end as cancelled, unless they are done by then.

        Where the crew lets them, calls end by themselves at their next step; others, and all *at_once*, end
        now, with their workers.
        """
        for worker in list(self._workers()):
            if worker.call is None or worker.call.tag not in tags:
                continue
            patience = worker.crew.stop_seconds
            if patience and worker.phase == "calling" and not at_once:
                worker.stop(patience)
            else:
                self._settle(worker, _STOPPED)

    # What is heard of workers.

    def _workers(self) -> Iterator[Worker]:
        return (worker for team in self._teams.values() for worker in team.workers)

    def _next_look(self) -> float:
        return min([time.monotonic() + _TICK, *(worker.until for worker in self._workers())])

    def _listen(self, seconds: float) -> None:
        """Take in the answers that are there within *seconds*, as soon as there is one."""
        owing = {worker.answer: worker for worker in self._workers() if worker.answer is not None}
        timeout = max(0.0, seconds)
        if not owing:
            time.sleep(timeout)
            return
        there, _ = ray.wait(list(owing), num_returns=1, timeout=timeout, fetch_local=False)
        if there and len(owing) > 1:
            there, _ = ray.wait(list(owing), num_returns=len(owing), timeout=0, fetch_local=False)
        for answer in there:
            self._hear(owing[answer])

    def _hear(self, worker: Worker) -> None:
        try:
            said = ray.get(worker.answer)
        except ActorUnavailableError as error:
            self._doubt(worker, error)
        except Exception as error:  # noqa: BLE001 (an answer that cannot be unpickled may raise anything)
            if worker.phase == "greeted":
                failure = Failure("lost", "the worker had died before the call", spoiled=True)
            else:
                failure = judge_end(error, node_lives=self._lives(worker.place))
            self._end(worker, failure)
        else:
            self._take(worker, said)

    def _take(self, worker: Worker, said: Any) -> None:  # noqa: ANN401 (whatever workers return)
        """Go on with the worker after an answer."""
        match worker.phase:
            case "placing":
                worker.load(said, self._load_seconds)
            case "loading" if said is not None:
                self._end(worker, said)
            case "loading":
                self._team(worker).failures = 0
                worker.rest()
                self._freed = True
            case "calling":
                self._take_answer(worker, said)
            case "greeted" if worker.call is not None:
                worker.do(worker.call)
            case "doubted":
                self._end(worker, Failure("lost", "its node was away for a while", spoiled=True))
            case _:
                worker.rest()

    def _take_answer(self, worker: Worker, said: Said) -> None:
        value = said.value
        if _is_stopped(value) and not worker.stopping:
            # Word that was meant for the call before came late; this one is not to be blamed for it.
            value = Failure("transient", "it was stopped by mistake")
        self._settle(worker, value, said.lines)

    def _doubt(self, worker: Worker, error: ActorUnavailableError) -> None:
        """Wait for a verdict on a worker that cannot be reached; without a call there is none to wait for."""
        if worker.call is None:
            self._end(worker, Failure("lost", str(error), spoiled=True))
        else:
            worker.doubt(_DOUBT)

    def _look_at_clocks(self, now: float) -> None:
        for worker in list(self._workers()):
            if worker.until <= now:
                self._end(worker, self._overdue(worker))
            elif worker.phase == "doubted" and worker.answer is None and now - worker.since > _ASK_AGAIN:
                worker.greet("doubted", worker.until)

    def _overdue(self, worker: Worker) -> Failure:
        if worker.stopping:
            return _STOPPED
        if worker.phase == "loading":
            return Failure("timeout", f"not ready within {self._load_seconds:.0f} s", spoiled=True)
        if worker.phase == "calling" and worker.call is not None and self._lives(worker.place):
            reason = f"no answer within {worker.call.seconds:.0f} s; the worker was stopped"
            return Failure("timeout", reason, spoiled=True)
        return Failure("lost", "the worker's node died or cannot be reached", spoiled=True)

    # What becomes of workers.

    def _team(self, worker: Worker) -> Team:
        return self._teams[worker.crew.name]

    def _settle(self, worker: Worker, value: object, lines: tuple[Line, ...] = ()) -> None:
        """Write down how the worker's call ended; it is free again, unless it is of no more use."""
        failure = value if isinstance(value, Failure) else None
        if (call := worker.call) is not None:
            verdict: Verdict = failure.verdict if failure else "done"
            error = failure.error if failure else ""
            made = None if failure else value
            seconds = time.monotonic() - call.begun
            self._ended.append(Outcome(call.tag, verdict, made, error, seconds, str(worker.place), lines))
        if failure and failure.spoiled:
            self._discard(worker)
        else:
            worker.rest()

    def _end(self, worker: Worker, failure: Failure) -> None:
        """Settle the call that *failure* ended; without a call, it is the worker's start that has failed."""
        if worker.call is not None:
            self._settle(worker, failure)
            return
        self._discard(worker)
        if failure.verdict != "lost":
            self._note_failed_start(worker, failure.error)

    def _discard(self, worker: Worker) -> None:
        worker.kill()
        self._team(worker).workers.remove(worker)
        if worker.place is not None:
            self._left.append(worker.place)

    def _note_failed_start(self, worker: Worker, reason: str) -> None:
        """Count the failure; those that were under way when another failed tell nothing new."""
        team = self._team(worker)
        team.reason = reason
        if worker.born > team.failed:
            team.failures += 1
        team.failed = time.monotonic()

    def _stuck(self) -> Team | None:
        """Return a crew that cannot get going."""
        for team in self._teams.values():
            if team.failures >= _STARTS and not any(team.among("idle", "greeted", "calling")):
                return team
        return None

    def _raise_for_starts(self, team: Team) -> None:
        """Raise SettingsError; only the next *ask* lets the crew try again."""
        crew, failures = team.crew, team.failures
        team.failures = team.waiting = 0
        raise SettingsError(
            f"workers of {crew.name!r} ({crew.cpus:g} CPU, {crew.gpus:g} GPU each) cannot start, {failures} "
            f"times in a row: {team.reason}. Mend that where such workers run, and run again; "
            "`reelmill doctor` may say more"
        )

    # Who is needed.

    def _staff(self, now: float) -> None:
        """Start and end workers to suit the work."""
        teams = list(self._teams.values())
        staffing.note_hunger(teams, now)
        room = self._room(now) if any(staffing.is_pressed(team, now) for team in teams) else {}
        for worker in list(staffing.to_withdraw(teams, room, now)):
            self._discard(worker)
        for worker, team in list(staffing.to_release(teams, room, now)):
            team.eased = now
            self._discard(worker)
        for team in staffing.to_start(teams, room):
            if now >= team.failed + min(_LONGEST_PAUSE, 2.0**team.failures - 1):
                team.start()

    def _room(self, now: float) -> Mapping[str, Room]:
        if now - self._nodes_read > _NODES_AGE:
            self._nodes, self._nodes_read = nodes(), now
        return self._nodes

    def _lives(self, place: Place | None) -> bool:
        return place is None or place.node in nodes()


def _is_stopped(value: object) -> bool:
    return isinstance(value, Failure) and value.verdict == "cancelled"
