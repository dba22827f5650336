"""The loop that makes what all campaigns need and their ads on the pool: later stages first, fair to each.

An item is claimed in the catalog before it is dispatched, and its row says what became of it before anything
is made from it; so whatever dies, the next run knows what there is. Ads are opened a few at a time, each with
what it lacks: whole ads come out early, and little has to be forgotten when a run ends early.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, Protocol, cast

from actors.pool import Outcome
from flows.backlog import Backlog
from flows.batch import Batch, Ending, Item, Part
from flows.forecast import Forecast
from flows.retries import Again, GiveUp
from flows.specs import CPU, PartSpec, Spec, crew_of, verb_of
from schemas.errors import LeaseLostError
from schemas.media import Asset
from schemas.plan import Ad, Narration, Shot
from schemas.work import Kind, Verdict
from storage.catalog import Catalog

_ELSEWHERE_SECONDS = 1.0
"""Between two looks at an item that another process is making."""
_TELL_SECONDS = 1.0
_TELL_SHARE = 0.02
"""Of the loop's time, at most, that goes into estimates."""


class Flight(NamedTuple):
    """A call in flight: what it makes, who pays, and its attempt in the catalog."""

    item: Item
    batch: Batch
    attempt: int
    began: float


class Workers(Protocol):
    """What the dispatcher asks of a pool."""

    def slots(self, name: str) -> int:
        """Return how many workers the crew has at most."""

    def free(self, name: str) -> int:
        """Return how many workers of the crew have nothing to do."""

    def ask(self, waiting: Mapping[str, int]) -> None:
        """Tell how many calls wait for each crew."""

    def call(self, name: str, tag: Flight, verb: str, *arguments: object, seconds: float) -> None:
        """Give a call to a free worker."""

    def wait(self, seconds: float) -> list[Outcome]:
        """Return the calls that have ended."""

    def shares(self) -> Mapping[Any, float]:
        """Return how much of each call is done, 0 to 1, by its tag, as far as its worker has told."""

    def drop(self, tags: Collection[Flight], *, at_once: bool = False) -> None:
        """Stop these calls, now or at their next step."""


class Dispatcher:
    """Makes the ads of every batch that is added; failures are rows and events, not exceptions."""

    def __init__(
        self,
        catalog: Catalog,
        pool: Workers,
        forecast: Forecast,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog, self._pool, self._forecast, self._clock = catalog, pool, forecast, clock
        self._backlog = Backlog(clock)
        self._batches: list[Batch] = []
        self._flights: dict[int, Flight] = {}
        self._draining = False
        self._tell_at = 0.0

    @property
    def flying(self) -> int:
        """How many calls are in flight."""
        return len(self._flights)

    @property
    def busy(self) -> bool:
        """Whether there is anything left to do or to wait for."""
        return bool(self._batches or self._flights)

    def add(self, batch: Batch) -> None:
        """Take a campaign on; *batch.over* is set when nothing more can be done for it."""
        self._batches.append(batch)
        self._backlog.stock(batch)
        self._forecast.note_made(ad for ad in batch.plan.ads if ad.key in batch.there.assets)
        batch.announce("planned", left=self._left())
        if self._draining:
            self._withdraw(batch, "interrupted")

    def step(self, seconds: float) -> None:
        """Do what can be done now, then wait up to *seconds* for a call to end."""
        self._look_at_leases()
        if not self._draining:
            self._backlog.wake()
            self._open()
        self._pool.ask(self._backlog.waiting)
        self._dispatch()
        for outcome in self._pool.wait(seconds):
            self._settle(cast("Flight", outcome.tag), outcome)
        self._tell()
        self._end_batches()

    def drain(self) -> None:
        """Begin nothing more; what is in flight may end."""
        self._draining = True
        for batch in self._batches:
            self._withdraw(batch, "interrupted")

    def stop(self) -> None:
        """Drain, and stop what is in flight."""
        self.drain()
        self._pool.drop(list(self._flights.values()), at_once=True)

    def fail(self, error: Exception) -> None:
        """Give up every campaign for *error*: the catalog or the pool is gone."""
        for batch in self._batches:
            batch.end("interrupted", error)
        self._batches.clear()

    # Opening and dispatching.

    def _open(self) -> None:
        for batch in self._batches:
            while batch.unopened:
                lacks = self._backlog.lacks(batch, batch.unopened[0])
                if not self._backlog.is_short(batch, lacks, self._pool.slots):
                    break
                self._open_ad(batch, batch.unopened.popleft(), lacks)

    def _open_ad(self, batch: Batch, ad: Ad, lacks: Mapping[str, PartSpec]) -> None:
        item = Item("ad", ad, CPU, [batch], tries=batch.tries_of(ad.key))
        if reason := self._backlog.why_not(ad, lacks):
            self._block(item, batch, reason)
            return
        costs = self._costs(batch, lacks)
        if not batch.budget.admits(costs):
            self._hold_ad(item, batch, costs)
            return
        batch.open.add(item)
        self._backlog.open(item, batch)

    def _dispatch(self) -> None:
        for crew in self._backlog.waiting:
            while self._pool.free(crew) and (turn := self._backlog.take(crew, self._share)):
                self._start(*turn)

    def _share(self, batch: Batch, item: Item) -> float:
        return self._forecast.seconds(item.kind, item.spec) / batch.weight

    def _start(self, item: Item, batch: Batch) -> None:
        gpus = self._forecast.gpus(item.kind, item.spec)
        if gpus and not batch.budget.may_start(self._running_cost(batch)):
            self._hold(item, batch)
            return
        try:
            self._claim(item, batch, gpus)
        except LeaseLostError:
            self._leave(batch, "lost")
            self._backlog.hand_over(item, batch)

    def _claim(self, item: Item, batch: Batch, gpus: float) -> None:
        claim = self._catalog.claim(
            item.kind,
            item.key,
            batch.run,
            model=self._forecast.model(item.kind, item.spec),
            work=self._forecast.work(item.kind, item.spec),
            gpus=gpus,
        )
        if claim.made is not None:
            self._made(item, claim.made)
        elif claim.attempt:
            self._begin(Flight(item, batch, claim.attempt, self._clock()))
        else:
            self._backlog.postpone(item, _ELSEWHERE_SECONDS)

    def _begin(self, flight: Flight) -> None:
        if (end := flight.item.tries.spent) is not None:
            self._give_up(flight, "lost", end)
        else:
            self._call(flight)

    def _call(self, flight: Flight) -> None:
        item, batch, attempt, _ = flight
        self._flights[attempt] = flight
        batch.flying += 1
        shots = item.spec.shots if isinstance(item.spec, Ad) else ()
        batch.report("started", item, model=self._forecast.model(item.kind, item.spec), shots=shots)
        deadline = self._forecast.deadline(item.kind, item.spec)
        arguments = self._arguments(item, batch)
        self._pool.call(item.crew, flight, verb_of(item.spec), *arguments, seconds=deadline)

    def _arguments(self, item: Item, batch: Batch) -> tuple[object, ...]:
        parts = self._backlog.parts
        match item.spec:
            case Ad():
                return batch.recipe(item.spec, parts), batch.twin(item.spec)
            case Shot() if item.spec.base:
                return item.spec, parts[item.spec.base], item.tries.shrink
            case Narration():
                return (item.spec,)
            case _:
                return item.spec, item.tries.shrink

    # Settling: what became of a call.

    def _settle(self, flight: Flight, outcome: Outcome) -> None:
        item, batch, attempt, _ = flight
        del self._flights[attempt]
        batch.flying -= 1
        batch.budget.pay(outcome.seconds * self._forecast.gpus(item.kind, item.spec))
        facts = self._facts(item, outcome)
        self._pass_on(item, outcome)
        try:
            if outcome.verdict == "done":
                self._catalog.finish(attempt, outcome.value)
                self._forecast.learn(item.kind, item.spec, outcome.seconds)
                self._made(item, outcome.value, **facts)
            elif outcome.verdict == "cancelled":
                self._catalog.fail(attempt, "cancelled", outcome.error, state="planned")
                self._backlog.hand_over(item, batch)
            else:
                self._failed(flight, outcome, facts)
        except LeaseLostError:
            self._leave(batch, "lost")
            self._backlog.hand_over(item, batch)

    def _facts(self, item: Item, outcome: Outcome) -> dict[str, Any]:
        """Return what is told of *outcome*, however it came."""
        model = self._forecast.model(item.kind, item.spec)
        return {"model": model, "worker": outcome.worker, "seconds": outcome.seconds}

    def _pass_on(self, item: Item, outcome: Outcome) -> None:
        """Tell what the worker said."""
        for line in outcome.lines:
            said = {"at": line.at, "level": line.level, "reason": line.text, "worker": outcome.worker}
            for batch in item.wanted:
                batch.report("said", item, **said)

    def _made(self, item: Item, made: Part | Asset, **facts: Any) -> None:  # noqa: ANN401 (fields)
        item.over = True
        for batch in item.wanted:
            if isinstance(made, Asset) and made.rejected:
                batch.report("failed", item, state="rejected", reason=made.objections, **facts)
            else:
                batch.report("made", item, **facts)
            batch.budget.settle(item.key)
        if isinstance(made, Asset):
            self._close_ad(item, made)
        else:
            self._backlog.made(item, made)

    def _failed(self, flight: Flight, outcome: Outcome, facts: dict[str, Any]) -> None:
        item, batch, attempt, _ = flight
        follows = item.tries.note(outcome.verdict, outcome.error)
        if not isinstance(follows, Again):
            self._give_up(flight, outcome.verdict, follows, **facts)
            return
        self._catalog.fail(attempt, outcome.verdict, outcome.error, state="planned")
        told = {"verdict": outcome.verdict, "reason": outcome.error, "wait": follows.seconds}
        batch.report("retrying", item, **told, **facts)
        self._backlog.postpone(item, follows.seconds)

    def _give_up(self, flight: Flight, verdict: Verdict, end: GiveUp, **facts: Any) -> None:  # noqa: ANN401 (fields)
        """Settle an item that cannot be made, and the ads that were to show it."""
        item = flight.item
        self._catalog.fail(flight.attempt, verdict, end.reason, state=end.state)
        item.over = True
        for batch in item.wanted:
            batch.report("failed", item, verdict=verdict, reason=end.reason, state=end.state, **facts)
        if item.kind == "ad":
            self._close_ad(item, None)
            return
        self._backlog.broken[item.key] = end.reason
        for ad in self._backlog.cut_off(item):
            self._block(ad, ad.wanted[0], f"{item.spec.label} cannot be made: {end.reason}")

    def _block(self, item: Item, batch: Batch, reason: str) -> None:
        """Settle an ad that lacks something which cannot be made; one that is quarantined itself stays so."""
        quarantined = item.key in batch.there.barred
        try:
            if not quarantined:
                self._catalog.block_ad(item.key, batch.run, reason)
        except LeaseLostError:
            self._leave(batch, "lost")
            return
        batch.report("failed", item, reason=reason, state="quarantined" if quarantined else "blocked")
        self._close_ad(item, None)

    def _close_ad(self, item: Item, asset: Asset | None) -> None:
        item.over = True
        (batch,) = item.wanted
        batch.open.discard(item)
        for twin in batch.follow(item, asset):
            if not twin.over:
                self._backlog.offer(twin)

    # The cap.

    def _costs(self, batch: Batch, lacks: Mapping[str, PartSpec]) -> dict[str, float]:
        """Return the GPU-seconds of *lacks*, by key; what another campaign makes costs this one nothing."""
        mine = {key: spec for key, spec in lacks.items() if not self._backlog.others_make(key, batch)}
        return {key: cost for key, spec in mine.items() if (cost := self._gpu_seconds(spec))}

    def _gpu_seconds(self, spec: Spec) -> float:
        kind = spec.kind
        gpus = self._forecast.gpus(kind, spec)
        return gpus * self._forecast.seconds(kind, spec) if gpus else 0.0

    def _running_cost(self, batch: Batch) -> float:
        """Return the GPU-seconds that the batch's calls in flight are expected to take."""
        flights = self._flights.values()
        return sum(self._gpu_seconds(flight.item.spec) for flight in flights if flight.batch is batch)

    def _hold(self, item: Item, batch: Batch) -> None:
        """Hold back an item that the batch cannot pay; another campaign that wants it may."""
        if self._backlog.leave_to_others(item, batch):
            return
        for ad in self._backlog.cut_off(item):
            if isinstance(ad.spec, Ad):
                self._hold_ad(ad, batch, self._costs(batch, self._backlog.lacks(batch, ad.spec)))

    def _hold_ad(self, item: Item, batch: Batch, costs: dict[str, float]) -> None:
        batch.budget.hold(costs)
        try:
            self._catalog.block_ad(item.key, batch.run, "held back by budget.gpu_seconds", state="planned")
        except LeaseLostError:
            self._leave(batch, "lost")
            return
        batch.report("held", item)
        self._close_ad(item, None)

    # Ends.

    def _look_at_leases(self) -> None:
        for batch in self._batches:
            state = batch.lease.state
            if state not in {"running", batch.ending}:
                self._leave(batch, "lost" if state == "lost" else "cancelled")

    def _leave(self, batch: Batch, ending: Ending) -> None:
        """Stop all that the batch has in flight and queued."""
        self._withdraw(batch, ending)
        self._pool.drop([flight for flight in self._flights.values() if flight.batch is batch])

    def _withdraw(self, batch: Batch, ending: Ending) -> None:
        """Take back what the batch has not begun."""
        batch.ending = ending
        batch.unopened.clear()
        for ad in batch.open:
            ad.over = True
        batch.open.clear()
        self._backlog.withdraw(batch)

    def _end_batches(self) -> None:
        for batch in [batch for batch in self._batches if batch.idle]:
            self._withdraw(batch, batch.ending or "over")
            self._batches.remove(batch)
            batch.announce("progress", left=0.0)
            batch.end(batch.ending)
        if not self._batches:
            self._backlog.clear()

    # Telling.

    def _tell(self) -> None:
        began = self._clock()
        if began < self._tell_at:
            return
        left, begun = self._left(), self._begun()
        for batch in self._batches:
            batch.announce("progress", begun.get(batch), left=left)
        ended = self._clock()
        self._tell_at = ended + max(_TELL_SECONDS, (ended - began) / _TELL_SHARE)

    def _begun(self) -> dict[Batch, dict[Kind, float]]:
        """Return for each campaign what is done of its items in work, by kind, in items."""
        begun: dict[Batch, dict[Kind, float]] = defaultdict(lambda: defaultdict(float))
        for flight, share in self._pool.shares().items():
            begun[flight.batch][flight.item.kind] += share
        return begun

    def _left(self) -> float:
        """Return the expected seconds until all campaigns are made: the crew with the most to do decides."""
        todo: dict[str, Spec] = {}
        for batch in self._batches:
            todo |= batch.todo
        passed = {f.item.key: self._clock() - f.began for f in self._flights.values()}
        crews: dict[str, float] = defaultdict(float)
        specs = [(spec.kind, spec) for spec in todo.values()]
        for (key, spec), seconds in zip(todo.items(), self._forecast.each(specs), strict=True):
            crews[crew_of(spec)] += max(0.0, seconds - passed.get(key, 0.0))
        return max((work / max(1, self._pool.slots(crew)) for crew, work in crews.items()), default=0.0)
