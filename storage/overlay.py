"""A blob store over another: what is written goes into the upper one, the lower one is only read."""

from collections.abc import Iterator
from pathlib import Path

from schemas.media import StoredFile
from storage.blobs import BlobStore


class Overlay:
    """Reads what *lower* has under *shared* prefixes unless *upper* has it; all else is in *upper* alone."""

    def __init__(self, upper: BlobStore, lower: BlobStore, shared: tuple[str, ...]) -> None:
        self._upper, self._lower, self._shared = upper, lower, shared

    def put(self, name: str, path: Path, *, replace: bool = False) -> StoredFile:
        """Store a copy of *path* as *name*; as BlobStore."""
        return self._upper.put(name, path, replace=replace)

    def put_text(self, name: str, text: str, *, replace: bool = False) -> StoredFile:
        """Store *text*; as BlobStore."""
        return self._upper.put_text(name, text, replace=replace)

    def find(self, name: str) -> StoredFile | None:
        """Return the facts of *name*, or None; as BlobStore."""
        return self._upper.find(name) or (self._lower.find(name) if name.startswith(self._shared) else None)

    def local(self, name: str, cache: Path) -> Path:
        """Return a path with the content of *name*; as BlobStore."""
        return self._of(name).local(name, cache)

    def link(self, name: str, *, seconds: int, called: str) -> str:
        """Return where people find *name*; as BlobStore."""
        return self._of(name).link(name, seconds=seconds, called=called)

    def read_text(self, name: str) -> str:
        """Return the text of *name*; as BlobStore."""
        return self._of(name).read_text(name)

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return a piece of *name*; as BlobStore."""
        return self._of(name).read_range(name, start, length)

    @property
    def origin(self) -> str:
        """Where the addresses of what is new lead; as BlobStore."""
        return self._upper.origin

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with *prefix*, sorted."""
        lower = (name for name in self._lower.names(prefix) if name.startswith(self._shared))
        yield from sorted({*self._upper.names(prefix), *lower})

    def delete(self, name: str) -> None:
        """Remove *name* from the upper store."""
        self._upper.delete(name)

    def sweep(self, *, idle: bool = False, dry: bool = False) -> tuple[str, ...]:
        """Remove what killed writers have left in the upper store; as BlobStore."""
        return self._upper.sweep(idle=idle, dry=dry)

    def _of(self, name: str) -> BlobStore:
        lower = name.startswith(self._shared) and self._upper.find(name) is None
        return self._lower if lower else self._upper
