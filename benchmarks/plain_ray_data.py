"""Makes the same work as engine_alone.py's graph through a plain Ray Data pipeline; called by engine.py.

A stage of actors makes and enlarges shots; an ad is a task, sent when its last shot comes out. Nothing is
remembered, retried, capped or blamed.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import ray
import ray.data
from standins import GPUS, Clock, Stand, draw_graph, started_ray

from schemas.plan import Plan, Shot


class Shots:
    """The stage of the GPUs."""

    def __init__(self, journal: str) -> None:
        self._stand = Stand(journal)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Generate and enlarge the shots of *batch*."""
        for base, larger in zip(batch["base"], batch["larger"], strict=True):
            shot = Shot.model_validate_json(larger)
            self._stand.enlarge(shot, self._stand.generate(Shot.model_validate_json(base)))
        return {"key": batch["key"]}


def make(plan: Plan, journal: str) -> None:
    """Make *plan* and wait for its last ad."""
    by_key = {shot.key: shot for shot in plan.shots}
    rows = [
        {"key": shot.key, "base": by_key[shot.base].model_dump_json(), "larger": shot.model_dump_json()}
        for shot in plan.shots
        if shot.base
    ]
    shots = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Shots,
        fn_constructor_args=(journal,),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=GPUS, max_tasks_in_flight_per_actor=2),
        num_gpus=1,
    )
    compose = ray.remote(num_cpus=1)(_compose)
    waiting = {ad.key: (ad, set(ad.shots)) for ad in plan.ads}
    tasks = []
    for row in shots.iter_rows():
        for ad, needs in [*waiting.values()]:
            needs.discard(row["key"])
            if not needs:
                del waiting[ad.key]
                tasks.append(compose.remote(float(ad.composition.button), journal))
    ray.get(tasks)


def _compose(seconds: float, journal: str) -> None:
    Stand(journal).take(seconds, "cpu")


def main(seed: int, folder: str) -> None:
    """Make the graph of *seed* twice and print how busy the GPUs were."""
    ray.data.DataContext.get_current().enable_progress_bars = False
    facts: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=folder) as inside, started_ray():
        for name in ("", "next_"):
            clock = Clock(Path(inside) / f"{name}journal")
            make(draw_graph(seed, f"{name}ray-data"), str(clock.journal))
            facts |= {f"{name}{fact}": value for fact, value in clock.facts().items()}
    print(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
