"""Kills a campaign at every point of the list, and tells what it survived.

    python -m tests.chaos.storm              all points, with a table at the end
    python -m tests.chaos.storm 57 130       the rounds of these points, each up to its point
    python -m tests.chaos.storm --docs       all points, and the table into docs/faults.md

Exit code: 0 if all campaigns survived, 1 if one did not.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from random import Random

import click

from tests.chaos.driver import LISTENING
from tests.chaos.judge import Result, complaints, result_of, wasted
from tests.chaos.points import Point, Round, all_points
from tests.chaos.report import Struck, Survival, line, page, table
from tests.chaos.site import ROOT, WORKERS, Place, Site, Stage, open_site
from tests.chaos.strikes import STRIKES, MissedError, Strike, StrikeError

DOCS = ROOT / "docs" / "faults.md"
_RUNS_TO_END = 4
"""Runs that a campaign may need once nothing disturbs it any more; one should do."""
_RUNS_MAX = 30
"""In a round, at all."""
_TRIES = 3
"""Of a point that comes when all is made already."""
_ENDS = {0, 130, *(-number for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT))}
"""Exit codes of runs that ended well, or as they were told to."""


def undisturbed(site: Site, place: Place) -> Result:
    """Return what the campaign comes to when nothing happens to it."""
    stage = Stage(site, place)
    try:
        code = stage.start().wait()
        if code != 0:
            raise RuntimeError(f"an undisturbed run ended with {code}:\n{stage.driver.words()}")
        return result_of(stage)
    finally:
        stage.close()


def weather(site: Site, what: Round, expected: Result) -> Survival:
    """Make the campaign in a new place while the points of *what* befall it."""
    return _Weather(Stage(site, what.place), expected).over(what)


class _Weather:
    """A round while it goes on."""

    def __init__(self, stage: Stage, expected: Result) -> None:
        self._stage, self._expected = stage, expected
        self._problems: list[str] = []
        self._remarks: list[str] = []
        self._latest = 0

    def over(self, what: Round) -> Survival:
        if self._stage.site.cluster is not None:
            self._stage.site.cluster.settle()
        began = time.monotonic()
        try:
            self._stage.start()
            struck = tuple(Struck(point, missed=not self._befall(point)) for point in what.points)
            self._finish()
            return self._judge(what, struck, time.monotonic() - began)
        finally:
            self._stage.close()

    def _judge(self, what: Round, struck: tuple[Struck, ...], seconds: float) -> Survival:
        self._problems += complaints(self._stage, self._expected)
        allowed = sum(_cost(STRIKES[each.point.fault], what.place) for each in struck if not each.missed)
        again = wasted(self._stage)
        if again > allowed:
            self._problems.append(f"{again} clips were begun again, {allowed} may")
        return Survival(
            round=what,
            struck=struck,
            problems=tuple(self._problems),
            remarks=tuple(self._remarks),
            runs=len(self._stage.drivers),
            wasted=again,
            allowed=allowed,
            seconds=seconds,
        )

    def _befall(self, point: Point) -> bool:
        """Do what *point* says; tells whether there was anything left to strike."""
        stage = self._stage
        try:
            while not stage.wait_for(round(point.after * self._expected.things)):
                if stage.driver.code == 0 or len(stage.drivers) > _RUNS_MAX:
                    return False
                self._run_again()
            time.sleep(point.delay)
            STRIKES[point.fault].do(stage, Random(point.number))  # noqa: S311 (to be repeated, not secret)
        except MissedError:
            return False
        except StrikeError as error:
            self._problems.append(f"point {point.number}: {error}")
        finally:
            self._latest = point.number
            if not stage.driver.alive:
                self._run_again()
        return True

    def _run_again(self) -> None:
        """Start another run, with a remark if the last one has not ended as it should."""
        driver = self._stage.driver
        if driver.alive:
            self._problems.append(f"after point {self._latest} the run stood still:\n{driver.words()}")
        elif driver.code not in _ENDS and driver.said(LISTENING):
            self._remarks.append(
                f"after point {self._latest} the run gave up with {driver.code}:\n{driver.words()}"
            )
        driver.sweep()
        self._stage.start()

    def _finish(self) -> None:
        for _ in range(_RUNS_TO_END):
            if self._stage.driver.wait() == 0:
                return
            self._run_again()
        self._problems.append("the campaign is never made")


def _cost(strike: Strike, place: Place) -> int:
    return {"none": 0, "one": 1, "all": WORKERS[place]}[strike.waste]


def main() -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("points", type=int, nargs="*", help="repeat the rounds of these, up to them")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/faults.md")
    chosen = parser.parse_args()
    rounds = [_up_to(number) for number in chosen.points] or all_points()
    survivals = []
    for survival in storm(rounds):
        survivals.append(survival)
        click.echo("\n    ".join([line(survival), *survival.problems, *survival.remarks]))
    click.echo("\n".join(table(survivals)))
    if chosen.docs:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(page(survivals))
    return 1 if any(survival.problems for survival in survivals) else 0


def storm(rounds: Sequence[Round]) -> Iterator[Survival]:
    """Yield what came of each of *rounds*; points that came too late have another try, earlier."""
    places = dict.fromkeys(each.place for each in rounds)
    with open_site(places) as site:
        expected = {place: undisturbed(site, place) for place in places}
        for _ in range(_TRIES):
            late: dict[Place, list[Point]] = {}
            for each in rounds:
                survival = weather(site, each, expected[each.place])
                late.setdefault(each.place, []).extend(survival.missed)
                yield survival
            rounds = [Round(place, tuple(points)) for place, points in late.items() if points]


def _up_to(number: int) -> Round:
    for each in all_points():
        points = tuple(point for point in each.points if point.number <= number)
        if points and points[-1].number == number:
            return Round(each.place, points)
    raise SystemExit(f"there is no point {number}")


if __name__ == "__main__":
    sys.exit(main())
