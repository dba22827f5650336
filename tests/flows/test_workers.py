"""What a campaign's workers are, and where they cannot be had."""

from pathlib import Path
from typing import Any, cast

import pytest

from actors.backends import VIDEO_MODELS
from actors.cluster import Capacity
from actors.pool import Crew
from flows.events import Event
from flows.workers import Workplace, _refuse_unshared
from schemas.errors import SettingsError
from schemas.plan import Drawing, Plan, Shot, Still
from schemas.settings import read_settings
from tests.compositions import PALETTE

CPU_CREW = Crew(name="cpu", worker="tests.workers:Echo", slots=2, cpus=1)


def shot(model: str, **changes: Any) -> Shot:
    """Return a shot for *model*."""
    facts: dict[str, Any] = {
        "show": "text", "still": "", "prompt": "", "camera": "hold", "palette": PALETTE, "width": 720,
        "height": 1280, "frames": 30, "seed": 1, "model": model,
    }  # fmt: skip
    return Shot(**facts | changes)


def crews(gpus: int, *shots: Shot) -> list[Crew]:
    """Return the crews for a plan of *shots* on a cluster with *gpus*."""
    plan = Plan(campaign="a/b", brief_sha256="", stills=(), shots=shots, ads=(), notes=())
    capacity = Capacity(cpus=2, gpus=gpus, nodes=1, machines=1, local=True)
    told: list[Event] = []
    return list(Workplace(cast("Any", None), capacity, CPU_CREW, told.append).crews(plan))


@pytest.fixture(name="_big")
def _big(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VIDEO_MODELS["motion"].model_copy(update={"gpus": 2.0, "any_size": False, "revision": "big/1"})
    monkeypatch.setitem(VIDEO_MODELS, "big", entry)


def test_a_plan_without_gpu_models_needs_no_crew_of_its_own() -> None:
    """The CPU workers do all."""
    assert crews(4, shot("motion/2")) == []


@pytest.mark.usefixtures("_big")
def test_a_gpu_model_has_a_crew_that_holds_no_cpu() -> None:
    """So no CPU worker ever keeps it from its GPU; a base and what is enlarged from it share the crew."""
    (crew,) = crews(5, shot("big/1"), shot("big/1", base="b", upscaler="spanx2@1/1"))

    assert (crew.name, crew.slots, crew.cpus, crew.gpus) == ("big", 2, 0, 2)


@pytest.mark.usefixtures("_big")
def test_too_few_gpus_are_named_with_the_cure() -> None:
    """A brief for a GPU model does not wait for ever on a laptop."""
    with pytest.raises(SettingsError, match=r"'big' needs 2 GPU, Ray has 1: set RAY_ADDRESS"):
        crews(1, shot("big/1"))


def test_a_service_has_as_many_workers_as_it_takes_tasks() -> None:
    """They hold neither CPU nor GPU, so that they are there on any cluster; enlarging is for the others."""
    hosted = "runway-gen4-turbo/1"
    (crew,) = crews(0, shot(hosted), shot(hosted, base="b", upscaler="spanx2@1/2"))

    entry = VIDEO_MODELS["runway-gen4-turbo"]
    assert entry.service is not None
    assert (crew.name, crew.slots, crew.cpus, crew.gpus) == (entry.name, entry.service.concurrency, 0, 0)


def test_a_painter_and_a_video_model_have_crews_of_their_own() -> None:
    """Once each, and time to end a step before they are killed: loading takes minutes."""
    drawing = Drawing(prompt="", negative="", width=64, height=64, seed=1, model="z-image/1@a")
    still = Still(source="", source_sha256="", scale=1, upscaler="none", matte="", recipe=1, drawing=drawing)
    plan = Plan(
        campaign="a/b", brief_sha256="", stills=(still,), shots=(shot("svd/1@b"), shot("svd/1@b", seed=2)),
        ads=(), notes=(),
    )  # fmt: skip
    capacity = Capacity(cpus=2, gpus=3, nodes=1, machines=1, local=True)

    found = list(Workplace(cast("Any", None), capacity, CPU_CREW, lambda _: None).crews(plan))

    assert [(crew.name, crew.slots, crew.gpus) for crew in found] == [("z-image", 3, 1), ("svd", 3, 1)]
    assert all(crew.stop_seconds > 0 for crew in found)


@pytest.mark.parametrize("blobs", ["", "s3://bucket/ads"])
def test_a_cluster_of_machines_needs_a_store_that_all_reach(tmp_path: Path, blobs: str) -> None:
    """A folder is of one machine; several nodes on one machine may use it."""
    settings = read_settings({"REELMILL_HOME": str(tmp_path), "REELMILL_BLOBS": blobs})
    _refuse_unshared(settings, Capacity(cpus=2, gpus=0, nodes=3, machines=1, local=False))
    far = Capacity(cpus=2, gpus=0, nodes=3, machines=2, local=False)

    if blobs:
        _refuse_unshared(settings, far)
    else:
        with pytest.raises(SettingsError, match="2 machines, which do not share this folder: use s3://"):
            _refuse_unshared(settings, far)
