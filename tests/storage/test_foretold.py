"""What was foretold of runs against what came, and how large files came out; on both kinds of database."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from storage import tables
from storage.catalog import Catalog
from storage.rows import Foretold, Measure, RunEnd, Size
from tests.storage.drawn import asset, clip, draw_plan

TOLD: dict[Measure, Foretold] = {
    "ads": Foretold(1, 1),
    "seconds": Foretold(50, 60),
    "gpu_seconds": Foretold(7, 8),
    "bytes": Foretold(1000, 900),
}


def run_through(catalog: Catalog, campaign: str, *, end: RunEnd = "done", made: bool = True) -> int:
    """Make a campaign of one ad, of which one is foretold, in a run of a hundred seconds; return the run."""
    plan = draw_plan("one", campaign=campaign)
    run = catalog.start_run(plan, "{}")
    catalog.foretell(run, TOLD, known=0.95)
    shot = catalog.claim("shot", plan.shots[0].key, run, model="grand/1", work=40.0, gpus=2.0)
    if shot.attempt:
        catalog.finish(shot.attempt, clip(plan.shots[0]))
    if made:
        ad = catalog.claim("ad", plan.ads[0].key, run, model="compose/2", work=100.0)
        catalog.finish(ad.attempt, asset(plan.ads[0]))
    with catalog._writing() as connection:
        begun = connection.scalars(select(tables.Run.started_at).where(tables.Run.id == run)).one()
        # As if it had begun earlier, and after all others.
        earlier = {"started_at": begun - timedelta(seconds=100 * run)}
        connection.execute(update(tables.Run).where(tables.Run.id == run).values(**earlier))
        connection.execute(update(tables.Attempt).where(tables.Attempt.run_id == run).values(seconds=5.0))
    catalog.end_run(run, end)
    return run


def let_overlap(catalog: Catalog, *, apart: bool) -> None:
    """Have all runs go on at one time, or one after another."""
    with catalog._writing() as connection:
        for run, at in connection.execute(select(tables.Run.id, tables.Run.ended_at)).tuples().all():
            begin = at + timedelta(hours=run if apart else 0)
            times = {"started_at": begin, "ended_at": begin + timedelta(seconds=100)}
            connection.execute(update(tables.Run).where(tables.Run.id == run).values(**times))


def test_what_came_of_a_run_is_noted_beside_what_was_foretold(catalog: Catalog) -> None:
    """Its ads, its time, what its attempts took, and the bytes of its files; nothing else is noted."""
    run = run_through(catalog, "kaffi/a")

    (past,) = catalog.past_forecasts(5)

    assert (past.run, past.campaign, past.known) == (run, "kaffi/a", 0.95)
    assert past.plain == {"ads": 1, "seconds": 50, "gpu_seconds": 7, "bytes": 1000}
    assert past.told == {"ads": 1, "seconds": 60, "gpu_seconds": 8, "bytes": 900}
    assert past.came == {
        "ads": 1,
        "seconds": pytest.approx(100 * run, abs=5),
        "gpu_seconds": pytest.approx(10),
        "bytes": 3_000_000_020,
    }


def test_only_whole_runs_that_were_alone_are_compared_the_latest_first(catalog: Catalog) -> None:
    """One was cancelled, one has made no ad, and others went on at the same time."""
    first = run_through(catalog, "kaffi/a")
    run_through(catalog, "kaffi/b", end="cancelled")
    run_through(catalog, "kaffi/c", made=False)
    last = run_through(catalog, "kaffi/d", end="failed")
    let_overlap(catalog, apart=False)
    together = catalog.past_forecasts(5)

    let_overlap(catalog, apart=True)

    assert together == []
    assert [past.run for past in catalog.past_forecasts(5)] == [last, first]
    assert [past.run for past in catalog.past_forecasts(1)] == [last]


def test_a_run_of_which_nothing_was_foretold_ends_as_ever(catalog: Catalog) -> None:
    """So do those of older versions; and what was foretold once is not told again."""
    run = catalog.start_run(draw_plan("one"), "{}")
    catalog.foretell(run, {}, known=0.0)
    catalog.foretell(run, {"ads": Foretold(1, 1)}, known=1.0)
    catalog.foretell(run, {"ads": Foretold(2, 2)}, known=1.0)
    catalog.end_run(run, "done")

    with catalog._reading() as connection:
        told = connection.execute(select(tables.Forecast.told, tables.Forecast.came)).tuples().all()
    assert told == [(1.0, 0.0)]


def test_files_tell_how_large_the_next_will_be(catalog: Catalog) -> None:
    """By kind and model, as far as they are still there."""
    run_through(catalog, "kaffi/a")
    sizes = catalog.sizes()

    catalog.forget_files([clip(draw_plan("one").shots[0]).file.name])

    assert sizes == {
        ("shot", "grand/1"): Size(bytes=20, work=40.0),
        ("ad", "compose/2"): Size(bytes=3_000_000_000, work=100.0),
    }
    assert set(catalog.sizes()) == {("ad", "compose/2")}
