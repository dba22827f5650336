"""Runs a function as a Prefect task without showing Prefect its arguments."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

P = ParamSpec("P")
T = TypeVar("T")


def step(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make the decorated function a task called *name*.

    Prefect walks through all arguments of a task and hashes them; a plan of ten thousand ads would cost it
    seconds, and a catalog is no value at all. So the task is made at the call, around the arguments.
    """

    def decorate(do: Callable[P, T]) -> Callable[P, T]:
        @wraps(do)
        def as_task(*args: P.args, **kwargs: P.kwargs) -> T:
            @task(name=name, cache_policy=NO_CACHE)
            def body() -> T:
                return do(*args, **kwargs)

            return body()

        return as_task

    return decorate
