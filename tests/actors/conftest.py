"""What workers need in tests: one thread each, the published weights, and tiny ones."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import packages
from actors import weights as manifest
from actors.fonts import Faces
from actors.weights import MANIFEST, Weights
from storage.blobs import BlobStore
from tests.published import Published


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Workers run with one thread each; tests that never load torch need not."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """The published weights; they are kept between runs in the folder REELMILL_TEST_WEIGHTS.

    An index that needs more than 90 s for a package counts as one that does not answer.
    """
    run = tmp_path_factory.getbasetemp()
    shared = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packages, "_SECONDS_MAX", 90)
        yield Published(Path(os.environ.get("REELMILL_TEST_WEIGHTS") or shared / "weights"))


@pytest.fixture(scope="session")
def emoji(published: Published) -> Faces:
    """The fonts with the colour emoji."""
    return Faces(((MANIFEST["emoji"].revision, str(published("emoji"))),))


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
