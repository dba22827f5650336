"""The compose file: whole as Docker Compose reads it, closed to the outside, and in an order that works."""

from pathlib import Path

from tests.deploy.deployed import DEPLOY, compose, run

OPEN = {"review": ["8080"], "prefect": ["4200"], "grafana": ["3000"]}
_ENDS = ("bucket", "deployments")


def test_only_three_pages_are_published_and_only_to_this_machine() -> None:
    """Docker writes rules past a firewall: what is published on 0.0.0.0 is on the network."""
    ports = {name: service.get("ports", []) for name, service in compose()["services"].items()}

    assert {name: [port["published"] for port in found] for name, found in ports.items() if found} == OPEN
    assert all(port["host_ip"] == "127.0.0.1" for found in ports.values() for port in found)


def test_who_waits_for_a_server_waits_until_it_is_healthy() -> None:
    """One that only has been started refuses the first requests; one that ends has to have ended well."""
    services = compose()["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in _ENDS else "service_healthy"

            assert wait["condition"] == wanted, (name, other)
            assert other in _ENDS or "healthcheck" in services[other]


def test_a_worker_may_end_what_it_makes_before_it_is_killed() -> None:
    """Docker kills after ten seconds where nobody says more."""
    worker = compose()["services"]["prefect-worker"]

    assert worker["stop_grace_period"] == "1m30s"
    assert int(worker["environment"]["REELMILL_DRAIN_SECONDS"]) <= 60


def test_every_server_that_a_service_names_is_in_its_network() -> None:
    """An address of another network does not resolve."""
    services = compose()["services"]
    for name, service in services.items():
        told = " ".join([*(service.get("command") or ()), *map(str, service.get("environment", {}).values())])
        for other in ("s3", "prefect", "ray-head"):
            if f"{other}:" in told.replace("s3://", ""):
                assert service["networks"].keys() & services[other]["networks"].keys(), (name, other)


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    """Each that is mounted; a second call changes none, and others cannot look into the folder."""
    script = tmp_path / "secrets.sh"
    script.write_text((DEPLOY / "secrets.sh").read_text())
    run("bash", script)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    run("bash", script)
    second = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    assert set(first) == {Path(secret["file"]).name for secret in compose()["secrets"].values()}
    assert first == second
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert f":{first['postgres_password']}@postgres:5432/" in first["database_url"]
    assert first["s3_secret_key"] in first["s3_identities.json"]


def test_an_address_follows_its_key_unless_it_is_your_own(tmp_path: Path) -> None:
    """A key that is made anew alone would leave everybody with the old one."""
    script, folder = tmp_path / "secrets.sh", tmp_path / "secrets"
    script.write_text((DEPLOY / "secrets.sh").read_text())
    run("bash", script)
    for name in ("postgres_password", "prefect_db_password", "s3_secret_key", "prefect_database_url"):
        (folder / name).unlink()
    (folder / "prefect_database_url").write_text("postgresql+asyncpg://me:mine@db.example/prefect\n")
    run("bash", script)
    after = {path.name: path.read_text() for path in folder.iterdir()}

    assert f":{after['postgres_password']}@postgres:5432/" in after["database_url"]
    assert after["s3_secret_key"] in after["s3_identities.json"]
    assert "me:mine@db.example" in after["prefect_database_url"]
