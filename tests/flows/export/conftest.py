"""Shops for tests of exports."""

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from schemas.settings import read_settings
from storage.catalog import Catalog
from tests.films import draw_film
from tests.flows.export.shop import Shop


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty catalog and a film: making either takes longer than a test."""
    folder = tmp_path_factory.mktemp("stock")
    with Catalog(f"sqlite:///{folder / 'catalog.sqlite'}"):
        pass
    draw_film(folder / "film.mp4", [Fraction(n, 10) for n in range(5)], lasts=Fraction(1, 10), size=(64, 96))
    return folder


@pytest.fixture
def shop(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with nothing in it; the marks of its ads hold."""
    monkeypatch.setattr("flows.export.packing.mark_problems", lambda *_: ())
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(stock / "catalog.sqlite", home)
    return Shop(read_settings({"REELMILL_HOME": str(home)}), tmp_path, stock / "film.mp4", monkeypatch)
