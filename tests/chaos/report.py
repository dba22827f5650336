"""Tells people what was tried and survived: a line a round, and the table that docs carry."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tests.chaos.campaign import ADS
from tests.chaos.points import SEED, Point, Round
from tests.chaos.strikes import STRIKES

_PAGE = """# Faults tried and survived

`make chaos` makes a campaign of {ads} ads again and again, with stand-ins for the models and all else real:
processes, files, SQLite, PostgreSQL, an S3 server (SeaweedFS), Ray, on one machine or on a cluster of three
nodes. Faults strike at moments drawn by lot (seed {seed}); `make chaos ARGS=57` repeats the campaign that
point 57 belongs to.

A campaign has survived if after its last rerun the ads are those of an undisturbed run, by SHA-256; every
file has its row and every row its file; nothing is noted as made twice; `reelmill verify` finds nothing; no
process and no file is left behind; and no more clips were begun again than were in flight at the faults.

`make chaos` wrote this on {day}, on {cores} cores, in {minutes:.0f} minutes: {rounds} campaigns, {runs} runs;
{again} clips were begun again, of {allowed} that the faults may have cost.

{table}
"""


class Struck(NamedTuple):
    """A point, and whether there was anything left to strike."""

    point: Point
    missed: bool


class Survival(NamedTuple):
    """A round, and what came of it."""

    round: Round
    struck: tuple[Struck, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    """Runs that gave up where a fault should not have ended them; the next one went on."""
    runs: int
    """Started in all."""
    wasted: int
    """Clips that were begun again."""
    allowed: int
    """Clips that the faults may have cost: what was in flight."""
    seconds: float

    @property
    def missed(self) -> list[Point]:
        """The points that came too late, at half their moments."""
        points = [each.point for each in self.struck if each.missed]
        return [point._replace(after=point.after / 2, delay=point.delay / 2) for point in points]


def line(survival: Survival) -> str:
    """Return a round in a line."""
    points = " ".join(
        f"{each.point.number}:{each.point.fault}{'(missed)' if each.missed else ''}"
        for each in survival.struck
    )
    again = f"{survival.wasted} of {survival.allowed} clips begun again"
    return f"{survival.round.place:17} {points:75} {survival.runs} runs, {again}, {survival.seconds:.0f} s"


def table(survivals: Iterable[Survival]) -> Iterator[str]:
    """Yield the lines of a table, one a fault: how often it was tried, and what was survived."""
    tried: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for survival in survivals:
        faults = [each.point.fault for each in survival.struck if not each.missed]
        tried.update(faults)
        lost.update(faults if survival.problems else ())
    yield "| fault | tried | survived |"
    yield "|---|---|---|"
    for name, strike in STRIKES.items():
        if tried[name]:
            yield f"| {strike.title} | {tried[name]} | {tried[name] - lost[name]} |"
    yield f"| all | {tried.total()} | {tried.total() - lost.total()} |"


def page(survivals: Sequence[Survival]) -> str:
    """Return docs/faults.md."""
    return _PAGE.format(
        ads=ADS,
        seed=SEED,
        day=datetime.now(UTC).date(),
        cores=len(os.sched_getaffinity(0)),
        minutes=sum(survival.seconds for survival in survivals) / 60,
        rounds=len(survivals),
        runs=sum(survival.runs for survival in survivals),
        again=sum(survival.wasted for survival in survivals),
        allowed=sum(survival.allowed for survival in survivals),
        table="\n".join(table(survivals)),
    )
