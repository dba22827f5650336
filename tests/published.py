"""The published weights for tests: an item is fetched when a test asks for it, once for a run."""

import fcntl
from pathlib import Path

import pytest

from actors.weights import fetch, weights_path


class Published:
    """Knows where items lie; skips a test whose item cannot be had, and fails one whose item is another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._failures: dict[str, str] = {}

    def __call__(self, name: str) -> Path:
        """Return where the item *name* of the manifest lies."""
        if name not in self._failures:
            self._failures[name] = self._fetch(name)
        if reason := self._failures[name]:
            (pytest.fail if "SHA-256" in reason else pytest.skip)(f"weights cannot be fetched: {reason}")
        return weights_path(self.folder, name)

    def _fetch(self, name: str) -> str:
        """Return why it cannot be had, or an empty text; another process may be fetching it just now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return "; ".join(map(str, fetch([name], self.folder, say=print)))
