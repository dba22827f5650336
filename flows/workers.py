"""The workers of this process: started by whoever needs them first, shared by all campaigns inside."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

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
    with started(settings) as capacity, _scratch(settings) as scratch:
        arguments = (settings.weights, settings.ffmpeg, scratch if capacity.local else None)
        with Pool(_WORKER, open_blobs(settings.blobs), *arguments, slots=capacity.cpus, cpus=1) as pool:
            token = _pool.set(pool)
            try:
                yield pool
            finally:
                _pool.reset(token)


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """Have a folder for half-made files; killed workers leave theirs behind, so it goes as a whole."""
    folder = settings.cache / "scratch" / str(os.getpid())
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
