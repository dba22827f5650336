"""Says what a plan will take: time, work, storage, credits, and what its cap holds back. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated

from pydantic import Field, PlainSerializer

from flows.forecast import Forecast
from flows.specs import Spec, in_order, lacking, needs_of, parts_of
from flows.spending import credits_for
from schemas.plan import Ad, Narration, Plan, Shot, Still
from schemas.record import Record

START_SECONDS = 15.0
"""Ray, Prefect's server and the workers, until the first item begins; measured on the reference machine."""

_KINDS = {"stills": Still, "shots": Shot, "voices": Narration, "ads": Ad}

Seconds = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 1))]


class Storage(Record):
    """Bytes in the blob store, by kind."""

    stills: int = 0
    shots: int = 0
    voices: int = 0
    ads: int = 0
    """Captions and sidecars among them."""

    @property
    def total(self) -> int:
        """All together."""
        return self.stills + self.shots + self.voices + self.ads

    def times(self, factor: float) -> "Storage":
        """Return *factor* times as much."""
        return Storage(**{name: round(factor * getattr(self, name)) for name in _KINDS})


class PlanForecast(Record):
    """What a run of a plan would make now, and what that takes."""

    campaign: str
    """Empty for several together."""
    stills: int
    """How many are to be made; so for shots, voices and ads."""
    shots: int
    voices: int
    ads: int
    seconds: Seconds
    """On the wall clock, from start to end."""
    cpu_seconds: Seconds
    """Of CPU workers, if one did it all."""
    gpu_seconds: Seconds
    """Of GPUs, if one did it all."""
    longest: Seconds
    """Seconds of the longest chain from a picture to an ad: no number of workers makes it faster."""
    cap: float | None = None
    """The brief's ``budget.gpu_seconds``; None without one."""
    spent: Seconds = 0.0
    """GPU-seconds of the campaign's earlier runs, which the cap counts."""
    held: int = 0
    """Ads that the cap holds back; they are not among *ads*."""
    more: Seconds = 0.0
    """GPU-seconds by which the cap falls short of making all."""
    storage: Storage = Storage()
    """What its files take."""
    credits: dict[str, int] = {}
    """What hosted models charge, in their credits, by name."""
    known: float = 0.0
    """Share of the work, 0 to 1, that is foretold from earlier attempts, not from the table of models."""
    keys: Annotated[frozenset[str], Field(exclude=True)] = frozenset()
    """Of all that it counts: the next campaign of the same command finds them there."""


def forecast_plan(
    plan: Plan,
    forecast: Forecast,
    *,
    made: Collection[str] = (),
    workers: int,
    gpus: float,
    cap: float | None = None,
    spent: float = 0.0,
) -> PlanForecast:
    """Say what it takes to make what *plan* has and *made*, keys of parts and ads, has not.

    *workers* CPU workers and *gpus* GPUs work side by side. Ads are taken in the order in which they are
    made, so the *cap* in GPU-seconds, of which earlier runs have *spent* some, holds back the same ones.
    """
    todo, held = _admitted(plan, forecast, made, None if cap is None else cap - spent)
    there = [ad for ad in plan.ads if ad.key in made]
    specs = ((spec.kind, spec) for spec in todo.values())
    seconds = dict(zip(todo, forecast.each(specs, there), strict=True))
    gpu = sum(gpu_costs(forecast, todo).values())
    lacking = sum(gpu_costs(forecast, held).values())
    known = sum(took for key, took in seconds.items() if forecast.knows(todo[key].kind, todo[key]))
    told = PlanForecast(
        campaign=plan.campaign,
        **_counts(todo.values()),
        seconds=0.0,
        cpu_seconds=sum(seconds[key] for key, spec in todo.items() if not forecast.gpus(spec.kind, spec)),
        gpu_seconds=gpu,
        longest=_longest(todo, seconds),
        cap=cap,
        spent=spent,
        held=sum(isinstance(spec, Ad) for spec in held.values()),
        more=max(0.0, spent + gpu + lacking - cap) if cap is not None else 0.0,
        storage=_storage(forecast, todo.values()),
        credits=credits_for(spec for spec in todo.values() if isinstance(spec, Shot)),
        known=known / (sum(seconds.values()) or 1.0),
        keys=frozenset(todo),
    )
    return _on_the_clock(told, workers, gpus)


def together(forecasts: Iterable[PlanForecast], *, workers: int, gpus: float) -> PlanForecast:
    """Say what *forecasts* take together; none of them counts what another has."""
    each = list(forecasts)
    sums = {name: sum(getattr(one, name) for one in each) for name in (*_KINDS, "held")}
    told = PlanForecast(
        campaign="",
        **sums,
        seconds=0.0,
        cpu_seconds=sum(one.cpu_seconds for one in each),
        gpu_seconds=sum(one.gpu_seconds for one in each),
        longest=max((one.longest for one in each), default=0.0),
        more=sum(one.more for one in each),
        storage=Storage(**{name: sum(getattr(one.storage, name) for one in each) for name in _KINDS}),
        credits=dict(sum((Counter(one.credits) for one in each), Counter())),
        known=min((one.known for one in each if one.keys), default=0.0),
    )
    return _on_the_clock(told, workers, gpus)


def gpu_costs(forecast: Forecast, specs: Mapping[str, Spec]) -> dict[str, float]:
    """Return the GPU-seconds of each of *specs* that takes any, by key."""
    kinds = ((key, spec.kind, spec) for key, spec in specs.items())
    return {
        key: gpus * forecast.seconds(kind, spec)
        for key, kind, spec in kinds
        if (gpus := forecast.gpus(kind, spec))
    }


def _admitted(
    plan: Plan, forecast: Forecast, made: Collection[str], room: float | None
) -> tuple[dict[str, Spec], dict[str, Spec]]:
    """Return what is to be made by key, parts before what is made of them; and what *room* does not admit."""
    todo: dict[str, Spec] = {}
    held: dict[str, Spec] = {}
    parts = parts_of(plan)
    missing = (ad for ad in plan.ads if ad.key not in made)
    for ad in in_order(missing, made, capped=room is not None):
        lacks = lacking(ad, parts, made)
        new = {key: spec for key, spec in lacks.items() if key not in todo}
        cost = sum(gpu_costs(forecast, new).values()) if room is not None else 0.0
        if room is not None and cost and cost > room:
            held |= {**new, ad.key: ad}
            continue
        room = None if room is None else room - cost
        todo |= {**new, ad.key: ad}
    return todo, {key: spec for key, spec in held.items() if key not in todo}


def _counts(specs: Collection[Spec]) -> dict[str, int]:
    return {name: sum(isinstance(spec, kind) for spec in specs) for name, kind in _KINDS.items()}


def _storage(forecast: Forecast, specs: Collection[Spec]) -> Storage:
    sums: Counter[str] = Counter()
    for name, kind in _KINDS.items():
        sums[name] = round(sum(forecast.bytes(spec.kind, spec) for spec in specs if isinstance(spec, kind)))
    return Storage(**sums)


def _longest(todo: Mapping[str, Spec], seconds: Mapping[str, float]) -> float:
    """Return the seconds of the longest chain; *todo* has parts before what is made of them."""
    ends: dict[str, float] = {}
    for key, spec in todo.items():
        ends[key] = seconds[key] + max((ends.get(need, 0.0) for need in needs_of(spec)), default=0.0)
    return max(ends.values(), default=0.0)


def _on_the_clock(told: PlanForecast, workers: int, gpus: float) -> PlanForecast:
    """Return *told* with its wall time: the busiest kind of worker decides, or the longest chain."""
    if not told.ads:
        return told
    busiest = max(told.cpu_seconds / max(1, workers), told.gpu_seconds / max(1.0, gpus), told.longest)
    return told.model_copy(update={"seconds": START_SECONDS + busiest})
