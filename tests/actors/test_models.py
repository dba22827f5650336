"""Tests of the models of a worker: each is found, proved whole, loaded once, and put where it belongs."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import actors.models
from actors.backends import VIDEO_MODELS, Entry, Site
from actors.checkpoints import ready
from actors.models import BlobNotes, Means, Models
from schemas.errors import BlobDamagedError, GenerationError, SettingsError
from storage.blobs import BlobStore, open_blobs

VACE, STILL = "wan-vace-1.3b", "z-image"


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """An empty folder of blobs."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def means(tiny: Callable[[str], Path], tmp_path: Path) -> Means:
    """A folder with two tiny checkpoints, and leave to run them on the CPU."""
    shutil.copytree(tiny("wan_vace"), tmp_path / "models" / VACE)
    shutil.copytree(tiny("z_image"), tmp_path / "models" / STILL)
    return Means(models=str(tmp_path / "models"), cache=tmp_path / "cache", device="cpu")


def called(means: Means, name: str) -> str:
    """Return what plans call the model *name*."""
    return ready(means.models)[name]


def test_a_model_is_loaded_once(means: Means, store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes minutes."""
    loads: list[str] = []
    for kind in ("load_video_model", "load_image_model"):
        true = getattr(actors.models, kind)

        def watched(entry: Entry, site: Site, true: Callable[..., Any] = true) -> Any:
            loads.append(entry.name)
            return true(entry, site)

        monkeypatch.setattr(actors.models, kind, watched)
    models = Models(means, store)
    videos = [models.video(called(means, VACE)) for _ in range(2)]
    images = [models.image(called(means, STILL)) for _ in range(2)]

    assert videos[0] is videos[1]
    assert images[0] is images[1]
    assert loads == [VACE, STILL]


def test_a_model_without_weights_needs_no_folder(store: BlobStore) -> None:
    """The built-in one runs anywhere."""
    model = Models(Means(), store).video("motion/2")

    assert model is not None


def test_a_checkpoint_that_is_another_is_refused(means: Means, store: BlobStore) -> None:
    """A plan promises the pixels of one."""
    wrong = called(means, VACE).partition("@")[0] + "@000000000000"

    with pytest.raises(SettingsError, match="000000000000"):
        Models(means, store).video(wrong)


def test_a_checkpoint_that_is_not_whole_is_refused(means: Means, store: BlobStore) -> None:
    """Before anything of it is loaded."""
    name = called(means, VACE)
    weights = Path(means.models, VACE, "transformer", "diffusion_pytorch_model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")

    with pytest.raises(BlobDamagedError):
        Models(means, store).video(name)


def test_a_checkpoint_that_is_not_here_is_told(store: BlobStore, tmp_path: Path) -> None:
    """With the name of the model."""
    revision = VIDEO_MODELS[VACE].revision

    with pytest.raises(SettingsError, match=VACE):
        Models(Means(models=str(tmp_path)), store).video(f"{revision}@0123456789ab")


def test_a_model_for_a_gpu_is_refused_where_there_is_none(
    means: Means, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cure is told; nobody waits hours for a clip by mistake."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    models = Models(means.model_copy(update={"device": "auto"}), store)

    with pytest.raises(GenerationError, match=r"'wan-vace-1\.3b' needs a GPU, .* set REELMILL_DEVICE=cpu"):
        models.video(called(means, VACE))


def test_a_model_goes_where_it_belongs(
    means: Means, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the GPU where it wants one and may; the built-in one stays on the CPU."""
    sites: dict[str, str] = {}

    def note(entry: Any, site: Any) -> object:
        sites[entry.name] = site.device
        return object()

    monkeypatch.setattr(actors.models, "load_video_model", note)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    models = Models(means.model_copy(update={"device": "auto"}), store)
    models.video(called(means, VACE))
    models.video("motion/2")

    assert sites == {VACE: "cuda", "motion": "cpu"}


def test_a_model_of_clips_draws_no_stills(means: Means, store: BlobStore) -> None:
    """It is refused by what it does."""
    with pytest.raises(GenerationError, match=r"'wan-vace-1\.3b' draws no stills; it does: text"):
        Models(means, store).image(called(means, VACE))


def test_what_workers_have_travels(means: Means) -> None:
    """It goes to every one of them through Ray."""
    assert pickle.loads(pickle.dumps(means)) == means  # noqa: S301 (our own bytes)


def test_notes_outlive_a_worker(blobs: BlobStore) -> None:
    """Another one finds them; a later note takes the place of one before."""
    BlobNotes(blobs).keep("runway/abc", "task 1")
    first = BlobNotes(blobs).recall("runway/abc")
    BlobNotes(blobs).keep("runway/abc", "task 2")

    assert first == "task 1"
    assert BlobNotes(blobs).recall("runway/abc") == "task 2"
    assert BlobNotes(blobs).recall("runway/none") is None
