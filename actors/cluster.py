"""Starts Ray on this machine, or joins a cluster; quietly, and in a way that a test can end."""

import logging
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ray
from ray._private import worker as ray_driver
from ray.exceptions import RayError

from actors.crew import Room
from actors.joining import join, own_authentication
from schemas.errors import SettingsError
from schemas.record import Record
from schemas.settings import Settings, set_defaults

_STORE_BYTES = 100 * 1024 * 1024
"""Object store of a local Ray: only small values travel, frames never do."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # answers of killed workers, which nobody reads
}


class Capacity(Record):
    """What the cluster has."""

    cpus: int
    gpus: int
    """With those that it can grow to."""
    nodes: int
    machines: int
    """On which the nodes are; tests have several on one."""
    local: bool
    """Whether it is this machine alone, started for this run."""


@contextmanager
def started(settings: Settings) -> Iterator[Capacity]:
    """Have Ray for the length of the block. Raises SettingsError where it cannot be had."""
    set_defaults(_QUIET)
    # Ray prints a paragraph to standard output for each worker that dies, whatever it is told about logs.
    ray_driver._worker_logs_enabled = False  # noqa: SLF001
    with own_authentication() as mode:
        if settings.ray_address is None:
            with _on_this_machine(settings):
                yield _capacity(local=True)
            return
        with _own_sigterm():
            join(settings.ray_address, mode)
        try:
            yield _capacity(local=False, gpus_to_come=settings.gpus)
        finally:
            ray.shutdown()


def nodes() -> Mapping[str, Room]:
    """Return what each living node has, by Ray's id of it."""
    return {
        node["NodeID"]: Room(node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0))
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    }


def _capacity(*, local: bool, gpus_to_come: int = 0) -> Capacity:
    rooms = nodes().values()
    cpus, gpus = sum(room.cpus for room in rooms), sum(room.gpus for room in rooms)
    living = [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    machines = {node["NodeManagerHostname"] for node in living}
    return Capacity(
        cpus=max(1, int(cpus)),
        gpus=max(int(gpus), gpus_to_come),
        nodes=len(rooms),
        machines=len(machines),
        local=local,
    )


@contextmanager
def _on_this_machine(settings: Settings) -> Iterator[None]:
    """Have a Ray of our own, and leave no folder of it behind.

    Where GPU models are to run without GPUs, each worker counts as one.
    """
    try:
        with _own_sigterm():
            context: Any = ray.init(
                "local",
                num_cpus=settings.workers,
                num_gpus=settings.workers if settings.device == "cpu" else None,
                object_store_memory=_STORE_BYTES,
                include_dashboard=False,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
    except (RuntimeError, OSError, ValueError, RayError) as error:
        raise SettingsError(f"cannot start Ray on this machine: {error}; see `reelmill doctor`") from error
    try:
        yield
    finally:
        ray.shutdown(wait_for_processes=True)
        shutil.rmtree(context.address_info["session_dir"], ignore_errors=True)


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the handler of SIGTERM, which Ray replaces when it starts in the main thread."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)
