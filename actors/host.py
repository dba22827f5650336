"""Holds one plain worker in a process of its own: this is what Ray runs, and all that it sees of a worker."""

import os
import socket
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import ray

from actors.lines import Line, heard
from actors.verdicts import Failure, judge


class Place(NamedTuple):
    """Where a worker lives."""

    node: str
    """Ray's id of the node."""
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}"

    def is_seen(self) -> bool:
        """Return whether it is on this machine, and still there."""
        return self.host == socket.gethostname() and Path("/proc", str(self.pid)).exists()


class Said(NamedTuple):
    """The answer to a call."""

    value: object
    """What the plain worker returned, or a Failure."""
    lines: tuple[Line, ...]
    """What was logged meanwhile."""


class Host:
    """One plain worker, made when it is told to; what the worker raises comes back as a value.

    An exception would have to be unpickled by the driver, drags its frames along and is told by Ray in thirty
    lines, so it is judged here.
    """

    def __init__(self, worker: str, arguments: tuple[Any, ...]) -> None:
        """Remember the class (``module:Class``) and its arguments: here no deadline counts yet."""
        self._worker, self._arguments = worker, arguments
        self._plain: Any = None

    def where(self) -> Place:
        """Say where this is; the answer shows that the worker is placed, and alive."""
        node: str = ray.get_runtime_context().get_node_id()
        return Place(node, socket.gethostname(), os.getpid())

    @ray.method(concurrency_group="aside")
    def stop(self) -> None:
        """Ask the plain worker to end its call early, if it is one that can."""
        if (stop := getattr(self._plain, "stop", None)) is not None:
            stop()

    @ray.method(concurrency_group="aside")
    def progress(self) -> float:
        """Return how much of its call the plain worker has done, 0 to 1; 0 if it is one that does not say."""
        progress = getattr(self._plain, "progress", None)
        return float(progress()) if progress is not None else 0.0

    def load(self) -> Failure | None:
        """Make the plain worker."""
        module, name = self._worker.split(":")
        try:
            self._plain = getattr(import_module(module), name)(*self._arguments)
        except Exception as error:  # noqa: BLE001 (a worker that cannot start is told about, whatever it was)
            return judge(error)
        return None

    def call(self, verb: str, arguments: tuple[Any, ...]) -> Said:
        """Return what the plain worker's *verb* returns, or a Failure, with what it said meanwhile."""
        with heard(aloud=True) as lines:
            try:
                value = getattr(self._plain, verb)(*arguments)
            except Exception as error:  # noqa: BLE001 (the boundary of one work item)
                value = judge(error)
        return Said(value, tuple(lines))
