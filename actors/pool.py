"""Puts plain workers on Ray: slots with at most one call in flight. Knows nothing of shots and ads.

One call a slot, and Ray's own retries off, so that a crash is blamed on exactly one item and nothing runs
twice behind the dispatcher's back.
"""

from collections.abc import Hashable
from importlib import import_module
from types import TracebackType
from typing import Any, NamedTuple, Self

import ray
from ray.exceptions import RayError, RayTaskError

from schemas.errors import ReelmillError


class Outcome(NamedTuple):
    """How a call ended: with a value, or with the reason why there is none."""

    tag: Hashable
    value: Any
    error: str
    """Empty where there is a value."""


class Pool:
    """A fixed number of workers of one class; a context manager that ends them."""

    def __init__(self, worker: str, *arguments: object, slots: int, cpus: float, gpus: float = 0) -> None:
        """Start *slots* actors of *worker* (``module:Class``), each holding *cpus* and *gpus*."""
        module, name = worker.split(":")
        plain = getattr(import_module(module), name)
        self._remote = ray.remote(num_cpus=cpus, num_gpus=gpus, max_restarts=0, max_task_retries=0)(plain)
        self._arguments = arguments
        self._idle = [self._start() for _ in range(slots)]
        self._calls: dict[Any, tuple[Hashable, Any]] = {}
        self.slots = slots

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in [*self._idle, *(actor for _, actor in self._calls.values())]:
            ray.kill(actor)

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return len(self._idle)

    @property
    def busy(self) -> int:
        """How many calls are in flight."""
        return len(self._calls)

    def submit(self, tag: Hashable, verb: str, *arguments: object) -> None:
        """Give the call to an idle worker; *tag* comes back with its outcome."""
        actor = self._idle.pop()
        self._calls[getattr(actor, verb).remote(*arguments)] = (tag, actor)

    def wait(self, seconds: float) -> list[Outcome]:
        """Return the outcomes that are there within *seconds*, as soon as there is one."""
        ended, _ = ray.wait(list(self._calls), num_returns=1, timeout=seconds)
        return [self._collect(call) for call in ended]

    def _collect(self, call: Any) -> Outcome:  # noqa: ANN401 (a Ray reference)
        tag, actor = self._calls.pop(call)
        try:
            value = ray.get(call)
        except RayTaskError as error:
            self._idle.append(actor)
            return Outcome(tag, None, _reason(error))
        except RayError as error:
            ray.kill(actor)
            self._idle.append(self._start())
            return Outcome(tag, None, f"the worker died: {type(error).__name__}")
        self._idle.append(actor)
        return Outcome(tag, value, "")

    def _start(self) -> Any:  # noqa: ANN401 (a Ray actor handle)
        return self._remote.remote(*self._arguments)


def _reason(error: RayTaskError) -> str:
    cause = error.cause
    if isinstance(cause, ReelmillError):
        return str(cause)
    return f"{type(cause).__name__}: {cause}"
