"""What the driver knows of its crews: which workers there are, and what each of them is about."""

import math
import time
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import ray
from ray.exceptions import RayError

from actors.host import Host, Place
from schemas.record import Record

Phase = Literal["placing", "loading", "idle", "greeted", "calling", "doubted"]
"""``placing``: it waits for a node with room. ``greeted``: after a rest it is asked whether it still lives.
``doubted``: Ray cannot reach it, which is no verdict yet."""

_OPTIONS: dict[str, Any] = {"max_restarts": 0, "max_task_retries": 0, "concurrency_groups": {"aside": 1}}
_HOST = ray.remote(**_OPTIONS)(Host)
"""One thread makes, so that a worker's models stay in it; one beside it hears that it shall stop."""


class Crew(Record):
    """Workers that are alike."""

    name: str
    worker: str
    """Class of the plain worker, ``module:Class``."""
    arguments: tuple[Any, ...] = ()
    slots: int
    """Most workers at a time."""
    cpus: float
    gpus: float = 0
    stop_seconds: float = 0.0
    """How long a call that is stopped may take to end by itself, so that the worker lives on; 0: it is
    killed."""

    @property
    def needs(self) -> set[str]:
        """Names of what a worker holds."""
        return {name for name in ("cpus", "gpus") if getattr(self, name)}


class Room(NamedTuple):
    """What a node has, or what is left of it."""

    cpus: float
    gpus: float

    def lacks(self, crew: Crew) -> set[str]:
        """Name what is too little here for a worker of *crew*."""
        crumb = 1e-6  # shares of a GPU add up inexactly
        wants = {"cpus": crew.cpus - self.cpus, "gpus": crew.gpus - self.gpus}
        return {name for name, more in wants.items() if more > crumb}


@dataclass(slots=True, eq=False)
class Call:
    """One call, on its way."""

    tag: Hashable
    verb: str
    arguments: tuple[Any, ...]
    seconds: float
    begun: float
    """On the monotonic clock, as all times here."""


@dataclass(slots=True, eq=False)
class Worker:
    """One worker, as the driver sees it; it owes at most one answer."""

    crew: Crew
    actor: Any
    phase: Phase = "placing"
    since: float = field(default_factory=time.monotonic)
    """When its phase began."""
    until: float = math.inf
    """When the driver stops waiting for its answer."""
    answer: Any = None
    """Ray's reference to the answer; None where it owes none."""
    born: float = field(default_factory=time.monotonic)
    loaded: float = math.inf
    """When it was first ready."""
    place: Place | None = None
    call: Call | None = None
    stopping: bool = False
    """Whether its call has been asked to end."""
    asked: Any = None
    """Ray's reference to its word on how much is done; None where it was not asked."""
    told: float = 0.0
    """How much of its call is done, 0 to 1, as it last told."""

    def greet(self, phase: Phase, until: float = math.inf) -> None:
        """Ask where it is: the answer shows that it is placed, and alive."""
        self._expect(phase, self.actor.where.remote(), until)

    def load(self, place: Place, seconds: float) -> None:
        """Let it make the plain worker, now that it has a *place*."""
        self.place = place
        self._expect("loading", self.actor.load.remote(), time.monotonic() + seconds)

    def do(self, call: Call) -> None:
        """Let it begin its call."""
        self.asked, self.told = None, 0.0
        answer = self.actor.call.remote(call.verb, call.arguments)
        self._expect("calling", answer, time.monotonic() + call.seconds)

    def share(self) -> float:
        """Return how much of its call is done, as it last told, and ask again."""
        if self.asked is not None and ray.wait([self.asked], timeout=0)[0]:
            with suppress(RayError):  # its end is heard of elsewhere
                self.told = ray.get(self.asked)
            self.asked = None
        if self.asked is None:
            self.asked = self.actor.progress.remote()
        return self.told

    def stop(self, seconds: float) -> None:
        """Ask its call to end within *seconds*."""
        self.actor.stop.remote()
        self.stopping = True
        self.until = min(self.until, time.monotonic() + seconds)

    def rest(self) -> None:
        """Let it be free."""
        self.call, self.stopping = None, False
        self._expect("idle", None, math.inf)
        self.loaded = min(self.loaded, self.since)

    def doubt(self, seconds: float) -> None:
        """Wait for word of it; what was to be waited for already stays."""
        until = self.until if self.phase == "doubted" else time.monotonic() + seconds
        self._expect("doubted", None, until)

    def kill(self) -> None:
        """End its process, or its wait for a place."""
        with suppress(RayError):  # the cluster itself may be gone
            ray.kill(self.actor)

    def _expect(self, phase: Phase, answer: Any, until: float) -> None:  # noqa: ANN401 (a Ray reference)
        self.phase, self.answer, self.until, self.since = phase, answer, until, time.monotonic()


@dataclass(slots=True, eq=False)
class Team:
    """A crew with its workers, its work, and how its starts went."""

    crew: Crew
    waiting: int = 0
    """Calls that could start now if there were workers."""
    workers: list[Worker] = field(default_factory=list)
    failures: int = 0
    """Starts that failed in a row."""
    failed: float = -math.inf
    """When the last start failed."""
    reason: str = ""
    """Why it did."""
    hungry: float | None = None
    """Since when it has calls and no worker to give them to."""
    eased: float = -math.inf
    """When another crew last made room for it."""

    def start(self) -> None:
        """Start one worker more; it waits for a place as long as it takes."""
        options = {"num_cpus": self.crew.cpus, "num_gpus": self.crew.gpus}
        worker = Worker(self.crew, _HOST.options(**options).remote(self.crew.worker, self.crew.arguments))
        worker.greet("placing")
        self.workers.append(worker)

    def among(self, *phases: Phase) -> Iterator[Worker]:
        """Yield the workers that are in one of *phases*."""
        return (worker for worker in self.workers if worker.phase in phases)

    @property
    def busy(self) -> int:
        """Calls in flight."""
        return sum(worker.call is not None for worker in self.workers)

    @property
    def serving(self) -> int:
        """Workers that have a place; doubted ones may have none any more."""
        return sum(worker.phase not in {"placing", "doubted"} for worker in self.workers)

    @property
    def lacking(self) -> int:
        """How many workers more would have something to do; negative where some have nothing."""
        doubted = sum(worker.phase == "doubted" for worker in self.workers)
        wanted = min(self.crew.slots, self.busy - doubted + self.waiting)
        return wanted - (len(self.workers) - doubted)
