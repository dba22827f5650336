"""The dispatcher: order, streaming, twins, retries, the cap, fairness, and how campaigns end."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from actors.backends import VIDEO_MODELS
from flows.batch import Batch, Inventory
from flows.dispatch import Dispatcher
from flows.events import Event
from flows.retries import Tries
from schemas.errors import LeaseLostError
from schemas.plan import Ad, Cut, Given, Plan, Shot, Sound, Still
from schemas.work import Verdict
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.compositions import PALETTE, draw_ad
from tests.scripted import Evenly, Script, ScriptedPool, made_of, name_of
from tests.storage import drawn


class Held:
    """A lease that a test can take away."""

    def __init__(self, run: int) -> None:
        self.run = run
        self.state: Any = "running"


def _shot(name: str, still: str = "", **changes: Any) -> Shot:
    facts: dict[str, Any] = {
        "show": "product" if still else "text", "still": still, "prompt": name, "camera": "push_in",
        "palette": PALETTE, "width": 1080, "height": 1920, "frames": 30, "seed": 1, "model": "motion/2",
    }  # fmt: skip
    return Shot(**facts | changes)


def _ad(variant: str, shots: list[Shot], caption: str = "") -> Ad:
    cuts = tuple(Cut(shot=shot.key, frames=30, caption=caption or variant, end_card=False) for shot in shots)
    return draw_ad(variant=variant, cuts=cuts)


STILL = Still(source="inputs/a.png", source_sha256="a", scale=4, upscaler="lanczos", matte="", recipe=1)
SAID = drawn.NARRATION
SHOTS = [_shot("one", STILL.key), _shot("two", STILL.key), _shot("three")]


def _plan(*ads: Ad, shots: list[Shot] = SHOTS, campaign: str = "kaffi/spring-roast") -> Plan:
    named = tuple(ad.model_copy(update={"campaign": campaign}) for ad in ads)
    return Plan(
        campaign=campaign, brief_sha256="b", stills=(STILL,), shots=tuple(shots), narrations=(SAID,),
        ads=named, notes=(),
    )  # fmt: skip


def _spoken(ad: Ad) -> Ad:
    """Return *ad* with a voice."""
    sound = Sound(music="", lufs=-14, true_peak_max=-1, voice=SAID.key)
    return ad.model_copy(update={"composition": ad.composition.model_copy(update={"sound": sound})})


class Desk:
    """A dispatcher over a scripted pool and a real catalog."""

    def __init__(self, book: Catalog, pool: ScriptedPool) -> None:
        self.book, self.pool = book, pool
        self.events: list[Event] = []
        self.dispatcher = Dispatcher(book, cast("Any", pool), cast("Any", Evenly()), clock=pool.clock)

    def add(self, plan: Plan, **options: Any) -> Batch:
        """Begin a run of *plan* with what the catalog has."""
        run = self.book.start_run(plan, "{}")
        there = Inventory(
            stills=self.book.stills_made(still.key for still in plan.stills),
            clips=self.book.clips_made(shot.key for shot in plan.shots),
            voices=self.book.voices_made(narration.key for narration in plan.narrations),
            assets=self.book.assets_made(ad.key for ad in plan.ads),
            barred=self.book.quarantined("shot", [shot.key for shot in plan.shots]),
        )
        batch = Batch(plan, Held(run), there, tell=self.events.append, **options)
        self.dispatcher.add(batch)
        return batch

    def work(self, steps: int = 500) -> None:
        """Go on until nothing is left, or *steps* are done."""
        for _ in range(steps):
            if not self.dispatcher.busy:
                return
            self.dispatcher.step(1.0)

    def told(self, event: str) -> list[Event]:
        """Return the events of that name."""
        return [told for told in self.events if told.event == event]


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(copy_catalog(tmp_path / "catalog.sqlite")) as opened:
        yield opened


@pytest.fixture(name="big_model")
def _big_model(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VIDEO_MODELS["motion"].model_copy(update={"gpus": 1.0, "any_size": False, "revision": "big/1"})
    monkeypatch.setitem(VIDEO_MODELS, "big", entry)


def _make(plan: Plan, book: Catalog, pool: ScriptedPool, **options: Any) -> Desk:
    desk = Desk(book, pool)
    batch = desk.add(plan, **options)
    desk.work()
    book.end_run(batch.run, "done")
    return desk


def _states(book: Catalog, campaign: str = "kaffi/spring-roast") -> dict[str, str]:
    return {row.variant: row.state for row in book.rows(campaign)}


def _failing(verdict: Verdict, verb: str = "", prompt: str = "", times: int = 99) -> Script:
    """Return a script in which the first *times* matching calls end with *verdict*."""
    left = [times]

    def script(called: str, value: Any) -> Verdict:
        if (verb and called != verb) or (prompt and prompt not in name_of(value)) or not left[0]:
            return "done"
        left[0] -= 1
        return verdict

    return script


def test_an_ad_is_composed_as_soon_as_its_shots_are_there(book: Catalog) -> None:
    """The first ad does not wait for the last shot."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[1]]), _ad("c", [SHOTS[2]]))
    verbs = _make(plan, book, ScriptedPool(slots=1)).pool.verbs

    assert verbs.index("compose") < len(verbs) - 1 - verbs[::-1].index("generate")
    assert _states(book) == {"a": "done", "b": "done", "c": "done"}


def test_a_shot_is_generated_once_for_all_ads(book: Catalog) -> None:
    """Sharing is what the plan promises."""
    verbs = _make(_plan(*(_ad(name, SHOTS[:2]) for name in "abcd")), book, ScriptedPool(slots=2)).pool.verbs

    assert Counter(verbs) == {"prepare": 1, "generate": 2, "compose": 4}


def test_a_shot_is_enlarged_from_its_base(book: Catalog) -> None:
    """The base is generated once, and every size made from it."""
    base = _shot("base", width=480, height=832)
    sizes = [_shot("base", base=base.key, upscaler="lanczos", width=width) for width in (720, 1080)]
    plan = _plan(*(_ad(str(shot.width), [shot]) for shot in sizes), shots=[base, *sizes])
    verbs = _make(plan, book, ScriptedPool(slots=1)).pool.verbs

    assert verbs == ["generate", "enlarge", "compose", "enlarge", "compose"]


def test_work_in_flight_is_bounded_by_the_workers(book: Catalog) -> None:
    """One call a worker, however long the queue."""
    plan = _plan(*(_ad(f"v{n}", [SHOTS[n % 3]]) for n in range(30)))

    assert _make(plan, book, ScriptedPool(slots=2)).pool.most_busy == 2


def test_progress_counts_what_is_half_made(book: Catalog) -> None:
    """Whoever watches sees a long shot go on."""
    desk = Desk(book, ScriptedPool(2))
    desk.add(_plan(_ad("a", SHOTS)))
    desk.work()

    begun = [told.counts["shot"].begun for told in desk.told("progress")]

    assert max(begun) in {0.5, 1.0}
    assert begun[-1] == 0.0


def test_only_what_an_ad_needs_is_made(book: Catalog) -> None:
    """A shot of the plan that no ad shows stays planned."""
    assert _make(_plan(_ad("a", [SHOTS[2]])), book, ScriptedPool(slots=2)).pool.verbs == [
        "generate",
        "compose",
    ]


def test_twins_are_composed_once(book: Catalog) -> None:
    """An ad of the same composition takes over its twin's file, also when both are ready at once."""
    plan = _plan(*(_ad(name, [SHOTS[2]], caption="same") for name in "abc"))
    verbs = _make(plan, book, ScriptedPool(slots=3)).pool.verbs

    assert verbs == ["generate", "compose", "compose-twin", "compose-twin"]
    assert set(_states(book).values()) == {"done"}


def test_a_failed_ad_does_not_take_its_twin_with_it(book: Catalog) -> None:
    """The twin is then composed itself."""
    plan = _plan(*(_ad(name, [SHOTS[2]], caption="same") for name in "ab"))
    desk = _make(plan, book, ScriptedPool(2, _failing("permanent", "compose", times=1)))

    assert sorted(_states(book).values()) == ["done", "failed"]
    assert [event.reason for event in desk.told("failed")] == ["it broke"]


def test_a_lost_shot_blocks_its_ads_and_no_others(book: Catalog) -> None:
    """Each blocked ad says which shot it lacks and why; what only it needed is not made."""
    plan = _plan(_ad("a", [SHOTS[2], SHOTS[1]]), _ad("b", [SHOTS[0]]))
    _make(plan, book, ScriptedPool(1, _failing("permanent", "generate", "three")))
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}

    assert (rows["a"].state, rows["b"].state) == ("blocked", "done")
    assert "it broke" in rows["a"].error


def test_a_lost_still_blocks_what_shows_it(book: Catalog) -> None:
    """The failure travels through the shots to the ads."""
    plan = _plan(_ad("a", [SHOTS[0], SHOTS[1]]), _ad("b", [SHOTS[2]]))
    _make(plan, book, ScriptedPool(2, _failing("permanent", "prepare")))

    assert _states(book) == {"a": "blocked", "b": "done"}


def test_a_narration_is_spoken_once_and_before_its_ads(book: Catalog) -> None:
    """Whatever ad says it; an ad without a voice does not wait for it."""
    ads = [_spoken(_ad(name, [SHOTS[2]])) for name in "abc"]
    desk = _make(_plan(*ads, _ad("d", [SHOTS[2]])), book, ScriptedPool(slots=2))
    log = desk.pool.log

    assert Counter(desk.pool.verbs) == {"generate": 1, "speak": 1, "compose": 4}
    assert all(log.index(("speak", SAID.text)) < log.index(("compose", ad.label)) for ad in ads)
    assert desk.told("planned")[0].counts["voice"].wanted == 1
    assert desk.told("progress")[-1].counts["voice"].made == 1


def test_the_recipe_of_an_ad_has_its_voice() -> None:
    """What is said, and the file that says it; both empty for an ad without."""
    ad, silent = _spoken(_ad("a", [SHOTS[2]])), _ad("b", [SHOTS[2]])
    parts = {value.key: made_of(value) for value in (SHOTS[2], SAID)}
    batch = Batch(_plan(ad, silent), Held(1), Inventory(), tell=lambda _: None)

    told = [batch.recipe(each, cast("Any", parts)) for each in (ad, silent)]

    assert [recipe.narration for recipe in told] == [SAID, None]
    assert [recipe.voice_file for recipe in told] == [parts[SAID.key], None]


def test_the_recipe_of_an_ad_has_all_that_took_part_each_once() -> None:
    """Pictures to begin and to end on, subjects, a base, a followed shot; what is lost is left out."""
    ends = [STILL.model_copy(update={"source": f"inputs/{name}.png"}) for name in "bcd"]
    base = _shot("base", STILL.key, given=Given(until=ends[0].key, subjects=(ends[1].key,)))
    large = _shot("large", STILL.key, base=base.key, upscaler="lanczos/1")
    after = _shot("after", ends[2].key, given=Given(follows=base.key))
    ad = _ad("a", [large, after, large])
    plan = _plan(ad, shots=[base, large, after]).model_copy(update={"stills": (STILL, *ends)})
    batch = Batch(plan, Held(1), Inventory(), tell=lambda _: None)
    parts = {value.key: made_of(value) for value in (STILL, *ends, base, large, after)}

    told = batch.recipe(plan.ads[0], cast("Any", parts))
    del parts[base.key]
    lost = batch.recipe(plan.ads[0], cast("Any", parts))

    assert told.shots == (base, large, after)
    assert [clip.shot for clip in told.clips] == [base.key, large.key, after.key]
    assert set(told.stills) == {STILL, *ends}
    assert len(told.still_files) == 4
    assert lost.shots == (large, after)


def test_a_voice_that_cannot_be_made_blocks_what_says_it(book: Catalog) -> None:
    """The reason names the voice; the others are made."""
    plan = _plan(_spoken(_ad("a", [SHOTS[2]])), _ad("b", [SHOTS[2]]))
    _make(plan, book, ScriptedPool(2, _failing("permanent", "speak")))
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}

    assert (rows["a"].state, rows["b"].state) == ("blocked", "done")
    assert rows["a"].error == "voice en-US hibari:heart cannot be made: it broke"


def test_a_rerun_does_not_speak_again(book: Catalog) -> None:
    """The voice is there, though its ad failed."""
    plan = _plan(_spoken(_ad("a", [SHOTS[2]])))
    _make(plan, book, ScriptedPool(1, _failing("permanent", "compose")))

    assert _make(plan, book, ScriptedPool(1)).pool.verbs == ["compose"]


def test_a_rejected_ad_is_kept_and_does_not_count_as_made(book: Catalog) -> None:
    """It is told by name with the rule that it breaks; a warning keeps nothing back."""
    plan = _plan(*(_ad(name, [SHOTS[2]]) for name in "abc"))
    pool = ScriptedPool(slots=1)
    pool.findings = {"b": (drawn.TOO_LOUD,), "c": (drawn.TOO_LOUD.model_copy(update={"severity": "warn"}),)}
    desk = _make(plan, book, pool)
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}
    (failed,) = desk.told("failed")
    count = desk.told("progress")[-1].counts["ad"]

    assert _states(book) == {"a": "done", "b": "rejected", "c": "done"}
    assert (failed.state, failed.reason) == ("rejected", str(drawn.TOO_LOUD))
    assert (count.made, count.failed, count.rejected) == (2, 0, 1)
    assert (rows["b"].error, rows["b"].name) == (str(drawn.TOO_LOUD), f"ads/{plan.ads[1].key}.mp4")
    assert [row.findings for row in rows.values()] == [(), *(pool.findings[name] for name in "bc")]


def test_a_rejected_ad_is_not_made_again(book: Catalog) -> None:
    """It would come out the same."""
    plan = _plan(_ad("a", [SHOTS[2]]))
    pool = ScriptedPool(slots=1)
    pool.findings = {"a": (drawn.TOO_LOUD,)}
    _make(plan, book, pool)
    second = _make(plan, book, ScriptedPool(slots=1))

    assert second.pool.log == []
    assert _states(book) == {"a": "rejected"}


def test_a_rerun_makes_only_what_is_missing(book: Catalog) -> None:
    """Failed ads are tried again; shots and other ads stay."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[2]]))
    _make(plan, book, ScriptedPool(2, _failing("permanent", "compose", times=1)))
    second = _make(plan, book, ScriptedPool(slots=2))

    assert second.pool.verbs == ["compose"]
    assert _states(book) == {"a": "done", "b": "done"}


def test_a_finished_plan_needs_nothing(book: Catalog) -> None:
    """No shot is made for ads that are there."""
    plan = _plan(_ad("a", [SHOTS[0]]))
    _make(plan, book, ScriptedPool(slots=1))
    second = _make(plan, book, ScriptedPool(slots=1))

    assert second.pool.log == []
    assert second.told("planned")[0].counts["ad"].there == 1


def test_a_transient_failure_is_tried_again_later(book: Catalog) -> None:
    """The store was away for a moment; the batch goes on meanwhile."""
    plan = _plan(_ad("a", [SHOTS[2]]))
    desk = _make(plan, book, ScriptedPool(1, _failing("transient", "generate", times=2)))

    assert _states(book) == {"a": "done"}
    assert [event.wait for event in desk.told("retrying")] == [2, 4]


def test_out_of_memory_comes_back_with_smaller_settings(book: Catalog) -> None:
    """Each try a step smaller."""
    desk = _make(_plan(_ad("a", [SHOTS[2]])), book, ScriptedPool(1, _failing("memory", "generate", times=2)))

    assert desk.pool.shrinks == [0, 1, 2]
    assert _states(book) == {"a": "done"}


def test_what_kills_its_worker_twice_is_quarantined_and_stays_so(book: Catalog) -> None:
    """The others are made; a rerun does not touch it, and its ad says why."""
    plan = _plan(_ad("a", [SHOTS[2]]), _ad("b", [SHOTS[0]]))
    desk = _make(plan, book, ScriptedPool(2, _failing("crash", "generate", "three")))
    again = _make(plan, book, ScriptedPool(slots=2))
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}

    assert desk.pool.log.count(("generate", "three")) == 2
    assert again.pool.log == []
    assert (rows["a"].state, rows["b"].state) == ("blocked", "done")
    assert "it stopped 2 workers" in rows["a"].error


def test_what_was_in_flight_when_a_run_died_goes_last(book: Catalog) -> None:
    """If it is what kills runs, all others are safe before it is tried."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[2]]))
    suspects = {SHOTS[0].key: Tries(Counter({"lost": 1}))}
    log = _make(plan, book, ScriptedPool(slots=1), tries=suspects).pool.log

    assert log.index(("generate", "one")) > log.index(("compose", plan.ads[1].label))


def test_what_was_in_flight_each_time_a_run_died_is_not_begun_again(book: Catalog) -> None:
    """Five runs are enough; its ad says so, and the others are made."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[2]]))
    suspects = {SHOTS[0].key: Tries(Counter({"lost": 5}))}
    log = _make(plan, book, ScriptedPool(slots=1), tries=suspects).pool.log
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}

    assert ("generate", "one") not in log
    assert (rows["a"].state, rows["b"].state) == ("blocked", "done")
    assert "the last 5 times that a run died" in rows["a"].error


def test_two_campaigns_share_the_workers_by_weight(book: Catalog) -> None:
    """The heavier one gets three turns of four while both have work; neither waits for the other's end."""
    shots = {name: [_shot(f"{name}{n}") for n in range(40)] for name in ("urgent", "weekly")}
    desk = Desk(book, ScriptedPool(slots=1))
    for name, weight in (("weekly", 1.0), ("urgent", 3.0)):
        ads = [_ad(f"{name}{n}", [shot]) for n, shot in enumerate(shots[name])]
        desk.add(_plan(*ads, shots=shots[name], campaign=f"kaffi/{name}"), weight=weight)
    desk.work(steps=80)
    urgent = sum("urgent" in name for _, name in desk.pool.log)

    assert urgent / len(desk.pool.log) == pytest.approx(0.75, abs=0.03)


def test_campaigns_that_show_the_same_shot_make_it_once(book: Catalog) -> None:
    """It is paid by one, and both are told."""
    desk = Desk(book, ScriptedPool(slots=1))
    for name in ("one", "two"):
        desk.add(_plan(_ad("a", [SHOTS[2]]), campaign=f"kaffi/{name}"))
    desk.work()

    assert Counter(desk.pool.verbs) == {"generate": 1, "compose": 2}
    assert {event.campaign for event in desk.told("made") if event.kind == "shot"} == {
        "kaffi/one",
        "kaffi/two",
    }


def test_a_cancelled_campaign_stops_and_leaves_the_rest(book: Catalog) -> None:
    """What it has in flight is dropped; what the other one wants of it is made in the other's name."""
    desk = Desk(book, ScriptedPool(slots=2))
    cancelled = desk.add(_plan(_ad("a", [SHOTS[2]]), _ad("b", [SHOTS[0]]), campaign="kaffi/cancelled"))
    desk.add(_plan(_ad("a", [SHOTS[2]]), campaign="kaffi/stays"))
    desk.work(steps=1)
    cast("Held", cancelled.lease).state = "cancelled"
    desk.work()

    assert cancelled.ending == "cancelled"
    assert _states(book, "kaffi/stays") == {"a": "done"}
    assert set(_states(book, "kaffi/cancelled").values()) == {"planned"}


def test_a_lost_lease_ends_the_campaign_without_a_trace(book: Catalog) -> None:
    """Another process has it: what comes back late is not noted."""
    desk = Desk(book, ScriptedPool(slots=1))
    batch = desk.add(_plan(_ad("a", [SHOTS[2]])))
    desk.dispatcher.step(1.0)
    book.end_run(batch.run, "lost")
    desk.work()

    assert batch.ending == "lost"
    assert _states(book) == {"a": "planned"}


def test_what_another_process_makes_is_waited_for(book: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not made twice; once it is there it is taken over."""
    elsewhere = book.start_run(_plan(campaign="kaffi/elsewhere"), "{}")
    plan = _plan(_ad("a", [SHOTS[2]]))
    desk = Desk(book, ScriptedPool(slots=1))
    desk.add(plan)
    claim = book.claim("shot", SHOTS[2].key, elsewhere)
    desk.work(steps=5)
    assert desk.pool.log == []
    book.finish(claim.attempt, made_of(SHOTS[2]))
    desk.work()

    assert desk.pool.verbs == ["compose"]
    assert monkeypatch


def test_a_drain_lets_what_is_being_made_end(book: Catalog) -> None:
    """Nothing new is begun; the rest stays planned for the next run."""
    desk = Desk(book, ScriptedPool(slots=1))
    batch = desk.add(_plan(_ad("a", [SHOTS[2]]), _ad("b", [SHOTS[0]])))
    desk.dispatcher.step(1.0)
    desk.dispatcher.drain()
    desk.work()

    assert batch.ending == "interrupted"
    assert len(desk.pool.log) == 1
    assert set(_states(book).values()) == {"planned"}


def test_a_stop_drops_what_is_being_made(book: Catalog) -> None:
    """Its rows are planned again, not left running."""
    desk = Desk(book, ScriptedPool(slots=2))
    batch = desk.add(_plan(*(_ad(name, [shot]) for name, shot in zip("abc", SHOTS, strict=True))))
    desk.dispatcher.step(1.0)
    desk.dispatcher.stop()
    desk.work()
    rerun = _make_after(book, batch)

    assert not desk.dispatcher.flying
    assert _states(book) == {"a": "done", "b": "done", "c": "done"}
    assert rerun.pool.log


def _make_after(book: Catalog, batch: Batch) -> Desk:
    book.end_run(batch.run, "interrupted")
    return _make(batch.plan, book, ScriptedPool(slots=2))


@pytest.mark.usefixtures("big_model")
def test_at_the_cap_whole_ads_are_finished_and_the_rest_is_planned(book: Catalog) -> None:
    """No shot is paid for whose ad cannot be finished, and ads that cost nothing are made all the same."""
    shots = [_shot(f"big {n}", model="big/1") for n in range(6)]
    ads = [_ad(f"v{n}", shots[2 * n : 2 * n + 2]) for n in range(3)]
    plan = _plan(*ads, _ad("free", [SHOTS[2]]), shots=[*shots, SHOTS[2]])
    desk = _make(plan, book, ScriptedPool(slots=2), cap=3.0)

    assert desk.pool.verbs.count("generate") == 3
    assert Counter(_states(book).values()) == {"done": 2, "planned": 2}
    assert _states(book)["free"] == "done"
    assert "set it to 6" in desk.told("held")[0].reason


@pytest.mark.usefixtures("big_model")
def test_what_costs_more_than_expected_passes_the_cap_by_one_item_a_worker(book: Catalog) -> None:
    """The forecast said one second, and each takes ten."""
    shots = [_shot(f"big {n}", model="big/1") for n in range(8)]
    plan = _plan(*(_ad(f"v{n}", [shot]) for n, shot in enumerate(shots)), shots=shots)
    desk = _make(plan, book, ScriptedPool(2, seconds=10.0), cap=8.0)

    assert desk.pool.verbs.count("generate") <= 2
    assert Counter(_states(book).values())["planned"] >= 6


@pytest.mark.usefixtures("big_model")
def test_a_shot_that_one_campaign_cannot_pay_is_made_for_another(book: Catalog) -> None:
    """A cap is a campaign's own."""
    shot = _shot("big", model="big/1")
    desk = Desk(book, ScriptedPool(slots=1))
    desk.add(_plan(_ad("a", [shot]), shots=[shot], campaign="kaffi/poor"), cap=0.0)
    desk.add(_plan(_ad("a", [shot]), shots=[shot], campaign="kaffi/rich"))
    desk.work()

    assert _states(book, "kaffi/rich") == {"a": "done"}
    assert _states(book, "kaffi/poor") == {"a": "planned"}


def test_a_lease_lost_between_claims_stops_the_campaign(
    book: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalog refuses the claim, and nothing more is begun."""
    desk = Desk(book, ScriptedPool(slots=1))
    batch = desk.add(_plan(_ad("a", [SHOTS[2]])))

    def refuse(*_: Any, **__: Any) -> None:
        raise LeaseLostError("taken over")

    monkeypatch.setattr(book, "claim", refuse)
    desk.work()

    assert batch.ending == "lost"
    assert desk.pool.log == []
