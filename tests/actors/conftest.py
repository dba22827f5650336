"""What workers need in tests: one thread each, the published weights, and tiny ones."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from actors import weights as manifest
from actors.fonts import Faces
from actors.weights import MANIFEST, Weights, fetch
from storage.blobs import BlobStore


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Workers run with one thread each; tests that never load torch need not."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all published weights, kept between runs where REELMILL_TEST_WEIGHTS says so."""
    kept = os.environ.get("REELMILL_TEST_WEIGHTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("weights")
    if failures := fetch(MANIFEST, folder, say=print):
        reasons = "; ".join(str(failure) for failure in failures)
        (pytest.fail if "SHA-256" in reasons else pytest.skip)(f"weights cannot be fetched: {reasons}")
    return folder


@pytest.fixture(scope="session")
def emoji(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    """The fonts with the colour emoji, kept between runs where REELMILL_TEST_WEIGHTS says so."""
    kept = os.environ.get("REELMILL_TEST_WEIGHTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("weights")
    if failures := fetch(["emoji"], folder, say=print):
        (pytest.fail if "SHA-256" in str(failures[0]) else pytest.skip)(str(failures[0]))
    return Faces(((MANIFEST["emoji"].revision, str(folder / MANIFEST["emoji"].place)),))


@pytest.fixture
def tiny_span(blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The revision of a SPAN of 4 channels and random weights, which enlarges twice; it lies in the store."""
    import torch  # noqa: PLC0415 (most tests here need none)
    from safetensors.torch import save_file  # noqa: PLC0415

    from actors.span import Span  # noqa: PLC0415

    torch.manual_seed(3)
    model = Span(scale=2, channels=4)
    torch.nn.init.constant_(model.expand.bias, 0.5)
    path = tmp_path / "tiny.safetensors"
    save_file(model.state_dict(), path)
    item = Weights(
        name="tiny",
        package="tiny 1.0",
        wheel_sha256="",
        members=(),
        kind="ncnn",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        licence="MIT",
        licence_source="",
    )
    monkeypatch.setattr(manifest, "MANIFEST", {**MANIFEST, "tiny": item})
    blobs.put(f"weights/{item.place}", path)
    return item.revision
