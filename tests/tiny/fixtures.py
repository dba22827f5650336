"""Gives tests the tiny checkpoints, each built once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import build


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a tiny checkpoint by the name of its family, a key of FAMILIES.

    Tests only read it; who wants to spoil one copies it first.
    """
    folders: dict[str, Path] = {}

    def find(family: str) -> Path:
        if family not in folders:
            folders[family] = build(family, tmp_path_factory.mktemp("tiny") / family)
        return folders[family]

    return find
