"""Finds and removes what killed processes have left half-written, in the store and in the cache."""

from collections.abc import Iterator
from pathlib import Path

from actors.scratch import sweep_scratch
from schemas.settings import Settings
from storage.aside import is_abandoned, remove
from storage.blobs import BlobStore

_HALF_FETCHED = (".incoming-", ".part-")
"""How folders begin that hold files on their way into a cache or into the weights."""


def sweep(settings: Settings, blobs: BlobStore, *, idle: bool = False, dry: bool = False) -> tuple[str, ...]:
    """Remove what killed processes have left, and return what it was, for people to read.

    Safe beside live runs: what a live process may still be writing stays. Where that cannot be told, things
    of the last day stay, unless the caller knows that nobody writes now (*idle*). *dry* removes nothing.
    Raises StorageError where the store does not answer or a disk refuses.
    """
    half_fetched = list(_half_fetched(settings.cache))
    for path in () if dry else half_fetched:
        remove(path)
    return (
        *blobs.sweep(idle=idle, dry=dry),
        *map(str, half_fetched),
        *sweep_scratch(settings.cache / "scratch", dry=dry),
    )


def _half_fetched(cache: Path) -> Iterator[Path]:
    for prefix in _HALF_FETCHED:
        for path in sorted(cache.rglob(f"{prefix}*")):
            if is_abandoned(path, prefix):
                yield path
