"""The dispatcher: order, streaming, twins, and what becomes of failures."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.pool import Outcome
from flows.dispatch import Kind, make
from schemas.media import Asset, Clip, Facts, StillFile, StoredFile
from schemas.plan import Ad, Cut, Plan, Shot, Still
from schemas.sidecar import Recipe
from storage.catalog import Catalog
from tests.compositions import PALETTE, draw_ad

FACTS = Facts(
    width=2, height=2, fps=30, frames=1, seconds=1, video_codec="h264", pixel_format="yuv420p",
    audio_codec="aac", audio_rate=48_000, audio_channels=2, lufs=-14, true_peak=-2, kbps=1000, bytes=10,
    moov_first=True, keyframe_seconds_max=1,
)  # fmt: skip


class ScriptedPool:
    """Does the calls in order, in this process; *break_* says which fail."""

    def __init__(self, slots: int, break_: Callable[[str, Any], str] = lambda _verb, _value: "") -> None:
        self.log: list[tuple[str, str]] = []
        self.most_busy = 0
        self._slots = slots
        self._break = break_
        self._calls: deque[tuple[Hashable, str, tuple[Any, ...]]] = deque()

    @property
    def free(self) -> int:
        return self._slots - len(self._calls)

    @property
    def busy(self) -> int:
        return len(self._calls)

    def submit(self, tag: Hashable, verb: str, *arguments: Any) -> None:
        assert self.free > 0
        self._calls.append((tag, verb, arguments))
        self.most_busy = max(self.most_busy, self.busy)

    def wait(self, _seconds: float) -> list[Outcome]:
        tag, verb, arguments = self._calls.popleft()
        value = arguments[0]
        error = self._break(verb, value)
        twin = arguments[1] if verb == "compose" else None
        self.log.append((verb + ("-twin" if twin else ""), _name(value)))
        return [Outcome(tag, None if error else _made(value), error)]


class Notes:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.expected: dict[str, int] = {}
        self.failures: list[tuple[str, str]] = []

    def expect(self, kind: Kind, number: int) -> None:
        self.expected[kind] = number

    def made(self, kind: Kind, key: str) -> None:
        """Nothing to remember."""

    def failed(self, kind: Kind, label: str, reason: str) -> None:
        self.failures.append((kind, f"{label}: {reason}"))


def _name(value: Any) -> str:
    return value.ad.label if isinstance(value, Recipe) else str(getattr(value, "prompt", "still"))


def _made(value: Still | Shot | Recipe) -> StillFile | Clip | Asset:
    if isinstance(value, Recipe):
        file = StoredFile(name=f"ads/{value.ad.key}.mp4", sha256="f", bytes=10)
        return Asset(ad=value.ad.key, file=file, facts=FACTS, cpu_seconds=1)
    file = StoredFile(name=f"made/{value.key}", sha256="f", bytes=10)
    if isinstance(value, Still):
        return StillFile(still=value.key, file=file, width=2, height=2, matted=True, cpu_seconds=1)
    return Clip(shot=value.key, file=file, width=2, height=2, fps=30, frames=value.frames, cpu_seconds=1)


def _shot(name: str, still: str = "") -> Shot:
    return Shot(
        show="product" if still else "text", still=still, prompt=name, camera="push_in", palette=PALETTE,
        width=1080, height=1920, frames=30, seed=1, model="motion/1",
    )  # fmt: skip


def _ad(variant: str, shots: list[Shot], caption: str = "") -> Ad:
    cuts = tuple(Cut(shot=shot.key, frames=30, caption=caption or variant, end_card=False) for shot in shots)
    return draw_ad(variant=variant, cuts=cuts)


STILL = Still(source="inputs/a.png", source_sha256="a", scale=4, upscaler="lanczos", matte="", recipe=1)
SHOTS = [_shot("one", STILL.key), _shot("two", STILL.key), _shot("three")]


def _plan(*ads: Ad) -> Plan:
    return Plan(
        campaign="kaffi/spring-roast",
        brief_sha256="b",
        stills=(STILL,),
        shots=tuple(SHOTS),
        ads=ads,
        notes=(),
    )


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}") as opened:
        yield opened


def _make(plan: Plan, book: Catalog, pool: ScriptedPool) -> Notes:
    notes = Notes()
    make(plan, book.start_run(plan, "{}"), catalog=book, pool=pool, progress=notes)  # type: ignore[arg-type]
    return notes


def _states(book: Catalog) -> dict[str, str]:
    return {row.variant: row.state for row in book.rows("kaffi/spring-roast")}


def test_an_ad_is_composed_as_soon_as_its_shots_are_there(book: Catalog) -> None:
    """The first ad does not wait for the last shot."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[1]]), _ad("c", [SHOTS[2]]))
    pool = ScriptedPool(slots=1)
    _make(plan, book, pool)
    verbs = [verb for verb, _ in pool.log]

    assert verbs.index("compose") < len(verbs) - 1 - verbs[::-1].index("generate")
    assert _states(book) == {"a": "done", "b": "done", "c": "done"}


def test_a_shot_is_generated_once_for_all_ads(book: Catalog) -> None:
    """Sharing is what the plan promises."""
    plan = _plan(*(_ad(name, [SHOTS[0], SHOTS[1]]) for name in "abcd"))
    pool = ScriptedPool(slots=2)
    _make(plan, book, pool)

    assert [verb for verb, _ in pool.log].count("generate") == 2
    assert [verb for verb, _ in pool.log].count("prepare") == 1


def test_work_in_flight_is_bounded_by_the_workers(book: Catalog) -> None:
    """One call a worker, however long the queue."""
    plan = _plan(*(_ad(f"v{n}", [SHOTS[n % 3]]) for n in range(30)))
    pool = ScriptedPool(slots=2)
    _make(plan, book, pool)

    assert pool.most_busy == 2


def test_twins_are_composed_once(book: Catalog) -> None:
    """An ad of the same composition takes over its twin's file, also when both are ready at once."""
    plan = _plan(*(_ad(name, [SHOTS[2]], caption="same") for name in "abc"))
    pool = ScriptedPool(slots=3)
    _make(plan, book, pool)

    assert [verb for verb, _ in pool.log] == ["generate", "compose", "compose-twin", "compose-twin"]
    assert set(_states(book).values()) == {"done"}


def test_a_failed_ad_does_not_take_its_twin_with_it(book: Catalog) -> None:
    """The twin is then composed itself."""
    plan = _plan(*(_ad(name, [SHOTS[2]], caption="same") for name in "ab"))
    pool = ScriptedPool(
        2, lambda verb, value: "disk full" if verb == "compose" and value.ad.variant == "a" else ""
    )
    notes = _make(plan, book, pool)

    assert _states(book) == {"a": "failed", "b": "done"}
    assert "disk full" in notes.failures[0][1]


def test_a_lost_shot_blocks_its_ads_and_no_others(book: Catalog) -> None:
    """Each blocked ad says which shot it lacks and why."""
    plan = _plan(_ad("a", [SHOTS[0], SHOTS[2]]), _ad("b", [SHOTS[2]]))
    pool = ScriptedPool(2, lambda _verb, value: "model broke" if value is SHOTS[0] else "")
    _make(plan, book, pool)
    rows = {row.variant: row for row in book.rows("kaffi/spring-roast")}

    assert (rows["a"].state, rows["b"].state) == ("blocked", "done")
    assert "model broke" in rows["a"].error


def test_a_lost_still_blocks_what_shows_it(book: Catalog) -> None:
    """The failure travels through the shots to the ads."""
    plan = _plan(_ad("a", [SHOTS[0], SHOTS[1]]), _ad("b", [SHOTS[2]]))
    pool = ScriptedPool(2, lambda verb, _value: "no memory" if verb == "prepare" else "")
    _make(plan, book, pool)

    assert _states(book) == {"a": "blocked", "b": "done"}


def test_a_rerun_makes_only_what_is_missing(book: Catalog) -> None:
    """Failed ads are tried again; shots and other ads stay."""
    plan = _plan(_ad("a", [SHOTS[0]]), _ad("b", [SHOTS[2]]))
    _make(
        plan,
        book,
        ScriptedPool(2, lambda verb, value: "x" if verb == "compose" and value.ad.variant == "b" else ""),
    )
    second = ScriptedPool(slots=2)
    _make(plan, book, second)

    assert [verb for verb, _ in second.log] == ["compose"]
    assert _states(book) == {"a": "done", "b": "done"}


def test_a_finished_plan_needs_nothing(book: Catalog) -> None:
    """No shot is made for ads that are there."""
    plan = _plan(_ad("a", [SHOTS[0]]))
    _make(plan, book, ScriptedPool(slots=1))
    second = ScriptedPool(slots=1)
    notes = _make(plan, book, second)

    assert second.log == []
    assert notes.expected == {"still": 0, "shot": 0, "ad": 0}
