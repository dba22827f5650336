"""The review page's questions: filters, menus, pages, stories and progress, held against plain Python."""

import json
from collections import Counter
from itertools import product as every
from typing import NamedTuple

import pytest
from alembic import command
from alembic.config import Config
from pydantic import ValidationError
from sqlalchemy import select

from schemas.plan import Ad, Plan
from storage import database
from storage.catalog import Catalog
from storage.gallery_rows import Filters, GalleryPage, ShotUses, Status
from storage.owner import Owner
from storage.rows import ExportItemRow
from storage.tables import Wording
from tests.storage.drawn import TOO_LOUD, asset, clip, draw_plan, still_file

SPRING, SALE = "kaffi/spring-roast", "kaffi/sale"
TITLES = {"P_1": 'Haus\'s "50%_off" Röstung', "P\\2": "Straße Blend"}
BRIEF = json.dumps({"products": [{"id": name, "title": {"": title}} for name, title in TITLES.items()]})
LOCALES, PLACEMENTS, VARIANTS = ("de-DE", "en-US"), ("meta_reels", "tiktok"), ("a", "b")
FATES: tuple[Status, ...] = (
    *("to_review", "approved", "rejected", "broken", "failed", "quarantined", "blocked"),
    *("making", "approved", "to_review", "rejected"),
)


class Seen(NamedTuple):
    """An ad as the test knows it."""

    ad: Ad
    status: Status
    latest: bool

    @property
    def words(self) -> str:
        """What can be searched in it."""
        captions = " ".join(cut.caption for cut in self.ad.composition.cuts)
        return f"{self.ad.product} {TITLES[self.ad.product]} {captions}".casefold()


def _plan(campaign: str, *variants: str) -> Plan:
    """Return a plan with an ad for each place, each with a caption and a price of its own."""
    plan = draw_plan("any", campaign=campaign)
    ads = tuple(
        _placed(plan.ads[0], product=product, locale=locale, placement=placement, variant=variant)
        for product, locale, placement, variant in every(TITLES, LOCALES, PLACEMENTS, variants)
    )
    return plan.model_copy(update={"ads": ads})


def _placed(ad: Ad, **place: str) -> Ad:
    look, caption = ad.composition, f"Guten Morgen {place['variant']}, {place['locale']}"
    (cut,) = look.cuts
    cuts = (cut.model_copy(update={"caption": caption}),)
    return ad.model_copy(
        update={**place, "composition": look.model_copy(update={"cuts": cuts, "price": str(place)})}
    )


def _meet(catalog: Catalog, run: int, ad: Ad, fate: Status) -> None:
    """Have *run* bring *ad* to its fate; decisions that were taken back, and others' words, come before."""
    if fate == "making":
        return
    if fate == "blocked":
        catalog.block_ad(ad.key, run, "no clip")
        return
    attempt = catalog.claim("ad", ad.key, run, gpus=1).attempt
    if fate in {"failed", "quarantined"}:
        catalog.fail(attempt, "permanent", "torn", state=fate)
        return
    made = asset(ad)
    catalog.finish(attempt, made.model_copy(update={"findings": (TOO_LOUD,)}) if fate == "broken" else made)
    if fate == "to_review":
        catalog.decide([ad.key], "approved", "eve")
        catalog.decide([ad.key], "withdrawn", "eve")
    elif fate in {"approved", "rejected"}:
        catalog.decide([ad.key], "rejected" if fate == "approved" else "approved", "eve")
        catalog.decide([ad.key], fate, "ann", "so agreed")


@pytest.fixture
def shop(catalog: Catalog) -> list[Seen]:
    """All ads of a catalog with two campaigns, one of which had an earlier run with other ads."""
    seen: list[Seen] = []
    fates = iter(FATES * 5)
    for plan, latest in (
        (_plan(SPRING, "old"), False),
        (_plan(SPRING, *VARIANTS), True),
        (_plan(SALE, "a"), True),
    ):
        run = catalog.start_run(plan, BRIEF)
        for ad in plan.ads:
            fate = next(fates)
            _meet(catalog, run, ad, fate)
            seen.append(Seen(ad, fate, latest))
        catalog.end_run(run, "done")
    return sorted(seen, key=_place)


def _place(one: Seen) -> tuple[bool, str, str, str, str, str]:
    ad = one.ad
    return (ad.campaign == SALE, ad.product, ad.locale, ad.placement, ad.variant, ad.key)


def _passes(one: Seen, filters: Filters, *, without: str = "") -> bool:
    """Tell in plain Python whether an ad passes; *without*: but for this filter."""
    wanted: dict[str, tuple[str, ...]] = {
        "placements": filters.placements,
        "locales": filters.locales,
        "variants": filters.variants,
        "products": filters.products,
        "statuses": filters.statuses,
    }
    return (
        (filters.all_runs or one.latest)
        and filters.campaign == one.ad.campaign
        and all(name == without or not some or _of(one, name) in some for name, some in wanted.items())
        and all(
            word in one.words or (len(word) >= 6 and one.ad.key.startswith(word))
            for word in filters.text.casefold().split()
        )
    )


def _of(one: Seen, name: str) -> str:
    return str(one.status if name == "statuses" else getattr(one.ad, name.removesuffix("s")))


ASKED = [
    Filters(campaign=SPRING),
    Filters(campaign=SALE),
    Filters(campaign=SPRING, all_runs=True),
    Filters(campaign="kaffi/unknown"),
    Filters(campaign=SPRING, all_runs=True, statuses=("approved", "broken")),
    Filters(campaign=SPRING, placements=("tiktok",), locales=("en-US", "fr-FR"), variants=("a",)),
    Filters(campaign=SPRING, products=("P\\2",), statuses=("to_review", "making", "failed")),
    *(
        Filters(campaign=SPRING, text=text)
        for text in (
            *("RÖSTUNG", "strasse morgen", "blend röstung", "b, de-de", "nothing", "%", "_", "\\", "/"),
            *("50%_off", "5%off", "p__", "'s \"", "'; DROP"),
        )
    ),
]


def test_filters_menus_and_pages_are_what_plain_python_finds(catalog: Catalog, shop: list[Seen]) -> None:
    """For every question; the start of a key is one; signs that mean something to LIKE mean themselves."""
    some = shop[5].ad
    about = {"campaign": some.campaign, "all_runs": True}
    for filters in (
        *ASKED,
        Filters(**about, text=some.key[:7]),
        Filters(**about, text=f"{some.key[:6].upper()} morgen"),
    ):
        passing = [one for one in shop if _passes(one, filters)]
        keys = [one.ad.key for one in passing]

        whole = catalog.gallery(filters, most=100)
        pages = [catalog.gallery(filters, offset=at, most=9).ads for at in range(0, len(shop), 9)]
        menus = catalog.gallery_choices(filters).model_dump()

        assert [(ad.key, ad.status) for ad in whole.ads] == [(one.ad.key, one.status) for one in passing], (
            filters
        )
        assert [ad.key for page in pages for ad in page] == keys, filters
        assert (whole.total, catalog.gallery_keys(filters, 100)) == (len(keys), keys), filters
        assert menus == {
            name: Counter(_of(one, name) for one in shop if _passes(one, filters, without=name))
            for name in ("placements", "locales", "variants", "products", "statuses")
        }, filters


def test_neighbours_lead_through_every_ad_that_passes_once(catalog: Catalog, shop: list[Seen]) -> None:
    """Also from an ad that does not pass: to those that stand around its place."""
    filters = Filters(campaign=SPRING, statuses=("approved", "to_review"))
    keys = catalog.gallery_keys(filters, 100)
    mine = [one for one in shop if one.ad.campaign == SPRING]
    outside = next(one for one in mine[3:] if one.latest and not _passes(one, filters))
    around = ["", *(one.ad.key for one in mine if _passes(one, filters) or one is outside), ""]
    at = around.index(outside.ad.key)

    ways = [catalog.neighbours(filters, key) for key in keys]

    assert [way.before for way in ways] == ["", *keys[:-1]]
    assert [way.after for way in ways] == [*keys[1:], ""]
    assert catalog.neighbours(filters, outside.ad.key) == (around[at - 1], around[at + 1])
    assert catalog.neighbours(filters, "0" * 64) == ("", "")


def test_an_ad_is_told_with_its_title_its_file_and_the_decision_that_stands(
    catalog: Catalog, shop: list[Seen]
) -> None:
    """Siblings are the variants of its run; unknown keys are passed over."""
    one = next(one for one in shop if one.status == "approved" and one.latest and one.ad.campaign == SPRING)

    (told,) = catalog.gallery_ads(["0" * 64, one.ad.key])
    undecided = catalog.gallery(
        Filters(campaign=SPRING, statuses=("to_review", "making"), all_runs=True), most=100
    ).ads

    assert (told.title, told.by, told.comment) == (TITLES[one.ad.product], "ann", "so agreed")
    assert (told.file, told.seconds) == (f"ads/{one.ad.key}.mp4", asset(one.ad).facts.seconds)
    assert {(ad.by, ad.comment, ad.decided_at) for ad in undecided} == {("", "", None)}
    assert [(ad.product, ad.placement, ad.variant) for ad in catalog.siblings(one.ad.key)] == [
        (one.ad.product, one.ad.placement, variant) for variant in VARIANTS
    ]


@pytest.mark.parametrize(
    "wrong", [{"text": "a\0b"}, {"text": "a" * 201}, {"products": ("p",) * 501}, {"campaign": ""}]
)
def test_filters_that_no_person_asks_for_are_refused(wrong: dict[str, str]) -> None:
    """PostgreSQL holds no NUL, and a stranger's address may be of any length."""
    with pytest.raises(ValidationError):
        Filters.model_validate({"campaign": SPRING, **wrong})


def test_the_uses_of_a_clip_are_all_ads_that_show_it_or_an_enlargement(catalog: Catalog) -> None:
    """In both campaigns, whichever of the two is asked for; the first few are told, all are counted."""
    plan = draw_plan("one", "two", "three")
    (base,) = plan.shots
    large = base.model_copy(update={"base": base.key, "upscaler": "lanczos/1"})
    other = draw_plan("four", campaign=SALE).ads[0]
    (cut,) = other.composition.cuts
    look = other.composition.model_copy(update={"cuts": (cut.model_copy(update={"shot": large.key}),)})
    enlarged = other.model_copy(update={"composition": look})
    catalog.end_run(catalog.start_run(plan, "{}"), "done")
    sale = Plan(campaign=SALE, brief_sha256="b", stills=(), shots=(base, large), ads=(enlarged,), notes=())
    catalog.end_run(catalog.start_run(sale, "{}"), "done")
    shown = {ad.key for ad in (*plan.ads, enlarged)}

    uses = catalog.shot_uses([base.key, large.key, "0" * 64])
    few = catalog.shot_uses([base.key], besides=enlarged.key, most=2)[base.key]

    assert {ad.key for ad in uses[base.key].ads} == {ad.key for ad in uses[large.key].ads} == shown
    assert uses["0" * 64].total == 0
    assert (len(few.ads), few.total) == (2, 3)
    assert enlarged.key not in {ad.key for ad in few.ads}


def test_the_story_of_an_ad_tells_all_that_happened_in_order(catalog: Catalog) -> None:
    """A failed attempt, the one that made it, decisions, and what exports did."""
    plan = draw_plan("one")
    (ad,) = plan.ads
    run = catalog.start_run(plan, "{}")
    catalog.fail(catalog.claim("ad", ad.key, run).attempt, "crash", "it died", state="planned")
    catalog.finish(catalog.claim("ad", ad.key, run).attempt, asset(ad))
    catalog.decide([ad.key], "approved", "ann", "lovely")
    owner = Owner.here()
    for action, reason in (("added", ""), ("withdrawn", "the sale ended")):
        item = ExportItemRow(ad.key, action, "one_de", "e", 1, reason)  # type: ignore[arg-type]
        catalog.finish_export(catalog.begin_export("/to", "meta", "{}", owner).export, owner, [item])

    story = catalog.ad_story(ad.key)

    assert [line.deed for line in story] == ["planned", "attempt", "made", "decision", "export", "export"]
    assert [line.at for line in story] == sorted(line.at for line in story)
    assert "it died" in story[1].words
    assert story[2].who == owner.host
    assert (story[3].who, story[3].words) == ("ann", "approved: lovely")
    assert story[5].words == "withdrawn from /to for meta: the sale ended"
    assert catalog.ad_story("0" * 64) == []


def test_progress_is_told_from_rows_while_the_run_lives(catalog: Catalog) -> None:
    """What an ad lacks is wanted, what is there already is not; time left is told once a pace is known."""
    plan = draw_plan("one", "two", shots=2)
    (still,), shot = plan.stills, plan.shots[0]
    run = catalog.start_run(plan, "{}")
    catalog.finish(catalog.claim("still", still.key, run).attempt, still_file(still))
    attempt = catalog.claim("shot", shot.key, run, gpus=2, model="motion", worker="w1").attempt

    first = catalog.run_progress(SPRING)
    catalog.finish(attempt, clip(shot))
    catalog.finish(catalog.claim("ad", plan.ads[0].key, run).attempt, asset(plan.ads[0]))
    catalog.claim("ad", plan.ads[1].key, run)
    second = catalog.run_progress(SPRING)
    catalog.end_run(run, "interrupted")
    catalog.end_run(catalog.start_run(plan, "{}"), "done")
    third = catalog.run_progress(SPRING)

    assert first and second and third  # noqa: PT018 (three answers)
    assert {kind: (one.wanted, one.made, one.running, one.waiting) for kind, one in first.kinds.items()} == {
        "still": (1, 1, 0, 0),
        "shot": (1, 0, 1, 0),
        "ad": (2, 0, 0, 2),
    }
    assert [(one.kind, one.label, one.worker) for one in first.doing] == [("shot", shot.label, "w1")]
    assert (first.live, first.left, first.host) == (True, None, Owner.here().host)
    assert second.gpu_seconds > 0
    assert second.left is not None
    assert second.kinds["ad"].made == 1
    assert (third.live, third.left, third.state, third.doing) == (False, None, "done", ())
    assert set(third.kinds) == {"ad"}
    assert catalog.run_progress("kaffi/unknown") is None


def test_an_older_catalog_tells_the_same_once_it_is_brought_up_to_date(
    catalog: Catalog, shop: list[Seen], catalog_url: str
) -> None:
    """Words, titles, decisions and where clips are shown are found in what it has had all along."""
    before, wordings = _told(catalog), _wordings(catalog_url)

    _rebuild(catalog_url)
    with Catalog(catalog_url) as again:
        after = _told(again)

    assert after == before
    assert _wordings(catalog_url) == wordings != set()
    assert after[0].total + after[1].total == after[-1].total == len(shop)


def _wordings(url: str) -> set[str]:
    """Return the keys of what can be searched: by another, a later plan would enter the same words again."""
    engine = database.connect(database.read_url(url))
    with engine.connect() as connection:
        found = set(connection.scalars(select(Wording.key)))
    engine.dispose()
    return found


def _told(catalog: Catalog) -> list[GalleryPage | ShotUses]:
    asked = (
        *(Filters(campaign=campaign, all_runs=True) for campaign in (SPRING, SALE)),
        Filters(campaign=SPRING, text="strasse morgen"),
        Filters(campaign=SPRING, statuses=("approved",)),
    )
    shot = draw_plan("any").shots[0].key
    pages = [catalog.gallery(filters, most=100) for filters in asked]
    return [*pages, catalog.shot_uses([shot], most=100)[shot]]


def _rebuild(url: str) -> None:
    """Bring the catalog to the version before the gallery, and back to this one."""
    engine = database.connect(database.read_url(url))
    for move, to in ((command.downgrade, "0007"), (command.upgrade, "head")):
        with database.changing_tables(engine) as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(database.MIGRATIONS))
            move(config, to)
    engine.dispose()
