"""What can be made now, and what waits for what: the items of all campaigns, those they share once."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import count

from flows.batch import Batch, Item, Part
from flows.fairness import FairQueue
from flows.specs import CPU, PartSpec, Spec, crew_of, needs_of, verb_of
from schemas.plan import Ad

_AHEAD = 2
"""Items that each campaign keeps ready for each worker: enough that none waits, few to forget."""
_RANKS = {"compose": 0, "enlarge": 1, "speak": 2, "generate": 2, "prepare": 3}
"""Later stages first: what is begun is finished before more is begun."""


class Backlog:
    """Queues an item as soon as all that it is made from is there: a queue a crew, fair to all campaigns."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.parts: dict[str, Part] = {}
        """Stills, clips and voices that are there, by key."""
        self.broken: dict[str, str] = {}
        """What cannot be made, by key, with the reason."""
        self._clock = clock
        self._items: dict[str, Item] = {}
        self._queues: dict[str, FairQueue[Batch, Item]] = defaultdict(FairQueue)
        self._later: list[tuple[float, int, Item]] = []
        self._tickets = count()

    @property
    def waiting(self) -> dict[str, int]:
        """How many items are ready, by crew."""
        return {crew: len(queue) for crew, queue in self._queues.items()}

    def stock(self, batch: Batch) -> None:
        """Take over what the batch found there."""
        self.parts |= batch.there.parts
        self.broken |= batch.there.barred

    def clear(self) -> None:
        """Forget what is known of parts: no campaign is left that could ask."""
        self.parts.clear()
        self.broken.clear()

    def lacks(self, batch: Batch, ad: Ad) -> dict[str, PartSpec]:
        """Return the parts that *ad* lacks, by key."""
        return batch.lacks(ad, self.parts)

    def is_short(self, batch: Batch, lacks: Mapping[str, PartSpec], slots: Callable[[str], int]) -> bool:
        """Tell whether an ad that *lacks* this brings work to a crew that runs short, or none at once."""
        begun = {
            crew_of(spec) for key, spec in lacks.items() if key not in self._items and self._is_leaf(spec)
        }
        crews = begun if lacks else {CPU}
        return not crews or any(
            self._queues[crew].waiting(batch) < _AHEAD * max(1, slots(crew)) for crew in crews
        )

    def why_not(self, ad: Ad, lacks: Mapping[str, PartSpec]) -> str:
        """Return why *ad* cannot be made at all; empty where it can."""
        for key, spec in lacks.items():
            if key in self.broken:
                return f"{spec.label} cannot be made: {self.broken[key]}"
        return self.broken.get(ad.key, "")

    def others_make(self, key: str, batch: Batch) -> bool:
        """Tell whether the part *key* is being made in another campaign's name."""
        return key in self._items and self._items[key].payer is not batch

    def open(self, item: Item, batch: Batch) -> None:
        """Take an ad's *item* in, with all that it lacks."""
        self._need(item, batch)
        if not item.needs:
            self.offer(item)

    def offer(self, item: Item) -> None:
        """Queue an item that has all it needs; an ad whose twin is being composed waits for that instead."""
        batch = item.payer
        if batch is None or item.over:
            self.forget(item)
        elif item.kind != "ad" or batch.lead(item):
            self._queue(item, batch)

    def postpone(self, item: Item, seconds: float) -> None:
        """Queue an item again in *seconds*."""
        heapq.heappush(self._later, (self._clock() + seconds, next(self._tickets), item))

    def wake(self) -> None:
        """Queue what was postponed until now."""
        while self._later and self._later[0][0] <= self._clock():
            self._requeue(heapq.heappop(self._later)[2])

    def take(self, crew: str, cost: Callable[[Batch, Item], float]) -> tuple[Item, Batch] | None:
        """Return the crew's next item and who pays for it; None when nothing is ready."""
        while turn := self._queues[crew].take(cost):
            batch, item = turn
            if not item.idle:
                return item, batch
            self.forget(item)
        return None

    def made(self, item: Item, part: Part) -> None:
        """Note a part that is there, and queue what was waiting for it alone."""
        self.parts[item.key] = part
        self._items.pop(item.key, None)
        for feed in item.feeds:
            feed.needs -= 1
            if not feed.needs and not feed.over:
                self.offer(feed)

    def cut_off(self, item: Item) -> list[Item]:
        """Forget a part, and the shots to be made from it; return the ads that wait in vain then."""
        self.forget(item)
        ads = []
        for feed in [feed for feed in item.feeds if not feed.over]:
            ads += [feed] if feed.kind == "ad" else self.cut_off(feed)
        return ads

    def forget(self, item: Item) -> None:
        """Let go of an item that is not to be made; another ad may ask for it anew."""
        item.over = True
        if self._items.get(item.key) is item:
            del self._items[item.key]
        for batch in item.wanted:
            batch.budget.settle(item.key)
            batch.unwant(item)

    def leave_to_others(self, item: Item, batch: Batch) -> bool:
        """Queue an item that *batch* cannot pay in another campaign's name; False where none wants it."""
        item.wanted.sort(key=lambda other: other is batch)
        heir = item.payer
        if heir is None or heir is batch:
            return False
        self._queue(item, heir)
        return True

    def hand_over(self, item: Item, batch: Batch) -> None:
        """Give an item that *batch*, which has ended, no longer makes to whoever wants it, or forget it."""
        if batch in item.wanted and len(item.wanted) > 1:
            item.wanted.remove(batch)
        self._requeue(item)

    def withdraw(self, batch: Batch) -> None:
        """Take back what the batch, which has ended, has ready; what others want goes on in their name."""
        for queue in self._queues.values():
            for item in queue.remove(batch):
                self.hand_over(item, batch)

    def _need(self, item: Item, batch: Batch) -> None:
        """Make *item* wait for each part that is not there, creating what nobody has asked for yet."""
        for key in needs_of(item.spec):
            if key in self.parts:
                continue
            part = self._items.get(key) or self._create(key, batch)
            if batch not in part.wanted:
                part.wanted.append(batch)
            part.feeds.append(item)
            item.needs += 1

    def _create(self, key: str, batch: Batch) -> Item:
        spec = batch.specs[key]
        item = Item(spec.kind, spec, crew_of(spec), [batch], tries=batch.tries_of(key))
        self._items[key] = item
        self._need(item, batch)
        if not item.needs:
            self._queue(item, batch)
        return item

    def _queue(self, item: Item, batch: Batch) -> None:
        self._queues[item.crew].put(batch, item, (item.tries.suspect, _RANKS[verb_of(item.spec)]))

    def _requeue(self, item: Item) -> None:
        if item.payer is None or item.idle:
            self.forget(item)
        else:
            self._queue(item, item.payer)

    def _is_leaf(self, spec: Spec) -> bool:
        return all(key in self.parts for key in needs_of(spec))
