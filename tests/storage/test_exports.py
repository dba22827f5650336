"""What was exported where, and what people decided, on both databases."""

import pytest
from sqlalchemy import update

from schemas.errors import LeaseLostError, SettingsError
from schemas.plan import Plan
from storage.catalog import Catalog
from storage.exports import EXPORT_LEASE_SECONDS
from storage.owner import Owner
from storage.rows import ExportItemRow
from storage.tables import Export
from tests.storage.drawn import asset, draw_plan

PLAN = draw_plan("one", "two")
CAMPAIGN = PLAN.campaign
PLACE = ("/to", "meta")
ONE, TWO = (ad.key for ad in PLAN.ads)
FAR = Owner("elsewhere.boot.0.1.1", "x")


def _run(catalog: Catalog, plan: Plan) -> None:
    run = catalog.start_run(plan, "{}", "/briefs/brief.yaml")
    for ad in plan.ads:
        claim = catalog.claim("ad", ad.key, run)
        if not claim.made:
            catalog.finish(claim.attempt, asset(ad))
    catalog.end_run(run, "done")


def _added(key: str, sha256: str = "e") -> ExportItemRow:
    return ExportItemRow(key, "added", f"name-{key[:8]}", sha256, 1, "")


def _withdrawn(key: str) -> ExportItemRow:
    return ExportItemRow(key, "withdrawn", f"name-{key[:8]}", "e", 0, "the sale ended")


def _export(catalog: Catalog, *items: ExportItemRow, to: tuple[str, str] = PLACE) -> None:
    owner = Owner.here()
    catalog.finish_export(catalog.begin_export(*to, "{}", owner).export, owner, items)


def test_an_export_is_known_at_its_place_until_it_is_withdrawn(catalog: Catalog) -> None:
    """Another destination, another platform and another campaign know nothing of it."""
    _run(catalog, PLAN)
    _export(catalog, _added(ONE), _added(TWO))
    _export(catalog, _withdrawn(ONE), _added(TWO, "f"))

    lying = catalog.exported(*PLACE, [CAMPAIGN])

    assert {key: (ad.sha256, ad.place[1:]) for key, ad in lying.items()} == {
        TWO: ("f", ("two", "en-US", "meta_reels", "a"))
    }
    assert catalog.exported("/to", "tiktok", [CAMPAIGN]) == {}
    assert catalog.exported("/other", "meta", [CAMPAIGN]) == {}
    assert catalog.exported(*PLACE, ["kaffi/winter"]) == {}


def test_what_is_exported_or_approved_is_kept(catalog: Catalog) -> None:
    """Withdrawn at one place, it may still lie at another; a decision that is taken back does not count."""
    _run(catalog, PLAN)
    _export(catalog, _added(ONE))
    _export(catalog, _added(ONE), to=("s3://b/p", "meta"))
    catalog.decide([TWO], "approved", "ann")

    assert catalog.kept_keys() == {ONE, TWO}

    catalog.decide([TWO], "withdrawn", "ann")
    _export(catalog, _withdrawn(ONE))

    assert catalog.kept_keys() == {ONE}

    _export(catalog, _withdrawn(ONE), to=("s3://b/p", "meta"))

    assert catalog.kept_keys() == set()


def test_of_two_exports_to_one_place_one_waits(catalog: Catalog) -> None:
    """It is told who writes there; other places are free."""
    catalog.begin_export(*PLACE, "{}", Owner.here())

    with pytest.raises(
        SettingsError, match=r"/to is being written for meta already \(host .*, process \d+\)"
    ):
        catalog.begin_export(*PLACE, "{}", Owner.here())

    assert not catalog.begin_export("/to", "tiktok", "{}", Owner.here()).resumed


def test_a_silent_export_of_another_machine_is_taken_over(catalog: Catalog) -> None:
    """Its first owner can then write nothing more."""
    begun = catalog.begin_export(*PLACE, "{}", FAR)
    with pytest.raises(SettingsError):
        catalog.begin_export(*PLACE, "{}", Owner.here())
    with catalog._writing() as connection:
        past = begun.started_at.timestamp() - EXPORT_LEASE_SECONDS - 1
        connection.execute(
            update(Export).values(beat_at=begun.started_at.fromtimestamp(past, tz=begun.started_at.tzinfo))
        )
    mine = Owner.here()

    taken = catalog.begin_export(*PLACE, "{}", mine)

    assert (taken.export, taken.resumed, taken.started_at) == (begun.export, True, begun.started_at)
    with pytest.raises(LeaseLostError):
        catalog.beat_export(begun.export, FAR)
    with pytest.raises(LeaseLostError):
        catalog.finish_export(begun.export, FAR, [_added(ONE)])
    catalog.beat_export(taken.export, mine)
    catalog.finish_export(taken.export, mine, [])
    assert catalog.exported(*PLACE, [CAMPAIGN]) == {}


def test_an_export_that_was_let_go_is_gone_on_with_and_a_dropped_one_is_forgotten(catalog: Catalog) -> None:
    """Even by the process that let it go."""
    owner = Owner.here()
    first = catalog.begin_export(*PLACE, "{}", owner)
    catalog.let_export_go(first.export, owner)
    again = catalog.begin_export(*PLACE, "{}", Owner.here())
    dropper = Owner.here()
    dropped = catalog.begin_export("/other", "meta", "{}", dropper)
    catalog.drop_export(dropped.export, dropper)

    assert (again.export, again.resumed) == (first.export, True)
    assert not catalog.begin_export("/other", "meta", "{}", Owner.here()).resumed


def test_a_new_price_is_the_next_revision_of_its_place(catalog: Catalog) -> None:
    """Only the latest run's ads are listed; the old one keeps its number when it comes back."""
    old, new = (
        draw_plan(price).ads[0].model_copy(update={"product": "cup"}) for price in ("12 EUR", "8 EUR")
    )
    for ad in (old, new):
        _run(catalog, PLAN.model_copy(update={"ads": (ad,)}))

    (latest,) = catalog.listed([CAMPAIGN])
    _run(catalog, PLAN.model_copy(update={"ads": (old,)}))
    (back,) = catalog.listed([CAMPAIGN])

    assert (latest.key, latest.revision) == (new.key, 2)
    assert (back.key, back.revision) == (old.key, 1)
    assert catalog.candidates([old.key])[old.key].ad == old
    assert catalog.briefs([CAMPAIGN, "kaffi/none"])[CAMPAIGN].source == "/briefs/brief.yaml"


def test_decisions_are_kept_and_the_latest_counts(catalog: Catalog) -> None:
    """Nothing is overwritten: who changed their mind can be seen."""
    _run(catalog, PLAN)
    catalog.decide([ONE, TWO], "approved", "ann")
    catalog.decide([ONE], "rejected", "bob", "too dark")

    latest = catalog.latest_decisions([ONE, TWO, "none"])

    assert [(row.decision, row.by, row.comment) for row in catalog.decisions(ONE)] == [
        ("approved", "ann", ""),
        ("rejected", "bob", "too dark"),
    ]
    assert {key: row.decision for key, row in latest.items()} == {ONE: "rejected", TWO: "approved"}


def test_an_ad_is_found_by_the_start_of_its_key(catalog: Catalog) -> None:
    """Wildcards of SQL are no wildcards here."""
    _run(catalog, PLAN)

    found = [catalog.keys_like(start) for start in (ONE, ONE[:8], "%", "_" * 64, "")]

    assert found == [[ONE], [ONE], [], [], sorted([ONE, TWO])]
