"""One campaign while it is made: what is missing, what waits for what, and what it may spend."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event as Signal
from typing import Any, Literal, Protocol

from flows.budget import Budget
from flows.events import Count, Event, EventName, Progress
from flows.retries import Tries
from flows.specs import PartSpec, Spec, in_order, lacking, needs_of, parts_of
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.plan import Ad, Plan, Shot, Still
from schemas.record import Record
from schemas.sidecar import Recipe
from schemas.work import Kind

Part = StillFile | Clip | VoiceFile
"""What ads are made from."""
Ending = Literal["", "over", "cancelled", "interrupted", "lost"]


class Lease(Protocol):
    """Whoever knows whether the run is still ours, and wanted."""

    @property
    def run(self) -> int:
        """The run's number."""

    @property
    def state(self) -> Literal["running", "cancelled", "lost"]:
        """What became of it."""


@dataclass(eq=False, slots=True)
class Item:
    """One thing to make, and who waits for it."""

    kind: Kind
    spec: Spec
    crew: str
    wanted: "list[Batch]"
    """The campaigns that show it; the first that goes on pays."""
    tries: Tries = field(default_factory=Tries)
    needs: int = 0
    """How many of the things that it is made from are still missing."""
    feeds: "list[Item]" = field(default_factory=list)
    """What is made from it."""
    over: bool = False
    """Made, given up, or wanted no longer."""

    @property
    def key(self) -> str:
        """The specification's key."""
        return self.spec.key

    @property
    def idle(self) -> bool:
        """Whether nobody has use for it any more."""
        return self.over or (bool(self.feeds) and all(feed.over for feed in self.feeds))

    @property
    def payer(self) -> "Batch | None":
        """The campaign in whose name it is made; None where none goes on."""
        return next((batch for batch in self.wanted if not batch.ending), None)


class Inventory(Record):
    """What a campaign finds when its run begins, by key."""

    stills: Mapping[str, StillFile] = {}
    clips: Mapping[str, Clip] = {}
    voices: Mapping[str, VoiceFile] = {}
    assets: Mapping[str, Asset] = {}
    barred: Mapping[str, str] = {}
    """What is quarantined, with the reason."""
    spent: float = 0.0
    """GPU-seconds of the campaign's earlier runs."""

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Stills, clips and voices together."""
        return {**self.stills, **self.clips, **self.voices}


class Batch:
    """A campaign's ads that are not made yet, each with what it needs."""

    def __init__(
        self,
        plan: Plan,
        lease: Lease,
        there: Inventory,
        *,
        tell: Progress,
        tries: Mapping[str, Tries] | None = None,
        cap: float | None = None,
        weight: float = 1.0,
    ) -> None:
        """Plan what is not *there*; *tries*: attempts in runs that died; *cap* is in GPU-seconds."""
        self.plan, self.lease, self.weight = plan, lease, weight
        self.there = there
        self.budget = Budget(cap, there.spent)
        self.specs = parts_of(plan)
        missing = [ad for ad in plan.ads if ad.key not in there.assets]
        self.unopened = deque(in_order(missing, there.parts, capped=cap is not None))
        self.open: set[Item] = set()
        """Ads that are being made, or wait for something."""
        self.flying = 0
        """Calls in flight that this campaign pays for."""
        self.ending: Ending = ""
        self.error: Exception | None = None
        self.over = Signal()
        self._tell = tell
        self._tries = tries or {}
        self._composed = {
            ad.composition.key: there.assets[ad.key] for ad in plan.ads if ad.key in there.assets
        }
        self._to_come = Counter(ad.composition.key for ad in missing)
        self._leaders: dict[str, tuple[Item, list[Item]]] = {}
        self.todo = self._missing()
        """Everything that this run is to make and has not made yet, by key."""
        self._wanted = Counter(spec.kind for spec in self.todo.values())
        self._made: Counter[Kind] = Counter()
        self._failed: Counter[Kind] = Counter()
        self._rejected: Counter[Kind] = Counter()

    @property
    def run(self) -> int:
        """The run's number."""
        return self.lease.run

    @property
    def idle(self) -> bool:
        """Whether nothing more can be done for it."""
        return not (self.unopened or self.open or self.flying)

    def tries_of(self, key: str) -> Tries:
        """Return how earlier attempts at *key* ended, as far as they count."""
        return self._tries.get(key) or Tries()

    def lacks(self, ad: Ad, parts: Mapping[str, Part]) -> dict[str, PartSpec]:
        """Return what *ad* is made from that is not among *parts*, by key, in order of making."""
        return lacking(ad, self.specs, parts)

    def recipe(self, ad: Ad, parts: Mapping[str, Part]) -> Recipe:
        """Return what *ad* is made from; its clips and its voice must be among *parts*."""
        shots = list({shot.key: shot for shot in self._shots_of(ad.shots, parts)}.values())
        needs = dict.fromkeys(key for shot in shots for key in needs_of(shot))
        stills = [key for key in needs if isinstance(self.specs.get(key), Still)]
        voice = ad.composition.sound.voice
        return Recipe.model_validate(
            {
                "brief_sha256": self.plan.brief_sha256,
                "policy": self.plan.policy,
                "ad": ad,
                "shots": shots,
                "clips": [parts[shot.key] for shot in shots],
                "stills": [self.specs[key] for key in stills],
                "still_files": [parts[key] for key in stills if key in parts],
                "narration": self.specs[voice] if voice else None,
                "voice_file": parts[voice] if voice else None,
                "asked": self.plan.followed.get(ad.key),
            }
        )

    def _shots_of(self, keys: Iterable[str], parts: Mapping[str, Part]) -> Iterable[Shot]:
        """Yield the shots *keys*, each behind those it is made from; whose clip is gone, is left out."""
        for key in dict.fromkeys(keys):
            shot = self.specs[key]
            if isinstance(shot, Shot):
                yield from self._shots_of((need for need in needs_of(shot) if need in parts), parts)
                yield shot

    # Twins: ads of one composition are composed once.

    def twin(self, ad: Ad) -> Asset | None:
        """Return a finished ad of the same composition."""
        return self._composed.get(ad.composition.key)

    def lead(self, item: Item) -> bool:
        """Tell whether the ad *item* is to be made now; one whose twin is being composed waits for that."""
        composition = _composition(item)
        if composition in self._composed:
            return True
        leader, waiting = self._leaders.setdefault(composition, (item, []))
        if leader is not item:
            waiting.append(item)
        return leader is item

    def follow(self, item: Item, asset: Asset | None) -> list[Item]:
        """Return the twins that waited for the ad *item*, which has ended: as *asset*, or without one."""
        composition = _composition(item)
        self._to_come[composition] -= 1
        if not self._to_come[composition]:
            self._composed.pop(composition, None)  # nobody asks for it again: memory is not to grow with ads
        elif asset is not None:
            self._composed.setdefault(composition, asset)
        if composition not in self._leaders or self._leaders[composition][0] is not item:
            return []
        return self._leaders.pop(composition)[1]

    # Telling.

    def report(self, event: EventName, item: Item, **facts: Any) -> None:  # noqa: ANN401 (the event's fields)
        """Tell what happened to *item*."""
        if event in {"made", "failed", "held"}:
            self._count(event, item, facts.get("state"))
        if event == "held":
            return
        facts |= {"kind": item.kind, "key": item.key, "label": item.spec.label}
        self._tell(Event(event=event, campaign=self.plan.campaign, run=self.run, **facts))

    def announce(self, event: EventName, begun: Mapping[Kind, float] | None = None, **facts: Any) -> None:  # noqa: ANN401 (the event's fields)
        """Tell something about the campaign as a whole; *begun* is what is done of items in work."""
        counts = self._counts(begun or {})
        self._tell(Event(event=event, campaign=self.plan.campaign, run=self.run, counts=counts, **facts))

    def unwant(self, item: Item) -> None:
        """Note that *item* is not needed after all."""
        if self.todo.pop(item.key, None) is not None:
            self._wanted[item.kind] -= 1

    def end(self, ending: Ending, error: Exception | None = None) -> None:
        """Let whoever waits for the campaign go on."""
        self.ending, self.error = ending, error
        if self.budget.held:
            self.announce("held", number=self.budget.held, reason=self.budget.sentence)
        self.over.set()

    def _count(self, event: EventName, item: Item, state: str | None) -> None:
        if event == "held":
            self.unwant(item)
        elif self.todo.pop(item.key, None) is not None:
            failed = self._rejected if state == "rejected" else self._failed
            (self._made if event == "made" else failed)[item.kind] += 1

    def _counts(self, begun: Mapping[Kind, float]) -> dict[Kind, Count]:
        there: dict[Kind, Sized] = {
            "still": self.there.stills,
            "shot": self.there.clips,
            "voice": self.there.voices,
            "ad": self.there.assets,
        }
        return {
            kind: Count(
                wanted=self._wanted[kind],
                there=len(found),
                made=self._made[kind],
                failed=self._failed[kind],
                rejected=self._rejected[kind],
                begun=begun.get(kind, 0.0),
            )
            for kind, found in there.items()
        }

    def _missing(self) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        for ad in self.unopened:
            found |= self.lacks(ad, self.there.parts)
            found[ad.key] = ad
        return found


def _composition(item: Item) -> str:
    assert isinstance(item.spec, Ad)  # noqa: S101 (only ads have twins)
    return item.spec.composition.key
