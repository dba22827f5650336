"""What the catalog must do with plans and attempts, on SQLite and on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from schemas.errors import StorageError
from schemas.media import Asset, StoredFile
from schemas.plan import Ad, Plan
from schemas.work import Kind, Verdict
from storage import tables
from storage.catalog import Catalog
from storage.rows import Claim, Failure
from tests.storage.drawn import TOO_LOUD, asset, clip, draw_plan, still_file


def _state(catalog: Catalog, ad: Ad) -> str:
    return next(row.state for row in catalog.rows() if row.key == ad.key)


def _attempts(catalog: Catalog) -> list[tuple[str, str, str, str]]:
    this = tables.Attempt
    with catalog._reading() as connection:
        query = select(this.kind, this.outcome, this.error, this.worker).order_by(this.id)
        return list(connection.execute(query).tuples())


def _begin(catalog: Catalog, kind: Kind, key: str, run: int) -> int:
    claim = catalog.claim(kind, key, run)
    assert claim.attempt
    return claim.attempt


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

    catalog.finish(_begin(catalog, "still", still.key, run), still_file(still))
    catalog.finish(_begin(catalog, "shot", shot.key, run), clip(shot))
    catalog.finish(_begin(catalog, "ad", ad.key, run), asset(ad))

    assert catalog.stills_made(s.key for s in plan.stills) == {still.key: still_file(still)}
    assert catalog.clips_made([shot.key, "unknown"]) == {shot.key: clip(shot)}
    assert catalog.assets_made(a.key for a in plan.ads) == {ad.key: asset(ad)}


def test_a_made_ad_is_shown_with_its_file(catalog: Catalog) -> None:
    """What `status` prints comes from one query."""
    plan = draw_plan("one")
    run = catalog.start_run(plan, "{}")
    catalog.finish(_begin(catalog, "ad", plan.ads[0].key, run), asset(plan.ads[0]))

    (row,) = catalog.rows(plan.campaign)

    assert (row.product, row.locale, row.placement, row.variant) == ("one", "en-US", "meta_reels", "a")
    assert (row.state, row.seconds, row.bytes) == ("done", 6, 3_000_000_000)
    assert row.name == f"ads/{plan.ads[0].key}.mp4"
    assert catalog.rows("no/such") == []


def _half_finished(catalog: Catalog) -> Plan:
    """Return a plan whose run has ended with an ad in each state, which its name tells."""
    plan = draw_plan("done", "failed", "blocked", "running", "quarantined", "capped")
    done, failed, blocked, running, quarantined, capped = (ad.key for ad in plan.ads)
    run = catalog.start_run(plan, "{}")
    catalog.finish(_begin(catalog, "ad", done, run), asset(plan.ads[0]))
    catalog.fail(_begin(catalog, "ad", failed, run), "permanent", "no font", state="failed")
    catalog.block_ad(blocked, run, "no clip")
    _begin(catalog, "ad", running, run)
    catalog.fail(_begin(catalog, "ad", quarantined, run), "crash", "crashed twice", state="quarantined")
    catalog.block_ad(capped, run, "the budget is spent", state="planned")
    shot = _begin(catalog, "shot", plan.shots[0].key, run)
    catalog.fail(shot, "crash", "crashed twice", state="quarantined")
    catalog.end_run(run, "failed")
    return plan


def test_a_second_run_keeps_what_is_done_and_plans_the_rest_again(catalog: Catalog) -> None:
    """A rerun makes what is missing, whatever stopped the first one; what killed workers stays out."""
    plan = _half_finished(catalog)

    catalog.start_run(plan, "{}")

    states = {row.product: (row.state, row.error) for row in catalog.rows()}
    assert states.pop("done") == ("done", "")
    assert states.pop("quarantined") == ("quarantined", "crashed twice")
    assert set(states.values()) == {("planned", "")}
    assert catalog.campaigns()[0].counts == {"done": 1, "planned": 4, "quarantined": 1}
    shot = plan.shots[0].key
    assert catalog.quarantined("shot", [shot, "unknown"]) == {shot: "crashed twice"}


def test_a_run_that_retries_plans_the_quarantined_again(catalog: Catalog) -> None:
    """Whoever has mended the cause says so."""
    plan = _half_finished(catalog)

    catalog.start_run(plan, "{}", retry=True)

    assert catalog.campaigns()[0].counts == {"done": 1, "planned": 5}
    assert catalog.quarantined("shot", [plan.shots[0].key]) == {}


def test_only_ads_of_the_latest_run_are_shown(catalog: Catalog) -> None:
    """A changed price makes new ads; the old ones stay in the books, but nobody waits for them."""
    catalog.end_run(catalog.start_run(draw_plan("cheap", "dear"), "{}"), "done")
    catalog.start_run(draw_plan("dear", "dearer"), "{}")
    catalog.start_run(draw_plan("other", campaign="kaffi/winter"), "{}")

    assert [row.product for row in catalog.rows("kaffi/spring-roast")] == ["dear", "dearer"]
    assert [row.product for row in catalog.rows()] == ["dear", "dearer", "other"]
    assert [row.name for row in catalog.campaigns()] == ["kaffi/spring-roast", "kaffi/winter"]


def test_a_shot_serves_two_campaigns(catalog: Catalog) -> None:
    """Shots are named by content, so the second campaign finds the first one's."""
    first, second = draw_plan("one"), draw_plan("two", campaign="kaffi/winter")
    run = catalog.start_run(first, "{}")
    catalog.finish(_begin(catalog, "shot", first.shots[0].key, run), clip(first.shots[0]))

    catalog.start_run(second, "{}")

    assert set(catalog.clips_made(shot.key for shot in second.shots)) == {first.shots[0].key}


def test_every_attempt_is_kept(catalog: Catalog) -> None:
    """Two failures and a success are three lines, each with its worker."""
    plan = draw_plan("one")
    run, key = catalog.start_run(plan, "{}"), plan.shots[0].key
    first, second, third = (catalog.claim("shot", key, run, worker=f"w{n}").attempt for n in (1, 2, 3))

    catalog.fail(first, "memory", "out of memory", state="planned")
    catalog.fail(second, "cancelled", "stopped", state="planned")
    catalog.finish(third, clip(plan.shots[0]))

    assert _attempts(catalog) == [
        ("shot", "memory", "out of memory", "w1"),
        ("shot", "cancelled", "stopped", "w2"),
        ("shot", "done", "", "w3"),
    ]


def test_what_a_thing_took_is_told_of_the_attempt_that_made_it(catalog: Catalog) -> None:
    """No failed one counts, nor the earlier one of a file that was lost; an adopted file has none."""
    plan = draw_plan("one", shots=3)
    run = catalog.start_run(plan, "{}")
    first, second, third = plan.shots
    for made in (first, second):
        failed = catalog.claim("shot", made.key, run, gpus=4).attempt
        catalog.fail(failed, "crash", "it died", state="planned")
        catalog.finish(catalog.claim("shot", made.key, run, gpus=2).attempt, clip(made))
    catalog.forget("shot", [second.key])
    catalog.finish(catalog.claim("shot", second.key, run, gpus=0).attempt, clip(second))
    catalog.adopt("shot", clip(third))
    costs = catalog.costs("shot", [shot.key for shot in plan.shots])

    assert [*costs] == [first.key, second.key]
    assert costs[first.key].gpu_seconds == pytest.approx(2 * costs[first.key].seconds)
    assert costs[second.key].gpu_seconds == 0
    assert catalog.costs("still", [first.key]) == {}


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("permanent", "failed"), ("crash", "quarantined"), ("cancelled", "cancelled"), ("transient", "planned")],
)
def test_a_failed_ad_says_why(verdict: Verdict, state: Failure, catalog: Catalog) -> None:
    """Each way to fail is a state of its own; what is tried again is planned."""
    plan = draw_plan("one")
    attempt = _begin(catalog, "ad", plan.ads[0].key, catalog.start_run(plan, "{}"))
    assert _state(catalog, plan.ads[0]) == "running"

    catalog.fail(attempt, verdict, "too loud", state=state)

    (row,) = catalog.rows()
    assert (row.state, row.error) == (state, "too loud")


def test_a_late_failure_takes_nothing_away(catalog: Catalog) -> None:
    """An attempt that was given up may still report after another has succeeded."""
    plan = draw_plan("one")
    ad, run = plan.ads[0], catalog.start_run(plan, "{}")
    late, good = _begin(catalog, "ad", ad.key, run), _begin(catalog, "ad", ad.key, run)
    catalog.finish(good, asset(ad))

    catalog.fail(late, "lost", "lost its node", state="planned")
    catalog.block_ad(ad.key, run, "too late as well")

    assert _state(catalog, ad) == "done"
    assert [outcome for _, outcome, _, _ in _attempts(catalog)] == ["lost", "done"]


def test_an_answer_that_was_lost_may_be_asked_for_again(catalog: Catalog) -> None:
    """Who does not hear that a transaction went through sends it again, and nothing changes."""
    plan = draw_plan("one", "two")
    run = catalog.start_run(plan, "{}")
    good, bad = (_begin(catalog, "ad", ad.key, run) for ad in plan.ads)

    for _ in range(2):
        catalog.finish(good, asset(plan.ads[0]))
        catalog.fail(bad, "transient", "no answer", state="planned")
        catalog.block_ad(plan.ads[1].key, run, "no clip")

    assert [row.state for row in catalog.rows()] == ["done", "blocked"]
    assert [outcome for _, outcome, _, _ in _attempts(catalog)] == ["done", "transient"]
    assert len(list(catalog.files())) == 1


def test_what_is_made_meanwhile_is_not_claimed(catalog: Catalog) -> None:
    """Whoever asks gets what is there, and no attempt is noted."""
    plan = draw_plan("one")
    run = catalog.start_run(plan, "{}")
    catalog.finish(_begin(catalog, "shot", plan.shots[0].key, run), clip(plan.shots[0]))

    claim = catalog.claim("shot", plan.shots[0].key, run)

    assert claim == Claim(0, clip(plan.shots[0]))
    assert len(_attempts(catalog)) == 1


def test_a_file_without_its_row_is_adopted(catalog: Catalog) -> None:
    """A crash came between storing and noting; adopting twice is the same as once."""
    plan = draw_plan("one")
    catalog.start_run(plan, "{}")

    catalog.adopt("ad", asset(plan.ads[0]))
    catalog.adopt("ad", asset(plan.ads[0]))

    assert _state(catalog, plan.ads[0]) == "done"
    (file,) = catalog.files()
    assert (file.name, file.bytes) == (f"ads/{plan.ads[0].key}.mp4", 3_000_000_000)


def test_a_state_that_does_not_exist_is_refused(catalog: Catalog) -> None:
    """The database itself holds the list: a shot is never blocked. The rest of the transaction is undone."""
    plan = draw_plan("one")
    attempt = _begin(catalog, "shot", plan.shots[0].key, catalog.start_run(plan, "{}"))

    with pytest.raises(StorageError, match="refused"):
        catalog.fail(attempt, "permanent", "x", state="blocked")  # type: ignore[arg-type]

    assert _attempts(catalog) == [("shot", "running", "", "")]


def test_files_and_what_is_made_are_told_in_order(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come a page at a time, so that checking a million needs no memory."""
    monkeypatch.setattr("storage.audit.BATCH", 2)
    plan = draw_plan(*"abcde")
    run = catalog.start_run(plan, "{}")
    for ad in plan.ads:
        catalog.finish(_begin(catalog, "ad", ad.key, run), asset(ad))

    files, made = list(catalog.files()), list(catalog.made("ad"))

    keys = sorted(ad.key for ad in plan.ads)
    assert [file.name for file in files] == [f"ads/{key}.mp4" for key in keys]
    assert [asset.ad for asset in made if isinstance(asset, Asset)] == keys
    assert (files[0].kind, files[0].sha256) == ("ad", "e" * 64)
    assert list(catalog.made("shot")) == []


def test_a_rejected_ad_is_kept_with_all_its_files(catalog: Catalog) -> None:
    """It counts as made to whoever would make it again, not as done; its row says what it breaks."""
    plan = draw_plan("one")
    (ad,) = plan.ads
    captions = tuple(
        StoredFile(name=f"ads/{ad.key}.{end}", sha256="c" * 64, bytes=3) for end in ("srt", "vtt")
    )
    made = asset(ad).model_copy(update={"captions": captions, "findings": (TOO_LOUD,)})
    run = catalog.start_run(plan, "{}")
    catalog.finish(_begin(catalog, "ad", ad.key, run), made)
    catalog.end_run(run, "failed")
    again = catalog.start_run(plan, "{}", retry=True)
    (row,) = catalog.rows()

    assert catalog.claim("ad", ad.key, again) == Claim(0, made)
    assert (row.state, row.error, row.findings) == ("rejected", str(TOO_LOUD), (TOO_LOUD,))
    assert {file.name for file in catalog.files()} == {made.file.name, *row.captions}
    assert catalog.campaigns()[0].counts == {"rejected": 1}


def test_what_has_lost_its_file_is_planned_again(catalog: Catalog) -> None:
    """Only what was noted as made is touched, and its line among the files goes when it is struck."""
    plan = draw_plan("gone", "failed")
    run = catalog.start_run(plan, "{}")
    gone, failed = (_begin(catalog, "ad", ad.key, run) for ad in plan.ads)
    catalog.finish(gone, asset(plan.ads[0]))
    catalog.fail(failed, "permanent", "no font", state="failed")

    catalog.forget("ad", (ad.key for ad in plan.ads))
    catalog.forget_files([f"ads/{plan.ads[0].key}.mp4", "unknown"])

    assert {row.product: row.state for row in catalog.rows()} == {"gone": "planned", "failed": "failed"}
    assert catalog.assets_made([plan.ads[0].key]) == {}
    assert list(catalog.files()) == []


def test_many_threads_share_a_catalog(catalog: Catalog) -> None:
    """The engine, heartbeats and flows write at once; each waits for the others and nothing is lost."""
    plan = draw_plan(*(f"product {n}" for n in range(60)))
    run = catalog.start_run(plan, "{}")

    def make(ad: Ad) -> str:
        catalog.finish(_begin(catalog, "ad", ad.key, run), asset(ad))
        return catalog.beat(run)

    with ThreadPoolExecutor(8) as threads:
        heard = set(threads.map(make, plan.ads))

    assert heard == {"running"}
    assert catalog.campaigns()[0].counts == {"done": 60}


def test_campaigns_that_share_shots_are_registered_at_once(catalog: Catalog) -> None:
    """Each locks the shots that both show; neither waits for the other in a circle."""
    products = [f"product {n}" for n in range(40)]
    plans = [draw_plan(*products, campaign=f"kaffi/{n}", shots=30) for n in range(6)]
    mirrored = [plan.model_copy(update={"shots": plan.shots[::-1]}) for plan in plans[::2]]

    with ThreadPoolExecutor(6) as threads:
        runs = list(threads.map(lambda plan: catalog.start_run(plan, "{}"), [*plans[1::2], *mirrored]))

    assert len(set(runs)) == 6
    assert len(catalog.rows()) == 240


def test_two_thousand_ads_are_registered_and_found(catalog: Catalog) -> None:
    """More than fit in one statement, twice."""
    plan = draw_plan(*(f"product {n:04}" for n in range(2000)))
    keys = [ad.key for ad in plan.ads]

    catalog.end_run(catalog.start_run(plan, "{}"), "interrupted")
    catalog.start_run(plan, "{}")

    assert catalog.assets_made(keys) == {}
    assert catalog.troubles("ad", keys) == {}
    assert len(catalog.rows()) == 2000


def test_a_wrong_statement_is_told_at_once(catalog: Catalog) -> None:
    """The message is ours, with a cure; the statement is left out, and nothing is tried again."""
    with catalog._writing() as connection:
        connection.execute(text("DROP TABLE assets"))

    with pytest.raises(StorageError, match="run again") as caught:
        catalog.adopt("ad", asset(draw_plan("one").ads[0]))
    assert "INSERT" not in str(caught.value)
