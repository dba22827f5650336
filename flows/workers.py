"""The workers of this process: started by whoever needs them first, shared by all campaigns inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from actors.cluster import started
from actors.pool import Pool
from schemas.settings import Settings
from storage.blobs import open_blobs

_WORKER = "actors.workshop:Workshop"
_pool: ContextVar[Pool | None] = ContextVar("pool", default=None)


@contextmanager
def workers(settings: Settings) -> Iterator[Pool]:
    """Have a pool of CPU workers for the length of the block; inside another such block, that one's.

    Raises SettingsError where Ray cannot be had.
    """
    if (open_already := _pool.get()) is not None:
        yield open_already
        return
    with started(settings) as capacity:
        scratch = settings.cache / "scratch" if capacity.local else None
        arguments = (open_blobs(settings.blobs), settings.weights, settings.ffmpeg, scratch)
        with Pool(_WORKER, *arguments, slots=capacity.cpus, cpus=1) as pool:
            token = _pool.set(pool)
            try:
                yield pool
            finally:
                _pool.reset(token)
