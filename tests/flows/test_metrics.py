"""What Prometheus is told: every metric, in its text format, as the rows have it."""

import socket
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from flows import metrics
from flows.metrics import CAMPAIGNS_MAX, KEPT_SECONDS, LABELS, METRICS, OTHER, CatalogCollector
from flows.metrics_server import metrics_app, serve_metrics
from schemas.errors import SettingsError
from schemas.settings import read_settings
from schemas.work import Kind, Verdict
from storage.catalog import Catalog
from storage.figures import Ended, Figures
from storage.owner import Owner
from storage.rows import ExportItemRow, Foretold
from tests.catalogs import copy_catalog
from tests.servers import free_ports
from tests.storage import drawn

Samples = dict[tuple[str, tuple[str, ...]], float]
SPRING, AUTUMN = "kaffi/spring", "kaffi/autumn"


def _scrape(client: TestClient) -> Samples:
    """Return every sample, by its name and the values of its labels in the order of LABELS."""
    text = client.get("/metrics").text
    return {
        (one.name, tuple(one.labels[label] for label in LABELS.get(one.name, ()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def _make(catalog: Catalog) -> None:
    """Make one campaign with failures, decide and export; leave another one running."""
    plan = drawn.draw_plan("one", "two", campaign=SPRING)
    (still,), (shot,), ads = plan.stills, plan.shots, plan.ads
    run = catalog.start_run(plan, "{}")
    catalog.foretell(run, {"ads": Foretold(2, 2), "seconds": Foretold(10, 10)}, known=1.0)
    catalog.finish(catalog.claim("still", still.key, run, model="lanczos").attempt, drawn.still_file(still))
    attempt = catalog.claim("shot", shot.key, run, model="wan", gpus=2.0).attempt
    catalog.fail(attempt, "memory", "it does not fit", state="planned")
    catalog.finish(catalog.claim("shot", shot.key, run, model="wan", gpus=2.0).attempt, drawn.clip(shot))
    crashed = catalog.claim("ad", ads[0].key, run, model="compose").attempt
    catalog.fail(crashed, "crash", "the worker died", state="planned")
    for ad in ads:
        catalog.finish(catalog.claim("ad", ad.key, run, model="compose").attempt, drawn.asset(ad))
    catalog.end_run(run, "done")
    catalog.decide([ads[0].key], "approved", "ada")
    owner = Owner.here()
    export = catalog.begin_export("/to", "meta", "{}", owner).export
    catalog.finish_export(export, owner, [ExportItemRow(ads[0].key, "added", "n", "s", 1, "")])
    live = drawn.draw_plan("three", campaign=AUTUMN, voiced=True)
    catalog.claim("voice", live.narrations[0].key, catalog.start_run(live, "{}"), model="kokoro")


def test_every_metric_agrees_with_the_rows(catalog: Catalog, catalog_url: str) -> None:
    """After a run with failures, and while another one goes on, on SQLite and PostgreSQL."""
    _make(catalog)
    told = _scrape(TestClient(metrics_app(catalog_url)))

    def by(name: str) -> dict[tuple[str, ...], float]:
        return {labels: value for (one, labels), value in told.items() if one == name}

    assert {name for name, _ in told} == METRICS.keys()
    assert by("reelmill_up") == {(): 1}
    assert by("reelmill_ads") == {(SPRING, "done"): 2, (AUTUMN, "planned"): 1}
    assert by("reelmill_review_ads") == {
        (SPRING, "approved"): 1,
        (SPRING, "to_review"): 1,
        (AUTUMN, "making"): 1,
    }
    assert by("reelmill_ads_made_total") == {(SPRING,): 2, (AUTUMN,): 0}
    assert by("reelmill_ads_failed_total") == {
        (campaign, verdict): float((campaign, verdict) == (SPRING, "crash"))
        for campaign in (SPRING, AUTUMN)
        for verdict in get_args(Verdict)
        if verdict != "done"
    }
    assert by("reelmill_attempts_total") == {
        ("still", "lanczos", "done"): 1,
        ("shot", "wan", "memory"): 1,
        ("shot", "wan", "done"): 1,
        ("ad", "compose", "crash"): 1,
        ("ad", "compose", "done"): 2,
    }
    assert by("reelmill_runs") == {("done",): 1, ("running",): 1}
    nothing = {(AUTUMN, kind): 0 for kind in get_args(Kind)}
    assert by("reelmill_running") == nothing | {(AUTUMN, "voice"): 1}
    assert by("reelmill_queue") == nothing | {(AUTUMN, "ad"): 1}
    assert by("reelmill_run_seconds").keys() == {(AUTUMN,)}
    assert by("reelmill_forecast_error_ratio")["ads",] == 1.0
    assert by("reelmill_exported_ads_total") == {("meta",): 1}
    assert by("reelmill_blob_bytes")["ad",] == sum(row.bytes for row in catalog.files() if row.kind == "ad")
    gpu, worker = by("reelmill_gpu_seconds_total"), by("reelmill_worker_seconds_total")
    assert gpu["wan",] == pytest.approx(catalog.gpu_seconds(SPRING))
    assert gpu["wan",] == pytest.approx(2 * worker["shot", "wan"])


def test_the_endpoint_outlives_the_catalog(tmp_path: Path) -> None:
    """It says that it is away, finds it when it comes, and reads it once however many ask."""
    file, clock = tmp_path / "home" / "catalog.sqlite", [0.0]
    collector = CatalogCollector(f"sqlite:///{file}", lambda: clock[0])

    def up() -> float:
        return next(one for one in collector.collect() if one.name == "reelmill_up").samples[0].value

    assert up() == 0.0
    copy_catalog(file)
    assert up() == 0.0
    clock[0] += KEPT_SECONDS
    assert up() == 1.0
    file.write_bytes(b"no database any more" * 1000)
    clock[0] += KEPT_SECONDS
    assert up() == 0.0


def test_a_database_that_does_not_answer_is_told_in_time() -> None:
    """Prometheus gives up after ten seconds; whether the process lives is asked elsewhere."""
    (port,) = free_ports(1)
    client = TestClient(metrics_app(f"postgresql://u:secret-word@127.0.0.1:{port}/none"))

    assert client.get("/health").text == "ok\n"
    assert _scrape(client)["reelmill_up", ()] == 0.0
    assert client.get("/elsewhere").status_code == 404


def test_many_campaigns_are_told_in_few_series() -> None:
    """Prometheus keeps each series for ever; nothing is lost from the sums."""
    many = 3 * CAMPAIGNS_MAX
    names = tuple(f"b/{number}" for number in range(many))
    facts: dict[str, Any] = {name: {} for name in Figures._fields}
    facts |= {"campaigns": names, "ads": {(name, "done", "to_review"): 2 for name in names}}
    facts |= {"ended": tuple(Ended(name, "ad", "compose", "done", 1, 0.5, 0.0) for name in names)}
    told = Counter[str]()
    for name, labels, value in metrics._samples(Figures(**facts)):
        if name in {"reelmill_ads", "reelmill_ads_made_total"}:
            told[f"{name} {labels[0]}"] += int(value)

    assert len(told) == 2 * (CAMPAIGNS_MAX + 1)
    assert told[f"reelmill_ads {OTHER}"] == 2 * (many - CAMPAIGNS_MAX)
    assert sum(told.values()) == 3 * many


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """The environment is wrong, and the address is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port}.*--port"):
            serve_metrics(read_settings({"REELMILL_HOME": str(tmp_path)}), "127.0.0.1", port)
