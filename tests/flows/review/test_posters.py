"""The posters of the gallery in the cache: how many stay."""

import os
from pathlib import Path

import pytest

from flows.review import posters
from flows.review.posters import Posters
from schemas.errors import BlobMissingError
from tests.flows.house import House


def test_the_oldest_posters_go_where_there_are_too_many(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at now and then, when one is to be drawn; with what a killed process left half drawn."""
    monkeypatch.setattr(posters, "KEPT_MAX", 2)
    folder = tmp_path / "posters"
    folder.mkdir()
    for age, name in enumerate("dcba"):
        (folder / f"{name}.jpg").touch()
        os.utime(folder / f"{name}.jpg", (1_000_000 - age, 1_000_000 - age))
    left = folder / "drawing-half"
    left.mkdir()
    os.utime(left, (1_000_000, 1_000_000))
    with pytest.raises(BlobMissingError):
        Posters(house.catalog, house.blobs, folder).draw("0" * 64)

    assert sorted(path.name for path in folder.iterdir()) == ["c.jpg", "d.jpg"]
