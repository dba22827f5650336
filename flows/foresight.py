"""What a run of a brief will take, as far as the catalog knows: the forecast that people are told."""

import math
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from babel.numbers import get_currency_precision

from flows.batch import Batch
from flows.equipment import local_gpus
from flows.forecast import Forecast
from flows.hindsight import RUNS, Hindsight, correct, foretold, look_back
from flows.outlook import PlanForecast, forecast_plan
from flows.preflight import Preflight
from schemas.money import Money, parse_money
from schemas.plan import Plan
from schemas.settings import Settings
from schemas.work import Kind
from storage.catalog import Catalog
from storage.rows import Pace, PastForecast, Size


class Known(NamedTuple):
    """What the catalog tells; nothing where there is none."""

    made: Collection[str] = frozenset()
    """Keys of parts and ads that are there already."""
    paces: Mapping[tuple[Kind, str], Pace] = {}
    sizes: Mapping[tuple[Kind, str], Size] = {}
    spent: Mapping[str, float] = {}
    """GPU-seconds of earlier runs, by campaign."""
    past: Sequence[PastForecast] = ()
    """Earlier forecasts with what came, the latest first."""

    @property
    def hindsight(self) -> Hindsight:
        """What earlier forecasts were off by."""
        return look_back(self.past)


def look_up(plans: Sequence[Plan], settings: Settings) -> Known:
    """Return what the catalog knows of *plans*; touches nothing."""
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        return Known()
    with catalog:
        return Known(
            made={
                *catalog.stills_made(still.key for plan in plans for still in plan.stills),
                *catalog.clips_made(shot.key for plan in plans for shot in plan.shots),
                *catalog.voices_made(narration.key for plan in plans for narration in plan.narrations),
                *catalog.assets_made(ad.key for plan in plans for ad in plan.ads),
            },
            paces=catalog.paces(),
            sizes=catalog.sizes(),
            spent={plan.campaign: catalog.gpu_seconds(plan.campaign) for plan in plans},
            past=catalog.past_forecasts(RUNS),
        )


def foresee(all_ready: Sequence[Preflight], known: Known, settings: Settings) -> list[PlanForecast]:
    """Forecast one campaign after another; what two share is counted with the first."""
    made, told, hindsight = set(known.made), list[PlanForecast](), known.hindsight
    for ready in all_ready:
        plain = _plain(ready, known._replace(made=made), settings)
        made |= plain.keys
        told.append(correct(plain, hindsight))
    return told


def note_forecast(ready: Preflight, batch: Batch, catalog: Catalog, settings: Settings) -> None:
    """Note what the run of *batch* is foretold, so that it can be held against what comes."""
    there = batch.there
    known = Known(
        made={*there.parts, *there.assets},
        paces=catalog.paces(),
        sizes=catalog.sizes(),
        spent={ready.plan.campaign: there.spent},
        past=catalog.past_forecasts(RUNS),
    )
    plain = _plain(ready, known, settings)
    told = correct(plain, known.hindsight)
    catalog.foretell(batch.run, foretold(plain, told), plain.known)


def gpus_here() -> int:
    """Return how many GPUs this machine has; a forecast for models that need one assumes at least one."""
    return max(1, local_gpus())


def price_of(gpu_seconds: float, settings: Settings) -> Money | None:
    """Return what *gpu_seconds* cost at the price of the settings, rounded half up; None without one."""
    if not settings.gpu_hour_price or not math.isfinite(gpu_seconds):
        return None
    price = parse_money(settings.gpu_hour_price)
    assert isinstance(price, Money)  # noqa: S101 (the settings were checked when they were read)
    amount = price.amount * Decimal(str(gpu_seconds)) / 3600
    unit = Decimal(1).scaleb(-get_currency_precision(price.currency))
    return Money(amount=amount.quantize(unit, ROUND_HALF_UP), currency=price.currency)


def _plain(ready: Preflight, known: Known, settings: Settings) -> PlanForecast:
    budget = ready.ingested.brief.budget
    return forecast_plan(
        ready.plan,
        Forecast(known.paces, known.sizes),
        made=known.made,
        workers=settings.workers,
        gpus=gpus_here(),
        cap=budget.gpu_seconds if budget else None,
        spent=known.spent.get(ready.plan.campaign, 0.0),
    )
