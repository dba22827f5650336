"""Counts what work costs, and tells what did not fit."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import GpuMemoryError

_WORDS = ("out of memory", "ALLOC_FAILED")
"""In errors of the driver and of cuDNN, which are plain RuntimeErrors."""


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its ended children, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@contextmanager
def gpu_memory(tried: str) -> Iterator[None]:
    """Turn an out-of-memory error of the GPU inside the block into GpuMemoryError, which names *tried*."""
    try:
        yield
    except RuntimeError as error:
        # By name: whoever imports this module need not load torch.
        if type(error).__name__ != "OutOfMemoryError" and not any(word in str(error) for word in _WORDS):
            raise
        reason = str(error).partition("\n")[0]
        raise GpuMemoryError(f"{tried}: does not fit into the GPU's memory: {reason}") from error
