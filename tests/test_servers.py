"""The servers that tests use can die and come back with their data."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from boto3.session import Session
from botocore.config import Config

from tests.servers import find_postgres, find_weed, serve_postgres, serve_s3


def test_a_killed_postgresql_comes_back_with_its_rows() -> None:
    """At the same port; what was committed is there."""
    programs: Path = find_postgres() or pytest.skip("PostgreSQL is not installed")
    with serve_postgres(programs) as server:
        server.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")
        server.start()
        with psycopg.connect(server.url("postgres")) as connection:
            found = connection.execute("SELECT number FROM kept").fetchall()

    assert found == [(7,)]


def test_a_killed_s3_server_comes_back_with_its_objects() -> None:
    """At the same port; what was stored is there."""
    weed: str = find_weed() or pytest.skip("SeaweedFS is not installed")
    with serve_s3(weed) as server:
        server.create_bucket("kept")
        session = Session(server.access_key, server.secret_key, region_name="us-east-1")
        # Its parts find each other one by one: it answers before it can read, and says "internal error".
        patient = Config(retries={"mode": "standard", "total_max_attempts": 10})
        client: Any = session.client("s3", endpoint_url=server.endpoint, config=patient)
        client.put_object(Bucket="kept", Key="a", Body=b"bytes")
        server.kill()
        server.start()
        found = client.get_object(Bucket="kept", Key="a")["Body"].read()
        client.close()

    assert found == b"bytes"
