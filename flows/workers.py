"""The workers of this process: started by whoever needs them first, shared by all campaigns inside."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from actors.backends import VIDEO_MODELS, Entry
from actors.cluster import Capacity, started
from actors.models import Means
from actors.pool import Crew, Pool
from actors.scratch import sweep_scratch
from flows.engine import Engine
from flows.equipment import find_reader
from flows.events import Event, Progress
from flows.forecast import Forecast
from flows.logs import with_log
from flows.policy import find_gate
from flows.specs import CPU, crew_of
from schemas.errors import SettingsError
from schemas.plan import Plan, Shot, Still
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog

WORKER = "actors.workshop:Workshop"
_STOP_SECONDS = 30.0
"""What a step of a large model may take; its worker is worth keeping, for loading takes minutes."""


class Workplace:
    """An engine, and what its workers are made of."""

    def __init__(self, engine: Engine, capacity: Capacity, cpu: Crew, tell: Progress) -> None:
        self.engine, self.capacity, self.tell = engine, capacity, tell
        self.ends: dict[str, str] = {}
        """How the run of each brief ended, by the brief's path, once it has."""
        self._cpu = cpu

    def say(self, sentence: str) -> None:
        """Tell people something about the run."""
        self.tell(Event(event="note", reason=sentence))

    def crews(self, plan: Plan) -> Iterable[Crew]:
        """Yield the crews that *plan* needs beside the CPU workers: one for each model with GPUs, or service.

        They hold no CPU, so that no CPU worker ever keeps them from their GPU. Raises SettingsError where the
        cluster has too few GPUs.
        """
        parts: tuple[Still | Shot, ...] = (*plan.stills, *plan.shots)
        for name in dict.fromkeys(crew for part in parts if (crew := crew_of(part)) != CPU):
            entry = VIDEO_MODELS[name]
            about = {"name": name, "cpus": 0, "gpus": entry.gpus, "stop_seconds": _STOP_SECONDS}
            yield self._cpu.model_copy(update={**about, "slots": self._slots(entry)})

    def _slots(self, entry: Entry) -> int:
        if entry.service is not None:
            return entry.service.concurrency
        if slots := int(self.capacity.gpus / entry.gpus):
            return slots
        raise SettingsError(
            f"video.model: {entry.name!r} needs {entry.gpus:g} GPU, Ray has {self.capacity.gpus}: "
            f"set RAY_ADDRESS to a cluster with GPUs, REELMILL_GPUS to how many it can grow to, or choose "
            f"a model that needs none "
            f"(`reelmill models`)"
        )


def _tell_nobody(_: Event) -> None:
    """Take an event, for whoever wants none."""


_workplace: ContextVar[Workplace | None] = ContextVar("workplace", default=None)


@contextmanager
def workers(
    settings: Settings, *, tell: Progress = _tell_nobody, worker: str = WORKER
) -> Iterator[Workplace]:
    """Have workers of the class *worker* for the length of the block; inside another such block, that one's.

    Events go to *tell*, and to the log. Raises SettingsError where Ray cannot be had.
    """
    if (open_already := _workplace.get()) is not None:
        yield open_already
        return
    with (
        _scratch(settings) as scratch,
        started(settings) as capacity,
        Catalog(settings.database_url) as catalog,
    ):
        _refuse_unshared(settings, capacity)
        place = scratch if capacity.local else None
        crew = Crew(
            name=CPU,
            worker=worker,
            arguments=(open_blobs(settings.blobs), settings.ffmpeg, place, _means(settings, capacity)),
            slots=capacity.cpus,
            cpus=1,
        )
        forecast = Forecast(catalog.paces())
        with (
            Pool([crew]) as pool,
            Engine(catalog, pool, forecast, drain_seconds=settings.drain_seconds) as engine,
        ):
            workplace = Workplace(engine, capacity, crew, with_log(tell))
            token = _workplace.set(workplace)
            try:
                yield workplace
            finally:
                _workplace.reset(token)


def _means(settings: Settings, capacity: Capacity) -> Means:
    cache = settings.cache if capacity.local else None
    return Means(
        models=settings.models,
        cache=cache,
        device=settings.device,
        gate=find_gate(settings),
        reader=find_reader(settings),
        signing=settings.signing,
    )


def _refuse_unshared(settings: Settings, capacity: Capacity) -> None:
    if capacity.machines > 1 and "://" not in settings.blobs:
        raise SettingsError(
            f"REELMILL_BLOBS={settings.blobs!r}: Ray runs on {capacity.machines} machines, which do not "
            f"share this folder: use s3://bucket/prefix"
        )


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """Have a folder for half-made files; killed workers leave theirs behind, so it is swept afterwards."""
    folder = settings.cache / "scratch"
    try:
        yield folder
    finally:
        sweep_scratch(folder)
