"""What the catalog must do, on SQLite and on a real PostgreSQL."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from sqlalchemy import select, text

from schemas.errors import StorageError
from schemas.plan import Ad
from storage import tables
from storage.catalog import Catalog, Failure
from tests.storage.drawn import asset, clip, draw_plan, still_file


def _state(catalog: Catalog, ad: Ad) -> str:
    return next(row.state for row in catalog.rows() if row.key == ad.key)


def _attempts(catalog: Catalog) -> list[tuple[str, str, str, str]]:
    this = tables.Attempt
    with catalog._reading() as connection:
        query = select(this.kind, this.outcome, this.error, this.worker).order_by(this.id)
        return list(connection.execute(query).tuples())


def test_a_plan_is_registered_with_everything_planned(catalog: Catalog) -> None:
    """Before anything is made, all of it can be looked at."""
    plan = draw_plan("one", "two")

    run = catalog.start_run(plan, "{}")

    assert {row.key: row.state for row in catalog.rows()} == {ad.key: "planned" for ad in plan.ads}
    (row,) = catalog.campaigns()
    assert (row.name, row.run, row.state, row.counts) == (plan.campaign, run, "running", {"planned": 2})
    assert row.ended_at is None
    assert row.started_at.utcoffset() is not None
    assert catalog.stills_made([plan.stills[0].key]) == {}


def test_what_is_made_is_found_by_its_key(catalog: Catalog) -> None:
    """Each kind comes back as the value that went in; keys that are not made are left out."""
    plan = draw_plan("one", "two")
    run = catalog.start_run(plan, "{}")
    still, shot, ad = plan.stills[0], plan.shots[0], plan.ads[0]

    catalog.finish(catalog.start_attempt("still", still.key, run), still_file(still))
    catalog.finish(catalog.start_attempt("shot", shot.key, run), clip(shot))
    catalog.finish(catalog.start_attempt("ad", ad.key, run), asset(ad))

    assert catalog.stills_made(s.key for s in plan.stills) == {still.key: still_file(still)}
    assert catalog.clips_made([shot.key, "unknown"]) == {shot.key: clip(shot)}
    assert catalog.assets_made(a.key for a in plan.ads) == {ad.key: asset(ad)}


def test_a_made_ad_is_shown_with_its_file(catalog: Catalog) -> None:
    """What `status` prints comes from one query."""
    plan = draw_plan("one")
    run = catalog.start_run(plan, "{}")
    catalog.finish(catalog.start_attempt("ad", plan.ads[0].key, run), asset(plan.ads[0]))

    (row,) = catalog.rows(plan.campaign)

    assert (row.product, row.locale, row.placement, row.variant) == ("one", "en-US", "meta_reels", "a")
    assert (row.state, row.seconds, row.bytes) == ("done", 6, 3_000_000_000)
    assert row.name == f"ads/{plan.ads[0].key}.mp4"
    assert catalog.rows("no/such") == []


def test_a_second_run_keeps_what_is_done_and_plans_the_rest_again(catalog: Catalog) -> None:
    """A rerun makes what is missing, whatever stopped the first one."""
    plan = draw_plan("done", "failed", "blocked", "running", "quarantined")
    done, failed, blocked, running, quarantined = plan.ads
    first = catalog.start_run(plan, "{}")
    catalog.finish(catalog.start_attempt("ad", done.key, first), asset(done))
    catalog.fail(catalog.start_attempt("ad", failed.key, first), "no font")
    catalog.block_ad(blocked.key, "no clip")
    catalog.start_attempt("ad", running.key, first)
    catalog.fail(catalog.start_attempt("ad", quarantined.key, first), "crashed twice", state="quarantined")
    catalog.end_run(first, "failed")

    second = catalog.start_run(plan, "{}")

    assert second > first
    states = {row.product: (row.state, row.error) for row in catalog.rows()}
    assert states["done"] == ("done", "")
    assert states["quarantined"] == ("quarantined", "crashed twice")
    assert [states[name] for name in ("failed", "blocked", "running")] == [("planned", "")] * 3
    assert catalog.campaigns()[0].counts == {"done": 1, "planned": 3, "quarantined": 1}


def test_only_ads_of_the_latest_run_are_shown(catalog: Catalog) -> None:
    """A changed price makes new ads; the old ones stay in the books, but nobody waits for them."""
    catalog.start_run(draw_plan("cheap", "dear"), "{}")
    catalog.start_run(draw_plan("dear", "dearer"), "{}")
    catalog.start_run(draw_plan("other", campaign="kaffi/winter"), "{}")

    assert [row.product for row in catalog.rows("kaffi/spring-roast")] == ["dear", "dearer"]
    assert [row.product for row in catalog.rows()] == ["dear", "dearer", "other"]
    assert [row.name for row in catalog.campaigns()] == ["kaffi/spring-roast", "kaffi/winter"]


def test_a_shot_serves_two_campaigns(catalog: Catalog) -> None:
    """Shots are named by content, so the second campaign finds the first one's."""
    first, second = draw_plan("one"), draw_plan("two", campaign="kaffi/winter")
    run = catalog.start_run(first, "{}")
    catalog.finish(catalog.start_attempt("shot", first.shots[0].key, run), clip(first.shots[0]))

    catalog.start_run(second, "{}")

    assert set(catalog.clips_made(shot.key for shot in second.shots)) == {first.shots[0].key}


def test_every_attempt_is_kept(catalog: Catalog) -> None:
    """Two failures and a success are three lines, each with its worker."""
    plan = draw_plan("one")
    run = catalog.start_run(plan, "{}")
    key = plan.shots[0].key

    catalog.fail(catalog.start_attempt("shot", key, run, worker="w1"), "out of memory")
    catalog.fail(catalog.start_attempt("shot", key, run, worker="w2"), "stopped", state="cancelled")
    catalog.finish(catalog.start_attempt("shot", key, run, worker="w3"), clip(plan.shots[0]))

    assert _attempts(catalog) == [
        ("shot", "failed", "out of memory", "w1"),
        ("shot", "cancelled", "stopped", "w2"),
        ("shot", "done", "", "w3"),
    ]


@pytest.mark.parametrize("state", ["failed", "quarantined", "cancelled", "rejected"])
def test_a_failed_ad_says_why(state: Failure, catalog: Catalog) -> None:
    """Each way to fail is a state of its own."""
    plan = draw_plan("one")
    attempt = catalog.start_attempt("ad", plan.ads[0].key, catalog.start_run(plan, "{}"))
    assert _state(catalog, plan.ads[0]) == "running"

    catalog.fail(attempt, "too loud", state=state)

    (row,) = catalog.rows()
    assert (row.state, row.error) == (state, "too loud")


def test_a_late_failure_takes_nothing_away(catalog: Catalog) -> None:
    """An attempt that was given up may still report after another has succeeded."""
    plan = draw_plan("one")
    ad, run = plan.ads[0], catalog.start_run(plan, "{}")
    late, good = catalog.start_attempt("ad", ad.key, run), catalog.start_attempt("ad", ad.key, run)
    catalog.finish(good, asset(ad))

    catalog.fail(late, "lost its node")
    catalog.block_ad(ad.key, "too late as well")

    assert _state(catalog, ad) == "done"
    assert [outcome for _, outcome, _, _ in _attempts(catalog)] == ["failed", "done"]


def test_a_file_without_its_row_is_adopted(catalog: Catalog) -> None:
    """A crash came between storing and noting; adopting twice is the same as once."""
    plan = draw_plan("one")
    catalog.start_run(plan, "{}")

    catalog.adopt("ad", asset(plan.ads[0]))
    catalog.adopt("ad", asset(plan.ads[0]))

    assert _state(catalog, plan.ads[0]) == "done"
    with catalog._reading() as connection:
        files = connection.execute(select(tables.Asset.name, tables.Asset.bytes)).tuples().all()
    assert files == [(f"ads/{plan.ads[0].key}.mp4", 3_000_000_000)]


def test_a_run_ends_with_its_state(catalog: Catalog) -> None:
    """The end has a time, and the time a zone."""
    catalog.end_run(catalog.start_run(draw_plan("one"), "{}"), "done")

    (row,) = catalog.campaigns()

    assert row.state == "done"
    assert row.ended_at is not None
    assert row.ended_at >= row.started_at


@pytest.mark.parametrize("kind", ["still", "shot"])
def test_a_state_that_does_not_exist_is_refused(kind: Literal["still", "shot"], catalog: Catalog) -> None:
    """The database itself holds the list: stills and shots are never rejected."""
    plan = draw_plan("one")
    key = plan.stills[0].key if kind == "still" else plan.shots[0].key
    attempt = catalog.start_attempt(kind, key, catalog.start_run(plan, "{}"))

    with pytest.raises(StorageError, match="refused"):
        catalog.fail(attempt, "x", state="rejected")

    assert _attempts(catalog) == [(kind, "running", "", "")]


def test_the_same_plan_from_many_threads_is_one_set_of_ads(catalog: Catalog) -> None:
    """A brief submitted four times at once makes each ad once."""
    plan = draw_plan(*(f"product {n}" for n in range(40)))

    with ThreadPoolExecutor(4) as threads:
        runs = set(threads.map(lambda _: catalog.start_run(plan, "{}"), range(4)))

    assert len(runs) == 4
    assert len(catalog.rows()) == 40
    assert len(catalog.campaigns()) == 1


def test_two_thousand_ads_are_registered_in_seconds(catalog: Catalog) -> None:
    """A batch is thousands of ads; the bound is wide, for machines differ."""
    plan = draw_plan(*(f"product {n:04}" for n in range(2000)))
    keys = [ad.key for ad in plan.ads]
    started = time.monotonic()

    catalog.start_run(plan, "{}")
    catalog.start_run(plan, "{}")

    assert catalog.assets_made(keys) == {}
    assert len(catalog.rows()) == 2000
    assert time.monotonic() - started < 20


def test_a_database_that_goes_away_is_told(catalog: Catalog) -> None:
    """The message is ours, with a cure; the statement is left out."""
    with catalog._writing() as connection:
        connection.execute(text("DROP TABLE assets"))

    with pytest.raises(StorageError, match="run again") as caught:
        catalog.adopt("ad", asset(draw_plan("one").ads[0]))
    assert "INSERT" not in str(caught.value)
