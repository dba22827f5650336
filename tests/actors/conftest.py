"""What workers need in tests: one thread each, and the published weights."""

import os
import sys
from pathlib import Path

import pytest

from actors.weights import MANIFEST, fetch


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
