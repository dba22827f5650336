"""Measures one thing about the engine in a process of its own and prints it as JSON; called by engine.py."""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import ray
from standins import CPUS, GPUS, MODEL, Clock, draw_graph, draw_plan, started_ray

from actors.backends import VIDEO_MODELS
from actors.pool import Crew, Pool
from flows.batch import Batch, Inventory
from flows.dispatch import Dispatcher
from flows.events import Event
from flows.forecast import Forecast
from flows.specs import CPU
from schemas.plan import Plan
from storage.catalog import Catalog


class Lease:
    """A run that nobody cancels or takes over."""

    state: Literal["running"] = "running"

    def __init__(self, run: int) -> None:
        self.run = run


class Memory:
    """The driver's resident memory and the object store's bytes, in MB, as time goes on."""

    def __init__(self) -> None:
        self.resident: list[float] = []
        self.stored: list[float] = []

    def look(self) -> None:
        """Note both."""
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        self.resident.append(int(status["VmRSS"].split()[0]) / 1024)
        name = "object_store_memory"
        used = ray.cluster_resources().get(name, 0.0) - ray.available_resources().get(name, 0.0)
        self.stored.append(used / 1e6)

    def facts(self) -> dict[str, float]:
        """Return start, peak and end of each."""
        return {
            f"{name}_{when}": round(value, 1)
            for name, values in (("rss", self.resident), ("store", self.stored))
            for when, value in (("start", values[0]), ("peak", max(values)), ("end", values[-1]))
        }


def graph(seed: int, folder: Path) -> dict[str, float]:
    """Make 40 uneven shots on 4 GPUs and the ads that show them, twice: the second campaign finds workers."""
    journal = folder / "journal"
    with started_ray(), Catalog(f"sqlite:///{folder / 'catalog.sqlite'}") as catalog, _pool(journal) as pool:
        clock = Clock(journal)
        _make(draw_graph(seed, "cold"), catalog, pool)
        cold = clock.facts()
        journal.unlink()
        clock = Clock(journal)
        _make(draw_graph(seed, "warm"), catalog, pool)
        warm = clock.facts()
    return cold | {f"next_{name}": value for name, value in warm.items()}


def overhead(items: int, folder: Path) -> dict[str, float]:
    """Make *items* that take no time: a tenth bases, a tenth enlarged, the rest ads."""
    memory = Memory()
    with started_ray(), Catalog(f"sqlite:///{folder / 'catalog.sqlite'}") as catalog, _pool(None) as pool:
        _make(draw_plan("first", [0.0] * 10, ads=20), catalog, pool)  # so that the workers are there
        memory.look()
        bare = memory.resident.pop()
        shots = items // 10
        took = _make(draw_plan("many", [0.0] * shots, ads=items - 2 * shots), catalog, pool, memory)
    return {"items": items, "plan": memory.resident[0] - bare, **took, **memory.facts()}


def _pool(journal: Path | None) -> Pool:
    arguments = (str(journal or ""),)
    cpu = Crew(name=CPU, worker="standins:Stand", arguments=arguments, slots=CPUS, cpus=1)
    return Pool([cpu, cpu.model_copy(update={"name": MODEL, "slots": GPUS, "cpus": 0, "gpus": 1})])


def _make(plan: Plan, catalog: Catalog, pool: Pool, memory: Memory | None = None) -> dict[str, float]:
    """Make *plan* with the product's own dispatcher, pool and catalog."""
    run = catalog.start_run(plan, "{}")
    batch = Batch(plan, Lease(run), Inventory(), tell=_tell_nobody)
    dispatcher = Dispatcher(catalog, pool, Forecast())
    dispatcher.add(batch)
    took = _run(dispatcher, batch, memory)
    catalog.end_run(run, "done")
    missing = len(plan.ads) - len(catalog.assets_made(ad.key for ad in plan.ads))
    if missing:
        raise SystemExit(f"{missing} ads were not made")
    return took


def _tell_nobody(event: Event) -> None:
    """Stand for whoever watches; the events themselves are made as ever."""


def _run(dispatcher: Dispatcher, batch: Batch, memory: Memory | None) -> dict[str, float]:
    """Step until *batch* is over; return the loop's wall and CPU milliseconds an item."""
    items, look_at = len(batch.todo), 0.0
    began, clock = time.perf_counter(), time.thread_time()
    while not batch.over.is_set():
        dispatcher.step(0.25)
        if memory and time.perf_counter() > look_at:
            memory.look()
            look_at = time.perf_counter() + 1.0
    wall, cpu = time.perf_counter() - began, time.thread_time() - clock
    if memory:
        memory.look()
    return {"wall_ms": wall * 1000 / items, "cpu_ms": cpu * 1000 / items}


def main() -> None:
    """Measure what the command line says."""
    VIDEO_MODELS[MODEL] = VIDEO_MODELS["motion"].model_copy(update={"gpus": 1.0})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("graph", "overhead"))
    parser.add_argument("number", type=int, help="seed of a graph, or number of items")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        measure = {"graph": graph, "overhead": overhead}[arguments.what]
        facts: dict[str, Any] = measure(arguments.number, Path(folder))
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
