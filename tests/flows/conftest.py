"""A finished campaign for tests, in a folder with SQLite, or on real servers where a test asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.settings import read_settings
from tests.flows.house import House


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A finished campaign: ``folder``, ``s3`` with SQLite, or ``servers``: S3 and PostgreSQL."""
    where = getattr(request, "param", "folder")
    environ = {"REELMILL_HOME": str(tmp_path / "home")}
    if where in {"s3", "servers"}:
        environ["REELMILL_BLOBS"] = request.getfixturevalue("s3_place")
    if where == "servers":
        environ["REELMILL_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    house = House(read_settings(environ))
    with house.catalog:
        yield house
