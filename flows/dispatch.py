"""Makes a plan's stills, shots and ads on a pool of workers: one loop, later stages first.

An ad is composed as soon as its shots are there. At most one call a worker is in flight, and frames stay
inside the workers, so memory does not grow with the plan.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

from actors.pool import Outcome, Pool
from schemas.media import Asset, Clip, StillFile
from schemas.plan import Ad, Plan
from schemas.sidecar import Recipe
from storage.catalog import Catalog

Kind = Literal["still", "shot", "ad"]
_VERBS: dict[Kind, str] = {"still": "prepare", "shot": "generate", "ad": "compose"}
_LATER_FIRST: tuple[Kind, ...] = ("ad", "shot", "still")


class Tag(NamedTuple):
    """What a call in flight works on."""

    kind: Kind
    key: str
    attempt: int


class Progress(Protocol):
    """Whoever wants to know how it goes."""

    def expect(self, kind: Kind, number: int) -> None:
        """Tell how many of *kind* are to be made."""

    def made(self, kind: Kind, key: str) -> None:
        """Tell that one is there."""

    def failed(self, kind: Kind, label: str, reason: str) -> None:
        """Tell that one cannot be made."""


def make(plan: Plan, run: int, *, catalog: Catalog, pool: Pool, progress: Progress) -> None:
    """Make every ad of *plan* that is not there yet; failures are rows in *catalog*, not exceptions."""
    _Dispatcher(plan, run, catalog, pool, progress).run_all()


class _Dispatcher:
    def __init__(self, plan: Plan, run: int, catalog: Catalog, pool: Pool, progress: Progress) -> None:
        self._plan, self._run = plan, run
        self._catalog, self._pool, self._progress = catalog, pool, progress
        self._stills = {still.key: still for still in plan.stills}
        self._shots = {shot.key: shot for shot in plan.shots}
        done = catalog.assets_made(ad.key for ad in plan.ads)
        missing = [ad for ad in plan.ads if ad.key not in done]
        # The smallest first: the sooner one is there, the sooner a person sees what is wrong with all.
        self._ads = {ad.key: ad for ad in sorted(missing, key=_pixels)}
        self._still_files: dict[str, StillFile] = catalog.stills_made(self._stills)
        self._clips: dict[str, Clip] = catalog.clips_made(self._shots)
        self._composed: dict[str, Asset] = {
            ad.composition.key: done[ad.key] for ad in plan.ads if ad.key in done
        }
        self._twins: dict[str, list[str]] = defaultdict(list)
        self._ready: Mapping[Kind, deque[str]] = {kind: deque() for kind in _VERBS}
        self._waiting: dict[str, set[str]] = {}
        self._wanted_by: dict[str, list[str]] = defaultdict(list)
        self._queue_up()

    def run_all(self) -> None:
        while self._pool.busy or any(self._ready.values()):
            for kind in _LATER_FIRST:
                while self._pool.free and self._ready[kind]:
                    self._submit(kind, self._ready[kind].popleft())
            for outcome in self._pool.wait(1.0):
                self._settle(outcome)

    def _queue_up(self) -> None:
        """Queue what has nothing to wait for; note who waits for whom. Only what an ad needs is made."""
        shots = dict.fromkeys(key for ad in self._ads.values() for key in ad.shots if key not in self._clips)
        stills = {self._shots[key].still: None for key in shots}
        for key in stills:
            if key and key not in self._still_files:
                self._ready["still"].append(key)
        for key in shots:
            self._wait("shot", key, {self._shots[key].still} - {"", *self._still_files})
        for ad in self._ads.values():
            self._wait("ad", ad.key, set(ad.shots) - set(self._clips))
        self._progress.expect("still", len(self._ready["still"]))
        self._progress.expect("shot", len(shots))
        self._progress.expect("ad", len(self._ads))

    def _wait(self, kind: Kind, key: str, needs: set[str]) -> None:
        if not needs:
            self._offer(kind, key)
            return
        self._waiting[key] = needs
        for need in needs:
            self._wanted_by[need].append(key)

    def _offer(self, kind: Kind, key: str) -> None:
        """Queue an item that has all it needs; an ad whose twin is being composed waits for that instead."""
        if kind == "ad":
            composition = self._ads[key].composition.key
            if composition not in self._composed and composition in self._twins:
                self._twins[composition].append(key)
                return
            self._twins[composition] = []
        self._ready[kind].append(key)

    def _submit(self, kind: Kind, key: str) -> None:
        tag = Tag(kind, key, self._catalog.start_attempt(kind, key, self._run))
        self._pool.submit(tag, _VERBS[kind], *self._arguments(kind, key))

    def _arguments(self, kind: Kind, key: str) -> tuple[object, ...]:
        if kind == "still":
            return (self._stills[key],)
        if kind == "shot":
            return (self._shots[key],)
        return self._recipe(self._ads[key]), self._composed.get(self._ads[key].composition.key)

    def _recipe(self, ad: Ad) -> Recipe:
        shots = tuple(self._shots[key] for key in dict.fromkeys(ad.shots))
        stills = tuple(dict.fromkeys(shot.still for shot in shots if shot.still))
        return Recipe(
            brief_sha256=self._plan.brief_sha256,
            ad=ad,
            shots=shots,
            clips=tuple(self._clips[shot.key] for shot in shots),
            stills=tuple(self._stills[key] for key in stills),
            still_files=tuple(self._still_files[key] for key in stills if key in self._still_files),
        )

    def _settle(self, outcome: Outcome) -> None:
        tag: Tag = outcome.tag  # type: ignore[assignment]
        if outcome.error:
            self._catalog.fail(tag.attempt, outcome.error)
            self._fail(tag.kind, tag.key, outcome.error)
            return
        self._catalog.finish(tag.attempt, outcome.value)
        self._progress.made(tag.kind, tag.key)
        if tag.kind == "ad":
            composition = self._ads[tag.key].composition.key
            self._composed[composition] = outcome.value
            self._release_twins(composition)
            return
        made = self._still_files if tag.kind == "still" else self._clips
        made[tag.key] = outcome.value
        self._release(tag.key, "shot" if tag.kind == "still" else "ad")

    def _release(self, key: str, kind: Kind) -> None:
        for waiting in self._wanted_by.pop(key, ()):
            if waiting in self._waiting:
                self._waiting[waiting].discard(key)
                if not self._waiting[waiting]:
                    del self._waiting[waiting]
                    self._offer(kind, waiting)

    def _release_twins(self, composition: str) -> None:
        self._ready["ad"].extend(self._twins.pop(composition, ()))

    def _fail(self, kind: Kind, key: str, reason: str) -> None:
        self._progress.failed(kind, self._label(kind, key), reason)
        if kind == "ad":
            twins = self._twins.pop(self._ads[key].composition.key, [])
            for twin in twins:
                self._offer("ad", twin)
            return
        for waiting in self._wanted_by.pop(key, ()):
            if self._waiting.pop(waiting, None) is not None:
                self._give_up(kind, key, waiting, reason)

    def _give_up(self, kind: Kind, lost: str, waiting: str, reason: str) -> None:
        """Settle what waited for something that cannot be made."""
        if kind == "still":
            self._fail("shot", waiting, reason)
            return
        why = f"{self._label('shot', lost)} cannot be made: {reason}"
        self._catalog.block_ad(waiting, why)
        self._progress.failed("ad", self._label("ad", waiting), why)

    def _label(self, kind: Kind, key: str) -> str:
        if kind == "ad":
            return self._ads[key].label
        if kind == "still":
            return f"still of {self._stills[key].source}"
        shot = self._shots[key]
        return f"shot {shot.show} {shot.camera} {shot.width}x{shot.height}"


def _pixels(ad: Ad) -> int:
    look = ad.composition
    return look.width * look.height * look.frames
