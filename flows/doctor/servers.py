"""Looks at what runs elsewhere, or is started by a run: Ray and Prefect."""

import os
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING

from flows.doctor.aside import facts_of
from flows.doctor.findings import Answer, Look, ok, warning
from schemas.errors import SettingsError
from schemas.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

DEPLOYMENTS = ("campaign/brief", "inbox/inbox", "care/care")
"""Those of deploy/prefect.yaml, by flow and name."""
_RAY_SECONDS = 75.0
_SHM_BYTES = 120_000_000
"""Ray's object store of a run on one machine, and a little."""


def _ray(settings: Settings) -> Answer:
    facts = facts_of("ray", seconds=_RAY_SECONDS)
    has = f"{facts['cpus']} CPUs, {facts['gpus']} GPUs"
    software = f"Ray {facts['ray']}, Python {facts['python']}"
    if settings.ray_address is not None:
        return ok(f"{settings.ray_address}: {facts['nodes']} nodes with {has}; {software}, as here")
    free = shutil.disk_usage("/dev/shm").free if os.path.isdir("/dev/shm") else 0  # noqa: PTH112, S108 (Ray's)
    if free < _SHM_BYTES:
        cure = "give the container more shared memory: docker run --shm-size=1g"
        return warning(f"started here with {has}; {software}; {free / 1e6:.0f} MB in /dev/shm", cure)
    return ok(f"started here with {has}; {software}")


def _prefect(settings: Settings) -> Answer:
    ours = version("prefect")
    if settings.prefect_api_url is None:
        from prefect.server.api.server import SubprocessASGIServer  # noqa: F401, PLC0415 (it may be broken)

        return ok(f"{ours}; a run starts a server of its own")
    from prefect import settings as prefects  # noqa: PLC0415 (slow to import)
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    impatient = {
        prefects.PREFECT_API_URL: settings.prefect_api_url,
        prefects.PREFECT_CLIENT_MAX_RETRIES: 0,
        prefects.PREFECT_API_REQUEST_TIMEOUT: 10.0,
    }
    with prefects.temporary_settings(impatient), get_client(sync_client=True) as client:
        if trouble := client.api_healthcheck():
            raise SettingsError(f"PREFECT_API_URL={settings.prefect_api_url!r}: {_reason(trouble)}")
        return _of_team(client, f"{settings.prefect_api_url}: {client.api_version()} (here {ours})")


def _of_team(client: "SyncPrefectClient", found: str) -> Answer:
    """Judge whether somebody would make what is asked for there."""
    from flows.serving.schedule import POOL  # noqa: PLC0415 (Prefect waits for its environment)

    pools = {pool.name: pool for pool in client.read_work_pools()}
    if POOL not in pools:
        return warning(f"{found}; no work pool {POOL!r}", f"prefect work-pool create {POOL} --type process")
    if lacking := [name for name in DEPLOYMENTS if not _has_deployment(client, name)]:
        cure = "prefect --no-prompt deploy --all --prefect-file deploy/prefect.yaml"
        return warning(f"{found}; no deployment {', '.join(lacking)}", cure)
    found = f"{found}; deployments {', '.join(DEPLOYMENTS)}"
    status = pools[POOL].status
    if status is not None and status.value != "READY":
        state = status.value.lower().replace("_", " ")
        return warning(
            f"{found}; work pool {POOL!r} is {state}", f"prefect worker start -p {POOL} -t process"
        )
    return ok(f"{found}; work pool {POOL!r} has a worker")


def _has_deployment(client: "SyncPrefectClient", name: str) -> bool:
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415 (slow to import)

    try:
        client.read_deployment_by_name(name)
    except ObjectNotFound:
        return False
    return True


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


LOOKS = (
    Look("Ray", _ray, "see RAY_ADDRESS, or unset it to use this machine alone", seconds=_RAY_SECONDS + 5),
    Look(
        "Prefect",
        _prefect,
        "check PREFECT_API_URL and PREFECT_API_AUTH_STRING, that the server runs, or unset it",
        seconds=45,
    ),
)
