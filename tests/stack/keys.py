"""Ports and passwords of a stack: drawn once, and kept in its folder for its owner alone."""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from tests.servers import free_ports

_FILE = "keys.json"
_PORTS = {"postgres": 1, "s3": 5, "ray": 2, "prefect": 1, "worker": 1, "metrics": 1, "review": 1}


class Keys(NamedTuple):
    """What opens a stack, and where it listens."""

    ports: dict[str, tuple[int, ...]]
    postgres: str
    s3: str
    prefect: str
    ray: str
    review: str

    def port(self, name: str) -> int:
        """Return the first port of the server *name*."""
        return self.ports[name][0]


def keys_of(folder: Path) -> Keys:
    """Return the keys in *folder*, which are drawn if there are none yet."""
    path = folder / _FILE
    if not path.exists():
        passwords = {name: secrets.token_hex(32) for name in Keys._fields if name != "ports"}
        write_privately(path, json.dumps({"ports": _drawn_ports(), **passwords}))
    kept = json.loads(path.read_text())
    return Keys(**{**kept, "ports": {name: tuple(ports) for name, ports in kept["ports"].items()}})


def write_privately(path: Path, text: str) -> None:
    """Write *text* to *path*, whole or not at all, readable for its owner alone."""
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)


def _drawn_ports() -> dict[str, list[int]]:
    free = iter(free_ports(sum(_PORTS.values())))
    return {name: [next(free) for _ in range(number)] for name, number in _PORTS.items()}
