"""What there is to work with: weights in folders, keys of services, GPUs."""

from pathlib import Path

import pytest

from actors.backends import VIDEO_MODELS
from actors.manifest import seal
from flows.equipment import AUTO, Equipment, find_equipment
from schemas.settings import read_settings
from tests.briefs import here
from tests.checkpoints import draw_checkpoint

KEY = "RUNWAYML_API_SECRET"
VACE = "wan-vace-1.3b"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)


def find(tmp_path: Path, **variables: str) -> Equipment:
    """Return what is found in an empty home with *variables*."""
    return find_equipment(read_settings({"REELMILL_HOME": str(tmp_path), **variables}))


def test_an_empty_home_has_the_built_in_renderer(tmp_path: Path) -> None:
    """It needs nothing, and says what is plainer."""
    found = find(tmp_path, REELMILL_DEVICE="auto")

    assert found.models == {}
    assert [entry.name for entry in found.choices(AUTO)] == ["motion"]
    assert found.revision("motion") == "motion/2"
    assert len(found.plainer) == 5


def test_weights_are_named_by_their_fingerprint(tmp_path: Path) -> None:
    """So other weights are another model."""
    folder = draw_checkpoint(tmp_path / "cache" / "models" / VACE)
    seal(folder)
    found = find(tmp_path, REELMILL_DEVICE="cpu")

    name, _, fingerprint = found.revision(VACE).partition("@")
    assert name == "wan-vace-1.3b/1"
    assert len(fingerprint) == 12
    assert [entry.name for entry in found.choices(AUTO)] == [VACE, "motion"]


def test_a_key_makes_its_services_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All models behind it; auto takes none of them."""
    monkeypatch.setenv(KEY, "secret")
    found = find(tmp_path)
    hosted = {name for name, entry in VIDEO_MODELS.items() if entry.service}

    assert set(found.models) == hosted
    assert all(found.revision(name) == VIDEO_MODELS[name].revision for name in hosted)
    assert not hosted & {entry.name for entry in found.choices(AUTO)}
    assert "secret" not in found.model_dump_json()


def test_a_cluster_may_have_gpus(tmp_path: Path) -> None:
    """Planning asks nobody; a cluster without them is told when it is there."""
    assert find(tmp_path, RAY_ADDRESS="ray://head:10001").gpus
    assert find(tmp_path, REELMILL_DEVICE="cpu").gpus


def test_models_that_need_gpus_go_first_where_there_are_some() -> None:
    """In the order of the table; without GPUs they are passed over."""
    names = (VACE, "wan-t2v-1.3b")

    assert [one.name for one in here(*names).choices(AUTO)] == ["wan-t2v-1.3b", VACE, "motion"]
    assert [one.name for one in here(*names, gpus=False).choices(AUTO)] == ["motion"]
    assert [one.name for one in here().choices(VACE)] == [VACE]


def test_generated_pictures_that_nobody_looks_at_are_told() -> None:
    """Only where there is a model that generates."""
    lacking = "no classifier looks at what models generate"

    assert any(lacking in sentence for sentence in here(VACE).plainer)
    assert not any(lacking in sentence for sentence in here(VACE, opennsfw="opennsfw@1").plainer)
    assert not any(lacking in sentence for sentence in Equipment().plainer)
