"""The team's deployments name flows, parameters and a pool that there are."""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

from flows.doctor.servers import DEPLOYMENTS
from flows.serving.schedule import POOL, TAG

SPEC = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "prefect.yaml").read_text())


@pytest.mark.parametrize("deployment", SPEC["deployments"], ids=lambda one: str(one["name"]))
def test_a_deployment_names_what_is_there(deployment: dict[str, Any]) -> None:
    """An entry point that was renamed would fail on a worker, at night; a tag of ours would retire it."""
    module, name = deployment["entrypoint"].rsplit(".", 1)
    flow = getattr(import_module(module), name)
    for schedule in deployment.get("schedules", ()):
        CronSchedule(**schedule)

    assert isinstance(flow, Flow)
    assert set(deployment.get("parameters", {})) <= set(inspect.signature(flow.fn).parameters)
    assert f"{flow.name}/{deployment['name']}" in DEPLOYMENTS
    assert deployment["work_pool"]["name"] == POOL
    assert TAG not in deployment["tags"]
