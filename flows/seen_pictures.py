"""Remembers which pictures were found good, so that a large feed is planned fast the next time."""

import hashlib
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from schemas.media import Source
from storage.aside import aside

_KNOWN = TypeAdapter(dict[str, Source])
_MOST = 200_000
"""More begin anew: nobody looks after this file."""


class SeenPictures:
    """Good pictures by the SHA-256 of their content, kept in a file of the folder *cache*; None keeps none.

    Threads may share it. Whatever is lost is looked at again.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._lock = Lock()
        self._known: dict[str, Source] | None = None
        self._changed = False

    def find(self, path: Path) -> Source | None:
        """Return what is known of the picture with the content of *path*."""
        with self._lock:
            if self._known is None:
                self._known = self._read()
        with path.open("rb") as file:
            return self._known.get(hashlib.file_digest(file, "sha256").hexdigest())

    def note(self, source: Source) -> None:
        """Note a good picture."""
        with self._lock:
            self._known = self._known or {}
            self._known[source.sha256] = source
            self._changed = True

    def save(self) -> None:
        """Write down what was noted; a disk that takes nothing costs only time."""
        if not self._changed or self._cache is None or self._known is None:
            return
        known = self._known if len(self._known) <= _MOST else {}
        with suppress(OSError), aside(self._cache, ".incoming-") as folder:
            (folder / "pictures").write_bytes(_KNOWN.dump_json(known))
            (folder / "pictures").replace(self._path(self._cache))

    def _read(self) -> dict[str, Source]:
        if self._cache is None:
            return {}
        try:
            return _KNOWN.validate_json(self._path(self._cache).read_bytes())
        except (OSError, ValidationError):
            return {}

    def _path(self, cache: Path) -> Path:
        return cache / "pictures.json"
