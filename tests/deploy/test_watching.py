"""Alerts and dashboard ask for what is exported, in words that Prometheus understands."""

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from flows.metrics import LABELS, METRICS
from tests.deploy.deployed import DEPLOY, compose

BOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "reelmill.json").read_text())
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
JOBS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
_SELECTOR = re.compile(r"\b((?:reelmill|ray)_[a-z_]+|up)\b(?:\{([^}]*)\})?")


def _panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in BOARD["panels"] if panel["type"] != "row")


def _asked() -> dict[str, str]:
    of_panels = {f"panel {one['title']}": one["targets"] for one in _panels()}
    asked = {f"{name} {one['refId']}": one["expr"] for name, all_ in of_panels.items() for one in all_}
    return asked | {f"alert {rule['alert']}": rule["expr"] for rule in RULES}


def _ray_names() -> set[str]:
    """Return the metrics that the installed Ray has: those of its own dashboards and of its agents."""
    found = find_spec("ray")
    assert found is not None
    assert found.origin is not None
    dashboard = Path(found.origin).parent / "dashboard" / "modules"
    drawn = (dashboard / "metrics" / "dashboards" / "default_dashboard_panels.py").read_text()
    sent = (dashboard / "reporter" / "reporter_agent.py").read_text()
    names = re.findall(r"\bray_[a-z_]+", drawn)
    return {*names, *(f"ray_{name}" for name in re.findall(r'Gauge\(\s*"([a-z_]+)"', sent))}


@pytest.mark.parametrize("where", _asked())
def test_a_question_parses_and_asks_for_what_there_is(where: str) -> None:
    """A metric or label that was renamed leaves a panel empty and an alert dumb."""
    question = _asked()[where].replace("$campaign", ".*")
    promql_parser.parse(question)
    asked = _SELECTOR.findall(question)

    assert asked
    assert {name for name, _ in asked} <= METRICS.keys() | _ray_names() | {"up"}
    for name, labels in asked:
        named = set(re.findall(r"(\w+)\s*=", labels))
        assert name not in METRICS or named <= set(LABELS.get(name, ())), (name, labels)


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    """One that nobody sees need not be exported; panels do not lie over each other."""
    shown = {
        name for panel in _panels() for one in panel["targets"] for name, _ in _SELECTOR.findall(one["expr"])
    }
    places = [
        (x, y)
        for panel in BOARD["panels"]
        for grid in [panel["gridPos"]]
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]

    assert METRICS.keys() <= shown
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24


def test_every_alert_says_what_is_wrong_and_the_cure() -> None:
    """Whoever is woken by it was not there when it was written."""
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "cure"}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_prometheus_asks_services_that_there_are() -> None:
    """By the names and ports that they have in the compose file."""
    services = compose()["services"]
    [reelmill, ray] = JOBS
    [target] = reelmill["static_configs"][0]["targets"]
    name, _, port = target.partition(":")
    found = ray["dns_sd_configs"][0]

    assert port in services[name]["command"]
    for one in found["names"]:
        assert f"--metrics-export-port={found['port']}" in services[one]["command"]
