"""The engine's thread: campaigns hand work in, wait, and hear of what ends it."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest

from flows.batch import Batch, Inventory
from flows.engine import Engine
from schemas.errors import StorageError
from schemas.plan import Plan, Shot
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.compositions import PALETTE, draw_ad
from tests.scripted import Evenly, ScriptedPool


class SlowPool(ScriptedPool):
    """Ends no call before *open* is set."""

    def __init__(self) -> None:
        super().__init__(slots=1)
        self.open = False

    def wait(self, seconds: float) -> list[Any]:
        time.sleep(0.01)
        return super().wait(seconds) if self.open or self._dropped else []


class Lease:
    """A lease that nobody contests."""

    state = "running"

    def __init__(self, run: int) -> None:
        self.run = run


def plan_of(number: int) -> Plan:
    """Return a plan of that many ads, each with a shot of its own."""
    shots = tuple(
        Shot(
            show="text", still="", prompt=f"shot {n}", camera="hold", palette=PALETTE, width=720, height=1280,
            frames=30, seed=1, model="motion/2",
        )
        for n in range(number)
    )  # fmt: skip
    ads = []
    for n, shot in enumerate(shots):
        drawn = draw_ad(variant=f"v{n}")
        cut = drawn.composition.cuts[0].model_copy(update={"shot": shot.key, "caption": f"caption {n}"})
        look = drawn.composition.model_copy(update={"cuts": (cut,)})
        ads.append(drawn.model_copy(update={"composition": look}))
    return Plan(
        campaign="kaffi/spring-roast", brief_sha256="b", stills=(), shots=shots, ads=tuple(ads), notes=()
    )


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(copy_catalog(tmp_path / "catalog.sqlite")) as opened:
        yield opened


def start(book: Catalog, pool: ScriptedPool, *, drain_seconds: float = 60.0) -> Engine:
    """Return an engine over *pool*, not entered yet."""
    engine = Engine(book, cast("Any", pool), cast("Any", Evenly()), drain_seconds=drain_seconds)
    engine._dispatcher._clock = time.monotonic
    return engine


def batch_of(book: Catalog, plan: Plan) -> Batch:
    """Return a batch of a new run of *plan*."""
    lease = cast("Any", Lease(book.start_run(plan, "{}")))
    return Batch(plan, lease, Inventory(), tell=lambda _: None)


def made(book: Catalog) -> int:
    """Count the ads that are done."""
    return sum(row.state == "done" for row in book.rows())


def test_whoever_hands_work_in_waits_until_it_is_made(book: Catalog) -> None:
    """And is called back meanwhile."""
    batch = batch_of(book, plan_of(3))
    with start(book, ScriptedPool(slots=2)) as engine:
        engine.make(batch, meanwhile=lambda: None)

    assert batch.ending == "over"
    assert made(book) == 3


def test_a_drain_waits_for_what_is_being_made(book: Catalog) -> None:
    """It ends with what was begun, and begins nothing."""
    pool, batch = SlowPool(), batch_of(book, plan_of(3))
    with start(book, pool) as engine:
        waiting = Thread(target=lambda: engine.make(batch, meanwhile=lambda: None))
        waiting.start()
        while not engine.flying:
            time.sleep(0.01)
        engine.drain()
        pool.open = True
        waiting.join(30)

    assert batch.ending == "interrupted"
    assert pool.verbs == ["generate"]


def test_a_drain_has_an_end(book: Catalog) -> None:
    """What outlasts it is stopped, and its row says planned."""
    batch = batch_of(book, plan_of(1))
    with start(book, SlowPool(), drain_seconds=0.2) as engine:
        waiting = Thread(target=lambda: engine.make(batch, meanwhile=lambda: None))
        waiting.start()
        while not engine.flying:
            time.sleep(0.01)
        engine.drain()
        waiting.join(30)

    assert batch.ending == "interrupted"
    assert not waiting.is_alive()
    assert book.rows()[0].state == "planned"


def test_an_error_of_the_loop_reaches_every_campaign(book: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a loop that has died; the next campaign hears it too."""

    def away(*_: Any, **__: Any) -> None:
        raise StorageError("the database is away")

    batch, late = (
        batch_of(book, plan_of(1)),
        batch_of(book, plan_of(1).model_copy(update={"campaign": "b/c"})),
    )
    monkeypatch.setattr(book, "claim", away)
    with start(book, ScriptedPool(slots=1)) as engine:
        with pytest.raises(StorageError, match="away"):
            engine.make(batch, meanwhile=lambda: None)
        with pytest.raises(StorageError, match="away"):
            engine.make(late, meanwhile=lambda: None)

    assert batch.ending == "interrupted"
