"""Starts Ray on this machine, or joins a cluster; quietly, and in a way that a test can end."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import ray

from schemas.errors import SettingsError
from schemas.record import Record
from schemas.settings import Settings, set_defaults

_STORE_BYTES = 100 * 1024 * 1024
"""Object store of a local Ray: only small values travel, frames never do."""
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


class Capacity(Record):
    """What the cluster has."""

    cpus: int
    gpus: int
    local: bool
    """Whether it is this machine alone, started for this run."""


@contextmanager
def started(settings: Settings) -> Iterator[Capacity]:
    """Have Ray for the length of the block. Raises SettingsError where it cannot be had."""
    local = settings.ray_address is None
    set_defaults(_QUIET)
    quietly = partial(ray.init, logging_level=logging.ERROR, log_to_driver=False)
    try:
        if local:
            quietly(
                "local",
                num_cpus=settings.workers,
                object_store_memory=_STORE_BYTES,
                include_dashboard=False,
            )
        else:
            quietly(settings.ray_address)
    except (RuntimeError, OSError, ValueError, ray.exceptions.RayError) as error:
        where = settings.ray_address or "on this machine"
        raise SettingsError(f"cannot start Ray {where}: {error}; see `reelmill doctor`") from error
    try:
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        yield Capacity(
            cpus=max(1, int(resources.get("CPU", 1))), gpus=int(resources.get("GPU", 0)), local=local
        )
    finally:
        ray.shutdown()
