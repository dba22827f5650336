"""What Prometheus is told: figures of the catalog, read when it asks.

Campaigns are told apart up to CAMPAIGNS_MAX; the rest are
summed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from threading import Lock
from typing import Final, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from flows.logs import say
from schemas.errors import ReelmillError
from schemas.work import Kind, Verdict
from storage.catalog import Catalog
from storage.figures import Ended, Figures

METRICS: Final[Mapping[str, str]] = {
    "reelmill_up": "1 while the catalog answers, else 0",
    "reelmill_scrape_seconds": "How long the figures took to read",
    "reelmill_ads": "Ads of each campaign's latest run, by state",
    "reelmill_ads_made_total": "Attempts at an ad that made one, over all runs",
    "reelmill_ads_failed_total": "Attempts at an ad that made none, over all runs, by how they ended",
    "reelmill_attempts_total": "Attempts that ended, over all runs",
    "reelmill_gpu_seconds_total": "Seconds that attempts held GPUs, times their GPUs",
    "reelmill_worker_seconds_total": "Seconds that attempts held a worker",
    "reelmill_queue": "What live runs want and have neither made nor begun",
    "reelmill_running": "What live runs are making now",
    "reelmill_runs": "Runs, by state",
    "reelmill_run_seconds": "How long each live run has gone on",
    "reelmill_forecast_error_ratio": "What came over what was told, of the latest run made whole and alone",
    "reelmill_blob_bytes": "Bytes that the blob store should hold",
    "reelmill_review_ads": "Ads of each campaign's latest run, by what they are to people",
    "reelmill_exported_ads_total": "Ads added to exports",
}
"""Name and help of every metric."""
LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "reelmill_ads": ("campaign", "state"),
    "reelmill_ads_made_total": ("campaign",),
    "reelmill_ads_failed_total": ("campaign", "verdict"),
    "reelmill_attempts_total": ("kind", "model", "outcome"),
    "reelmill_gpu_seconds_total": ("model",),
    "reelmill_worker_seconds_total": ("kind", "model"),
    "reelmill_queue": ("campaign", "kind"),
    "reelmill_running": ("campaign", "kind"),
    "reelmill_runs": ("state",),
    "reelmill_run_seconds": ("campaign",),
    "reelmill_forecast_error_ratio": ("measure",),
    "reelmill_blob_bytes": ("kind",),
    "reelmill_review_ads": ("campaign", "status"),
    "reelmill_exported_ads_total": ("platform",),
}
"""Labels of those that have any."""
_FAILURES = tuple(one for one in get_args(Verdict) if one != "done")
CAMPAIGNS_MAX = 200
"""Those whose latest runs are the latest; the rest are summed as OTHER."""
OTHER = "other"
KEPT_SECONDS = 5.0
"""Figures are read again after so long: several who ask cost no more than one."""

Sample = tuple[str, tuple[str, ...], float]
"""Name of a metric, values of its labels, value."""


class CatalogCollector(Collector):
    """Reads the catalog when it is asked, and says whether it answers."""

    def __init__(self, database_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = database_url, clock
        self._catalog: Catalog | None = None
        self._lock = Lock()
        self._kept: list[Metric] = []
        self._until = -KEPT_SECONDS
        self._trouble = ""

    def describe(self) -> Iterable[Metric]:
        """Return no metrics: to register must not need the catalog."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what the catalog tells, or only that it does not answer."""
        with self._lock:
            if self._clock() >= self._until:
                self._kept = self._read()
                self._until = self._clock() + KEPT_SECONDS
            yield from self._kept

    def _read(self) -> list[Metric]:
        began = time.perf_counter()
        figures = self._figures()
        samples = [] if figures is None else [*_samples(figures)]
        took = time.perf_counter() - began
        about = [("reelmill_up", (), float(figures is not None)), ("reelmill_scrape_seconds", (), took)]
        return list(_families([*about, *samples]))

    def _figures(self) -> Figures | None:
        try:
            if self._catalog is None:
                self._catalog = Catalog.peek(self._url)
            figures = self._catalog.figures() if self._catalog is not None else None
        except ReelmillError as error:
            self._tell(str(error))
            return None
        self._tell("" if figures is not None else "there is no catalog yet; the first run makes it")
        return figures

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            say(trouble or "the catalog answers")
        self._trouble = trouble


def _samples(figures: Figures) -> Iterator[Sample]:
    """Yield every figure; campaigns beyond the first CAMPAIGNS_MAX are all OTHER."""
    told = set(figures.campaigns[:CAMPAIGNS_MAX])

    def name_of(campaign: str) -> str:
        return campaign if campaign in told else OTHER

    for (campaign, state, status), many in figures.ads.items():
        yield "reelmill_ads", (name_of(campaign), state), many
        yield "reelmill_review_ads", (name_of(campaign), status), many
    yield from _nothing_yet({name_of(one) for one in figures.campaigns}, figures)
    for one in figures.ended:
        yield from _of_attempts(one, name_of(one.campaign))
    for (campaign, kind, state), many in figures.unmade.items():
        yield (
            ("reelmill_queue" if state == "planned" else "reelmill_running"),
            (name_of(campaign), kind),
            many,
        )
    for campaign, seconds in figures.run_seconds.items():
        if campaign in told:
            yield "reelmill_run_seconds", (campaign,), seconds
    yield from (("reelmill_runs", (state,), many) for state, many in figures.runs.items())
    yield from (("reelmill_forecast_error_ratio", (one,), ratio) for one, ratio in figures.forecast.items())
    yield from (("reelmill_blob_bytes", (kind,), size) for kind, size in figures.blob_bytes.items())
    yield from (("reelmill_exported_ads_total", (name,), many) for name, many in figures.exported.items())


def _nothing_yet(names: AbstractSet[str], figures: Figures) -> Iterator[Sample]:
    """Yield zeros: a rate over a series that begins late misses its first step, and an alert the campaign."""
    for name in names:
        yield "reelmill_ads_made_total", (name,), 0
        yield from (("reelmill_ads_failed_total", (name, verdict), 0) for verdict in _FAILURES)
    for name in figures.run_seconds.keys() & names:
        for kind in get_args(Kind):
            yield "reelmill_queue", (name, kind), 0
            yield "reelmill_running", (name, kind), 0


def _of_attempts(one: Ended, campaign: str) -> Iterator[Sample]:
    yield "reelmill_attempts_total", (one.kind, one.model, one.outcome), one.times
    yield "reelmill_worker_seconds_total", (one.kind, one.model), one.seconds
    if one.gpu_seconds:
        yield "reelmill_gpu_seconds_total", (one.model,), one.gpu_seconds
    if one.kind == "ad" and one.outcome == "done":
        yield "reelmill_ads_made_total", (campaign,), one.times
    elif one.kind == "ad":
        yield "reelmill_ads_failed_total", (campaign, one.outcome), one.times


def _families(samples: Iterable[Sample]) -> Iterator[Metric]:
    """Yield every metric of METRICS, those without samples too, with what has the same labels added up."""
    sums: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in METRICS}
    for name, labels, value in samples:
        sums[name][labels] += value  # type: ignore[assignment]  # a Counter adds up floats too
    for name, help_text in METRICS.items():
        family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        metric = family(name, help_text, labels=LABELS.get(name, ()))
        for labels, value in sorted(sums[name].items()):
            metric.add_metric(labels, value)
        yield metric
