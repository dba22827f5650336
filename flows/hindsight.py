"""Learns from what earlier forecasts were off by, and corrects the next. Pure.

Single items are foretold from the attempts that the catalog remembers; what is left is what runs have beside
them: failed attempts, workers that wait, sizes that a rule of three does not hit. A few runs correct it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Annotated

from pydantic import PlainSerializer

from flows.outlook import START_SECONDS, PlanForecast
from schemas.record import Record
from storage.rows import Foretold, Measure, PastForecast

RUNS = 5
"""Forecasts that are looked back at: the median of five bears two that went wrong."""
_KNOWN = 0.9
"""A forecast from the table of models says nothing about how good one from attempts is."""
_FACTOR_MAX = 3.0
"""Whatever was seen, no forecast is changed by more than this."""
_LEAST: Mapping[Measure, float] = {"seconds": 1.0, "cpu_seconds": 1.0, "gpu_seconds": 1.0, "bytes": 1000.0}
"""Less than this, foretold or come, tells nothing."""

Share = Annotated[float, PlainSerializer(lambda share: round(share, 3))]


class Hindsight(Record):
    """What the latest forecasts were off by, and what the next is multiplied by for it."""

    runs: int = 0
    """How many forecasts it is taken from."""
    off: dict[Measure, Share] = {}
    """Median of how much each was off, as a share of what came; measures that say nothing are left out."""
    factors: dict[Measure, Share] = {}
    """What plain forecasts are multiplied by; 1 where nothing is known."""


def look_back(past: Sequence[PastForecast]) -> Hindsight:
    """Return what *past*, the latest first, teaches; only the first RUNS count.

    The factor of a measure is the median of what came by what was plainly foretold, drawn towards 1 while
    runs are few, and never above 3 or below a third.
    """
    latest = list(past[:RUNS])
    off, factors = {}, {}
    for measure in _LEAST:
        told = [abs(came - said) / came for said, came in _pairs(latest, measure, plain=False)]
        if told:
            off[measure] = median(told)
        experienced = [one for one in latest if one.known >= _KNOWN]
        ratios = [math.log(came / said) for said, came in _pairs(experienced, measure, plain=True)]
        if ratios:
            drawn = median(ratios) * len(ratios) / (len(ratios) + 1)
            factors[measure] = min(_FACTOR_MAX, max(1 / _FACTOR_MAX, math.exp(drawn)))
    return Hindsight(runs=len(latest) if off else 0, off=off, factors=factors)


def correct(plain: PlanForecast, hindsight: Hindsight) -> PlanForecast:
    """Return *plain* with what is known of earlier forecasts; what a cap holds back is left as it is."""
    factors = {measure: hindsight.factors.get(measure, 1.0) for measure in _LEAST}
    started = max(0.0, plain.seconds - START_SECONDS)
    return plain.model_copy(
        update={
            "seconds": plain.seconds - started + started * factors["seconds"],
            "cpu_seconds": plain.cpu_seconds * factors["cpu_seconds"],
            "gpu_seconds": plain.gpu_seconds * factors["gpu_seconds"],
            "storage": plain.storage.times(factors["bytes"]),
        }
    )


def foretold(plain: PlanForecast, told: PlanForecast) -> dict[Measure, Foretold]:
    """Return what is noted of a forecast, in every measure; seconds count from when the run starts."""
    values = zip(_values(plain), _values(told), strict=True)
    return {measure: Foretold(one, other) for (measure, one), (_, other) in values}


def _values(one: PlanForecast) -> Iterator[tuple[Measure, float]]:
    yield "ads", float(one.ads)
    yield "seconds", max(0.0, one.seconds - START_SECONDS)
    yield "cpu_seconds", one.cpu_seconds
    yield "gpu_seconds", one.gpu_seconds
    yield "bytes", float(one.storage.total)


def _pairs(past: Iterable[PastForecast], measure: Measure, *, plain: bool) -> Iterator[tuple[float, float]]:
    """Yield what was said and what came, where both are large enough to be compared."""
    for one in past:
        said = (one.plain if plain else one.told).get(measure, 0.0)
        came = one.came.get(measure, 0.0)
        if all(_LEAST[measure] <= value < math.inf for value in (said, came)):
            yield said, came
