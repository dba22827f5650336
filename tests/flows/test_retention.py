"""Removing what nobody needs: what goes, what never goes, and what a crash leaves."""

import json
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from flows.retention import Cleared, clear, look, print_cleared, read_age
from flows.stock import take_stock
from flows.verify import verify
from schemas.errors import BriefError, StorageError
from schemas.plan import Plan
from storage.catalog import Catalog
from storage.folder import LocalBlobs
from storage.leaving import Retention
from tests.flows.house import House
from tests.storage import drawn

ANY_AGE = Retention(seconds=-60)


@pytest.fixture(autouse=True)
def _superseded(house: House) -> None:
    """Both ads of the house are superseded by a third, with another shot and another still."""
    house.store("inputs/a.png", "the input of all stills")
    supersede(house)


def other_plan(product: str, campaign: str = "kaffi/spring-roast") -> Plan:
    """Return a plan that shares nothing with the house's but the input."""
    plan = drawn.draw_plan(product, campaign=campaign)
    still = plan.stills[0].model_copy(update={"scale": 4})
    shot = plan.shots[0].model_copy(update={"still": still.key})
    look = plan.ads[0].composition
    cut = look.cuts[0].model_copy(update={"shot": shot.key})
    ad = plan.ads[0].model_copy(update={"composition": look.model_copy(update={"cuts": (cut,)})})
    return plan.model_copy(update={"stills": (still,), "shots": (shot,), "ads": (ad,)})


def supersede(house: House, campaign: str = "kaffi/spring-roast") -> None:
    """Make a later run whose brief asks for another ad."""
    plan = other_plan("three", campaign)
    run = house.catalog.start_run(plan, "{}")
    house.catalog.claim("ad", plan.ads[0].key, run)
    house.catalog.end_run(run, "interrupted")


def gone(cleared: Cleared) -> list[tuple[str, str]]:
    """Return kinds and keys of what goes."""
    return [(one.kind, one.key) for one in cleared.things]


def everything(house: House) -> list[tuple[str, str]]:
    """Return kinds and keys of all that the house has made."""
    ads = sorted(house.ads, key=lambda asset: ("one", "two").index(_product(house, asset.ad)))
    parts = [("shot", house.clip.shot), ("still", house.still.still), ("voice", house.voice.narration)]
    return [*(("ad", asset.ad) for asset in ads), *parts]


def _product(house: House, key: str) -> str:
    return next(ad.product for ad in house.plan.ads if ad.key == key)


@pytest.mark.parametrize("house", ["folder", "servers"], indirect=True)
def test_superseded_ads_go_and_what_only_they_were_made_from(house: House) -> None:
    """A look changes nothing; what goes is what it said, rows and files agree, and a rerun makes it again."""
    before = house.names
    looked = look(ANY_AGE, house.settings)
    assert house.names == before

    removed = clear(ANY_AGE, house.settings)
    again = clear(ANY_AGE, house.settings)

    assert gone(looked) == gone(removed) == everything(house)
    assert looked.bytes == removed.bytes
    assert (gone(again), again.left) == ([], 0)
    assert house.names == {house.input, "inputs/a.png"}
    assert verify(house.settings, repair=False).problems == ()
    run = house.catalog.start_run(house.plan, "{}")
    claims = [house.catalog.claim(kind, key, run) for kind, key in everything(house)]  # type: ignore[arg-type]
    assert all(claim.attempt and claim.made is None for claim in claims)


def approve(house: House) -> None:
    """Have a person say yes to the first ad."""
    house.catalog.decide([house.ad.ad], "approved", "anna")


def make_live(house: House) -> None:
    """Begin the old brief again, so that a live run needs its ads."""
    house.catalog.start_run(house.plan, "{}")


def share(house: House) -> None:
    """Have another campaign's latest run show the same shot; it has not come to its ad yet."""
    run = house.catalog.start_run(drawn.draw_plan("x", campaign="kaffi/other", voiced=True), "{}")
    house.catalog.end_run(run, "interrupted")


@pytest.mark.parametrize(
    ("need", "going"),
    [(approve, [1]), (make_live, []), (share, [0, 1]), (lambda _: None, [0, 1, 2, 3, 4])],
    ids=["approved", "live", "shared", "nobody"],
)
def test_what_somebody_needs_stays_with_all_that_it_is_made_from(
    need: Callable[[House], None], going: list[int], house: House
) -> None:
    """An approved ad, a live run's, and parts that another campaign's latest run shows."""
    need(house)
    every = everything(house)

    removed = clear(ANY_AGE, house.settings)

    assert gone(removed) == [every[number] for number in going]
    assert verify(house.settings, repair=False).problems == ()


def test_inputs_go_once_nothing_is_made_from_them(house: House) -> None:
    """The third ad needs the same picture; once its campaign asks for none, the picture goes too."""
    house.catalog.start_run(
        Plan.model_validate({**dict(house.plan), "stills": (), "shots": (), "ads": ()}), "{}"
    )

    removed = clear(ANY_AGE, house.settings)

    assert removed.inputs == ("inputs/a.png",)
    assert "inputs/a.png" not in house.names
    assert house.input in house.names


def test_young_ads_and_other_campaigns_stay(house: House) -> None:
    """Nothing here is an hour old; a campaign that is not there is an input that is wrong."""
    asked = Retention(seconds=-60, campaigns=("kaffi/other",))
    share(house)

    assert gone(look(Retention(seconds=3600), house.settings)) == []
    assert gone(look(asked, house.settings)) == []
    assert len(gone(look(Retention(seconds=-60, campaigns=("kaffi/spring-roast",)), house.settings))) == 2
    with pytest.raises(BriefError, match="kaffi/none"):
        look(Retention(seconds=0, campaigns=("kaffi/none",)), house.settings)


def test_a_removal_that_is_killed_at_any_moment_leaves_rows_and_files_in_agreement(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each file and after each; the next removal goes on until all is gone."""
    delete, killed = LocalBlobs.delete, 0

    for moment in count():
        calls = count()

        def die(self: LocalBlobs, name: str, calls: Iterator[int] = calls, moment: int = moment) -> None:
            call = next(calls)
            if 2 * call == moment:
                raise StorageError("killed")
            delete(self, name)
            if 2 * call + 1 == moment:
                raise StorageError("killed")

        with monkeypatch.context() as patch:
            patch.setattr(LocalBlobs, "delete", die)
            try:
                clear(ANY_AGE, house.settings)
            except StorageError:
                killed += 1
            else:
                break
        assert verify(house.settings, repair=False).problems == ()

    assert killed > 5
    assert house.names == {house.input, "inputs/a.png"}


def test_a_run_that_starts_meanwhile_keeps_what_it_makes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It claims the shot after the row was let go and before its file was removed."""
    let_go = Catalog.let_go
    attempts = []

    def begin(self: Catalog, rule: Retention) -> object:
        found = let_go(self, rule)
        run = house.catalog.start_run(house.plan, "{}")
        attempts.append(house.catalog.claim("shot", house.clip.shot, run).attempt)
        return found

    monkeypatch.setattr(Catalog, "let_go", begin)
    clear(ANY_AGE, house.settings)
    house.catalog.finish(attempts[0], house.clip)

    stock = take_stock(house.plan, house.catalog, house.blobs)
    assert list(stock.parts) == [house.clip.shot]
    assert verify(house.settings, repair=False).problems == ()
    assert "inputs/a.png" in house.names


@pytest.mark.parametrize(("text", "hours"), [("30d", 720), ("12h", 12), (" 4W ", 672), ("0d", 0)])
def test_an_age_is_read(text: str, hours: int) -> None:
    """Hours, days and weeks."""
    assert read_age(text) == hours * 3600


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30m", "999999d"])
def test_an_age_that_is_none_is_refused_with_an_example(text: str) -> None:
    """Minutes are no age of an ad."""
    with pytest.raises(ValueError, match="for example 30d"):
        read_age(text)


def test_what_would_go_is_told_to_people_and_machines(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each thing with its size, and the sums by kind."""
    looked = look(ANY_AGE, house.settings)

    print_cleared(looked, as_json=False)
    table = capsys.readouterr().out
    print_cleared(looked, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert "would go: 2 ads" in table
    assert "--yes removes it" in table
    assert "one en-US meta_reels a" in table
    assert told["bytes_total"] == sum(told["bytes"].values()) == sum(one["bytes"] for one in told["things"])
    assert not told["removed"]
