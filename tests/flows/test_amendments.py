"""Changes that people asked for: exactly their ads are otherwise, and none of them stops a run."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as shape
from hypothesis import strategies as st

from actors.fonts import PACKAGED
from flows.amendments import Amendments, amended, amendments_of, answered, slot_of, text_faults
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.policy import read_policy
from flows.preflight import preflight
from flows.preview import finished, print_plans
from schemas.brief import Brief
from schemas.change import Answer, Asked, Change, Slot
from schemas.errors import StorageError
from schemas.plan import Ad, Plan, Shot
from schemas.settings import read_settings
from storage.catalog import Catalog
from tests.briefs import PICTURE, WORDS, ask, here, taken
from tests.catalogs import copy_catalog
from tests.flows.house import House

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
BRIEF = ask(
    PICTURE | {"caption": "{hook}"},
    WORDS,
    products=[
        {"id": name, "title": f"Red {name}", "price": "5.00 USD", "images": ["cup.png"]} for name in "AB"
    ],
    locales={"en-US": {"hook": "Look", "cta": "Buy"}, "de-DE": {"hook": "Schau", "cta": "Kaufen"}},
    placements=["youtube_bumper", "meta_reels"],
    variants=[{"id": "a"}, {"id": "b", "locales": {"en-US": {"hook": "See"}}}],
    video={"seed": 7},
)
SLOT = Slot("A", "en-US", "youtube_bumper", "a")


def plan(changes: dict[Slot, Change], brief: Brief = BRIEF, equipment: Equipment | None = None) -> Plan:
    """Plan *brief* with *changes*."""
    return make_plan(taken(brief), equipment or Equipment(), now=NOW, changes=changes)


def by_slot(made: Plan) -> dict[Slot, Ad]:
    """Return the ads of *made* by what they are for."""
    return {slot_of(ad): ad for ad in made.ads}


def shots_of(made: Plan, slot: Slot) -> list[Shot]:
    """Return the shots of the ad of *slot*, in its order."""
    shots = {shot.key: shot for shot in made.shots}
    return [shots[key] for key in by_slot(made)[slot].shots]


PLAIN = plan({})
CHANGES = st.builds(
    Change,
    seed=st.none() | st.integers(0, 2**31 - 1).filter(lambda seed: seed != 7),
    hook=st.sampled_from(["", "Hello", "Only {sale_price} for {title}"]),
)


@shape(max_examples=12)
@given(st.dictionaries(st.sampled_from([*by_slot(PLAIN)]), CHANGES, max_size=4))
def test_exactly_the_ads_that_were_asked_about_are_otherwise(changes: dict[Slot, Change]) -> None:
    """All others keep their keys."""
    made, before = by_slot(plan(changes)), by_slot(PLAIN)

    assert made.keys() == before.keys()
    assert {slot for slot in made if made[slot].key != before[slot].key} == {
        slot for slot, change in changes.items() if not change.is_nothing
    }


def test_another_seed_is_another_take_that_ads_share() -> None:
    """Photos get another camera move, moving colours other places; the closing card stays the same shot."""
    other = SLOT._replace(variant="b", locale="de-DE")
    made = plan({SLOT: Change(seed=3), other: Change(seed=3)})
    before, after = shots_of(PLAIN, SLOT), shots_of(made, SLOT)

    assert [shot.seed for shot in after] == [3, 3, 7]
    assert before[0].camera != after[0].camera
    assert before[-1] == after[-1]
    assert after == shots_of(made, other)
    assert len(made.shots) == len(PLAIN.shots) + 2
    takes = {shots_of(plan({SLOT: Change(seed=seed)}), SLOT)[0].camera for seed in range(8)}
    assert takes == {"push_in", "pan", "pull_out", "orbit", "parallax"}


def test_a_model_takes_the_seed_and_keeps_the_camera_of_the_brief() -> None:
    """The still that another model draws first is drawn anew too."""
    brief = ask(WORDS | {"still": "z-image"}, PICTURE, video={"model": "ltx-2", "seed": 7})
    there = here("ltx-2", "z-image")
    slot = Slot("P-1", "en-US", "youtube_bumper", "a")
    before, made = plan({}, brief, there), plan({slot: Change(seed=3)}, brief, there)

    assert {shot.seed for shot in made.shots if shot.show != "end_card"} == {3}
    assert {still.drawing.seed for still in made.stills if still.drawing} == {3}
    assert [shot.camera for shot in made.shots] == [shot.camera for shot in before.shots]


def test_a_hook_has_the_fields_of_its_product_and_goes_before_the_variant() -> None:
    """Nothing else that is said changes."""
    slots = [SLOT, SLOT._replace(product="B", variant="b")]
    made = by_slot(plan(dict.fromkeys(slots, Change(hook="{title}: {sale_price}"))))
    before = by_slot(PLAIN)

    assert [made[slot].composition.cuts[0].caption for slot in slots] == ["Red A: $5.00", "Red B: $5.00"]
    for slot in slots:
        assert made[slot].composition.cuts[1:] == before[slot].composition.cuts[1:]
        assert made[slot].shots == before[slot].shots


def asked(change: Change, slot: Slot = SLOT) -> dict[Slot, Asked]:
    """Return what Ann asks of *slot*."""
    about = {"number": 1, "campaign": "kaffi/asks", "ad": "f" * 64, "by": "Ann", "comment": "", "at": NOW}
    return {slot: Asked(slot=slot, change=change, **about)}


def followed(wanted: dict[Slot, Asked], brief: Brief = BRIEF) -> Plan:
    """Plan *brief* as the preflight does, with what of *wanted* fits."""
    given = Amendments(wanted, {})
    given = given.without(text_faults(given, brief, read_policy(None)))
    planned = partial(make_plan, taken(brief), Equipment(), now=NOW)
    return answered(*amended(planned, given, PACKAGED, None))


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ("Wake up to better coffee. " * 20, "does not fit"),
        ("Better than cocaine", "is refused by rule"),
        ("{titel} for you", "{titel} is no field that may stand here; did you mean title?"),
        ("{title", "has a brace that is no field"),
        ("About {description}", "{description} has no value for this product; take {description} out"),
        ("Look \U000e01ef\U0001f9ff\ua000\U00012000", "has "),
    ],
)
def test_a_hook_that_does_not_fit_is_left_out_with_a_note(hook: str, why: str) -> None:
    """The ad stays as it was, also where a seed was asked for with it; who asked is told, why, and a cure."""
    made = followed(asked(Change(hook=hook, seed=3)) | asked(Change(hook="Hi"), SLOT._replace(product="B")))
    before = by_slot(PLAIN)
    (left,) = (answer for answer in made.answers if answer.left_out)
    notes = [note for note in made.notes if "Ann" in note]

    assert why in left.left_out
    assert (left.ad, by_slot(made)[SLOT].key) == (before[SLOT].key, before[SLOT].key)
    assert made.followed.keys() == {by_slot(made)[SLOT._replace(product="B")].key}
    assert [shot.key for shot in made.shots] == [shot.key for shot in PLAIN.shots]
    assert len(notes) == 2
    assert notes[0].startswith("left out: seed 3 and hook ")
    assert "asked for by Ann on 2026-11-22 for A en-US youtube_bumper a (ffffffffffff): " in notes[0]
    assert why in notes[0]
    assert "--take-back" in notes[0]
    assert notes[1].startswith("1 ad is changed as Ann asked on 2026-11-22, hook “Hi”: B en-US")


def test_a_hook_that_no_scene_shows_is_left_out() -> None:
    """Otherwise it would seem to be done, and nothing be seen of it."""
    brief = ask(PICTURE, WORDS)
    slot = Slot("P-1", "en-US", "youtube_bumper", "a")
    made = followed(asked(Change(hook="Hi"), slot), brief)

    assert made.answers[0].left_out.startswith("hook: no scene of the ad shows it; ")


def test_seeds_that_cost_more_than_a_service_may_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the brief alone costs is the brief's own affair."""

    def dear(made: Plan) -> list[str]:
        return ["video.model: too dear"] if any(shot.seed == 3 for shot in made.shots) else []

    monkeypatch.setattr("flows.amendments.credit_problems", dear)
    made = followed(asked(Change(seed=3)))

    assert [answer.left_out for answer in made.answers] == ["video.model: too dear"]
    assert [ad.key for ad in made.ads] == [ad.key for ad in PLAIN.ads]


def test_what_was_asked_of_an_ad_that_is_no_more_is_passed_over() -> None:
    """A product that left the feed may come back, and then it counts."""
    gone = [SLOT._replace(product="Z"), SLOT._replace(locale="fr-FR"), SLOT._replace(variant="z")]
    made = followed({slot: one for n in gone for slot, one in asked(Change(hook="Hi"), n).items()})

    assert made.answers == ()
    assert [ad.key for ad in made.ads] == [ad.key for ad in PLAIN.ads]


def test_a_plan_reads_what_was_asked_since(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a campaign that nobody has made there is nothing; it never writes, and a run notes the answers."""
    settings = read_settings({"REELMILL_HOME": str(tmp_path / "home")})
    before = preflight(KAFFI, settings).plan
    assert not settings.home.exists()
    one, two, *_ = before.ads
    with Catalog(copy_catalog(settings.home / "catalog.sqlite")) as catalog:
        catalog.end_run(catalog.start_run(before, "{}"), "done")
        catalog.ask_change([one.key], Change(hook="Hi {title}"), "Ann")
        catalog.ask_change([two.key], Change(hook="{nothing}"), "Ann")
        ready = preflight(KAFFI, settings)
        planned = ready.plan
        print_plans([ready], settings, as_json=True)
        catalog.end_run(catalog.start_run(planned, "{}"), "done")
        noted = catalog.waiting_changes(planned.campaign, most=9).left_out

    told = {ad["key"]: ad["change"] for ad in json.loads(capsys.readouterr().out)["ads"] if ad["change"]}
    assert [(change["hook"], change["by"], change["asked_about"]) for change in told.values()] == [
        ("Hi {title}", "Ann", one.key),
        ("{nothing}", "Ann", two.key),
    ]
    assert [slot_of(ad) for ad in planned.ads if ad not in before.ads] == [slot_of(one)]
    assert [ad.key for ad in planned.ads if ad not in before.ads] == [*planned.followed]
    assert [(one.asked.slot, "{nothing} is no field" in one.left_out) for one in noted] == [
        (slot_of(two), True)
    ]


def test_a_database_that_is_away_may_come_back() -> None:
    """Whoever looks into an inbox again and again goes on after it, as with any other question."""
    settings = read_settings({"REELMILL_DATABASE_URL": "postgresql://u:secret@127.0.0.1:9/x"})
    with pytest.raises(StorageError, match="cannot open the database") as away:
        amendments_of("kaffi/asks", settings)

    assert away.value.retryable
    assert "secret" not in str(away.value)


def test_a_run_is_wanted_until_it_has_noted_what_was_asked(house: House) -> None:
    """Also where it leaves it out and so makes nothing: whoever asked learns why."""
    wanted = [not finished(house.plan, house.settings)]
    (told,) = house.catalog.ask_change([house.ad.ad], Change(hook="Hi"), "Ann")
    wanted.append(not finished(house.plan, house.settings))
    answer = Answer(ad=house.ad.ad, asked=told, left_out="too long")
    run = house.catalog.start_run(house.plan.model_copy(update={"answers": (answer,)}), "{}")
    house.catalog.end_run(run, "failed")
    wanted.append(not finished(house.plan, house.settings))

    assert wanted == [False, True, False]
