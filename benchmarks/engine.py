"""Measures the engine on stand-ins: how busy it keeps GPUs, what an item costs it, what it remembers.

Run by `make bench`. The engine is the product's own, with Ray, workers in processes and an SQLite catalog;
its workers sleep and make no files. Beside it, in turns, a plain Ray Data pipeline does the same work,
where `pip install 'reelmill[bench]'` has put it. Every figure is of a process of its own. Nothing
passes or fails.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from standins import GPUS

HERE = Path(__file__).parent
ITEMS = (1_000, 5_000, 20_000)
_MINUTES_MAX = 15

Facts = dict[str, float]


def measure(program: str, *arguments: str) -> Facts:
    """Run *program* of this folder in a process of its own and return the facts that it prints last."""
    command = [sys.executable, str(HERE / program), *arguments]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 * _MINUTES_MAX)
    if told.returncode:
        raise SystemExit(f"{program} ended with {told.returncode}:\n{told.stderr[-2000:]}")
    facts: Facts = json.loads(told.stdout.splitlines()[-1])
    return facts


def compare_graphs(rounds: int, folder: str) -> None:
    """Print how busy 40 uneven shots keep 4 GPUs, ours and Ray Data in turns on the same shots."""
    sides = {"reelmill": ("engine_alone.py", "graph"), "plain Ray Data": ("plain_ray_data.py",)}
    if not importlib.util.find_spec("pyarrow"):
        print("plain Ray Data: not measured, for it is not installed: pip install 'reelmill[bench]'")
        del sides["plain Ray Data"]
    told: dict[str, list[Facts]] = {name: [] for name in sides}
    for seed in range(rounds):
        for name, program in sides.items():
            told[name].append(measure(*program, str(seed), folder))
    print(f"40 uneven shots: {GPUS} GPUs busy / time, from the first shot's begin to the last one's end:")
    for name, facts in told.items():
        for which, campaign in (("", "first campaign"), ("next_", "second")):
            first, last, ads = (_median(facts, which + name) for name in ("first", "last", "all"))
            print(
                f"  {name}, {campaign}: {_spread(facts, f'{which}busy')}; from the call on "
                f"{_spread(facts, f'{which}busy_whole')}: first shot after {first:.1f} s, last {last:.1f}, "
                f"all ads {ads:.1f}"
            )


def show_overhead(items: Iterable[int], folder: str) -> None:
    """Print what an item costs the dispatcher, and memory, at several numbers of items."""
    for number in items:
        facts = measure("engine_alone.py", "overhead", str(number), folder)
        print(
            f"{number} items: {facts['wall_ms']:.2f} ms an item, {facts['cpu_ms']:.2f} ms CPU of the loop; "
            f"driver {facts['rss_start']:.0f} MB (the plan {facts['plan']:.0f}) at the start, "
            f"{facts['rss_peak']:.0f} at its peak, {facts['rss_end']:.0f} at the end; object store "
            f"{facts['store_start']:.1f}, {facts['store_peak']:.1f}, {facts['store_end']:.1f} MB"
        )


def _median(facts: list[Facts], name: str) -> float:
    return statistics.median(one[name] for one in facts)


def _spread(facts: list[Facts], name: str) -> str:
    values = [one[name] for one in facts]
    return f"{_median(facts, name):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--items", type=int, nargs="*", default=ITEMS)
    arguments = parser.parse_args()
    # Beside the project: /tmp may be memory.
    data = HERE.parent / "bench-data"
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data) as folder:
        compare_graphs(arguments.rounds, folder)
        show_overhead(arguments.items, folder)
    print(f"load average: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
