"""What people asked to be made otherwise, and what became of it, on both databases."""

import pytest

from schemas.change import Answer, Change, Slot
from schemas.plan import Ad, Plan
from storage.catalog import Catalog
from tests.storage.drawn import draw_plan

PLAN = draw_plan("one", "two", shots=2)
CAMPAIGN = PLAN.campaign
ONE, TWO = (ad.key for ad in PLAN.ads)
SLOT_ONE, SLOT_TWO = (Slot(name, "en-US", "meta_reels", "a") for name in ("one", "two"))


def _run(catalog: Catalog, plan: Plan, left_out: str = "") -> None:
    """Run *plan*, which follows what counts for its ads, or leaves it out with a reason."""
    asked = catalog.changes(plan.campaign)
    answers = tuple(
        Answer(ad=ad.key, asked=asked[slot], left_out=left_out)
        for ad in plan.ads
        if (slot := Slot(ad.product, ad.locale, ad.placement, ad.variant)) in asked
    )
    run = catalog.start_run(plan.model_copy(update={"answers": answers}), "{}")
    catalog.end_run(run, "done")


@pytest.fixture(autouse=True)
def _made(catalog: Catalog) -> None:
    _run(catalog, PLAN)
    _run(catalog, draw_plan("one", campaign="other/campaign"))


def test_the_latest_wish_of_a_slot_counts_and_keeps_what_it_does_not_say(catalog: Catalog) -> None:
    """A second one is added to the first; none is forgotten, and keys of no ad are passed over."""
    catalog.ask_change([ONE, TWO, ONE, "0" * 64], Change(seed=3), "ann")
    (now,) = catalog.ask_change([ONE], Change(hook="Hi {title}"), "bob", "shorter")
    counts = catalog.changes(CAMPAIGN)

    assert counts[SLOT_ONE] == now
    assert (now.slot, now.campaign, now.ad, now.by, now.comment) == (
        SLOT_ONE,
        CAMPAIGN,
        ONE,
        "bob",
        "shorter",
    )
    assert {slot: one.change for slot, one in counts.items()} == {
        SLOT_ONE: Change(seed=3, hook="Hi {title}"),
        SLOT_TWO: Change(seed=3),
    }
    assert _asked(catalog, ONE) == [
        ("ann", "asked for: seed 3"),
        ("bob", "asked for: seed 3 and hook “Hi {title}” (shorter)"),
    ]
    assert _asked(catalog, TWO) == [("ann", "asked for: seed 3")]
    assert catalog.changes("other/campaign") == catalog.changes("nobody/nothing") == {}


def test_what_is_taken_back_counts_no_more_and_is_remembered(catalog: Catalog) -> None:
    """What is asked after that starts anew."""
    for change in (Change(seed=3), Change(), Change(hook="Hi")):
        catalog.ask_change([ONE], change, "ann")
        counts = catalog.changes(CAMPAIGN)
        assert [one.change for one in counts.values()] == ([] if change.is_nothing else [change])

    assert [words for _, words in _asked(catalog, ONE)] == [
        "asked for: seed 3",
        "asked for: as in the brief",
        "asked for: hook “Hi”",
    ]


def test_ads_of_two_campaigns_are_asked_for_at_once(catalog: Catalog) -> None:
    """What counts is told of each, though both have the same product, locale, placement and variant."""
    other = draw_plan("one", campaign="other/campaign").ads[0].key
    catalog.ask_change([other], Change(hook="Ho"), "ann")

    asked = catalog.ask_change([ONE, other], Change(seed=3), "ann")

    assert {(one.campaign, one.slot, one.change) for one in asked} == {
        (CAMPAIGN, SLOT_ONE, Change(seed=3)),
        ("other/campaign", SLOT_ONE, Change(seed=3, hook="Ho")),
    }


def test_a_change_is_pending_until_a_run_shows_it(catalog: Catalog) -> None:
    """So is taking it back; one that the run leaves out stays pending, with the reason."""

    def waiting() -> tuple[int, dict[Slot, str]]:
        found = catalog.waiting_changes(CAMPAIGN, most=9)
        return found.pending, {one.asked.slot: one.left_out for one in found.left_out}

    told = [waiting()]
    for change, left_out in ((Change(hook="Hi"), ""), (Change(), ""), (Change(hook="Ho"), "too long")):
        catalog.ask_change([ONE], change, "ann")
        told.append(waiting())
        _run(catalog, PLAN, left_out)
        told.append(waiting())
    catalog.ask_change([ONE], Change(), "ann")

    none, one = (0, {}), (1, {})
    assert told == [none, one, none, one, none, one, (0, {SLOT_ONE: "too long"})]
    assert waiting() == none


def test_the_first_few_that_a_run_left_out_are_told_and_what_is_asked_anew_is_counted(
    catalog: Catalog,
) -> None:
    """Another wish for a slot whose change was left out is one that the next run makes."""
    catalog.ask_change([ONE, TWO], Change(hook="Ho"), "ann")
    _run(catalog, PLAN, "too long")
    both = catalog.waiting_changes(CAMPAIGN, most=2)
    few = catalog.waiting_changes(CAMPAIGN, most=1)
    catalog.ask_change([TWO], Change(hook="Hi"), "bob")
    asked = catalog.waiting_changes(CAMPAIGN, most=2)

    assert [one.asked.slot for one in both.left_out] == [SLOT_ONE, SLOT_TWO]
    assert few.left_out == both.left_out[:1] == asked.left_out
    assert (both.pending, asked.pending) == (0, 1)


def test_nothing_is_pending_of_ads_that_the_campaign_has_no_more(catalog: Catalog) -> None:
    """What was asked counts again once they are back."""
    catalog.ask_change([ONE, TWO], Change(seed=3), "ann")
    _run(catalog, draw_plan("two"))

    assert catalog.waiting_changes(CAMPAIGN).pending == 0
    assert catalog.changes(CAMPAIGN).keys() == {SLOT_ONE, SLOT_TWO}


def test_the_seeds_that_a_slot_had_are_known(catalog: Catalog) -> None:
    """Those of its shots, in every run, and those that were asked for; not those of other slots."""
    later = PLAN.model_copy(update={"ads": (_showing(PLAN.ads[0], PLAN.shots[1].key),)})
    _run(catalog, later)
    catalog.ask_change([ONE], Change(seed=41), "ann")

    assert catalog.seeds_had([ONE]) == {0, 1, 41}
    assert catalog.seeds_had([TWO]) == {0}


def _showing(ad: Ad, shot: str) -> Ad:
    """Return *ad* as it is where it shows *shot*."""
    cuts = tuple(cut.model_copy(update={"shot": shot}) for cut in ad.composition.cuts)
    return ad.model_copy(update={"composition": ad.composition.model_copy(update={"cuts": cuts})})


def _asked(catalog: Catalog, ad: str) -> list[tuple[str, str]]:
    """Return who asked what of *ad*, as its story tells."""
    return [(line.who, line.words) for line in catalog.ad_story(ad) if line.deed == "change"]
