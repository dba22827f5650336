"""Prefect's server as a process of ours: with its scheduler, on this machine only, until the block ends."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from flows.serving.attached import attached, same_imports
from schemas.errors import SettingsError
from schemas.settings import set_defaults

LOG = "server.log"
"""What the server says, in its home; a slow disk makes it say a lot."""
_SECONDS_TO_START = 180.0
"""The first start makes the database, on a busy machine in most of a minute."""
_SECONDS_TO_STOP = 10.0


@contextmanager
def own_server(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have a server until the block ends; what it knows lies in *home*, PREFECT_API_URL leads to it.

    Raises SettingsError where it does not start.
    """
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    server = _launch(home, port)
    try:
        _wait(server, api, home / LOG)
        set_defaults({"PREFECT_API_URL": api})
        yield server
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(_SECONDS_TO_STOP)
        server.kill()
        server.wait()


def _launch(home: Path, port: int) -> subprocess.Popen[bytes]:
    spec = find_spec("prefect")
    if spec is None or spec.origin is None:
        raise SettingsError("Prefect is not installed: reinstall reelmill with its dependencies")
    app = [
        "--app-dir",
        str(Path(spec.origin).parents[1]),
        "--factory",
        "prefect.server.api.server:create_app",
    ]
    bind = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--lifespan", "on"]
    with (home / LOG).open("wb") as log:
        # In a session of its own: Ctrl-C, which a terminal sends to all, must not end it before its runs.
        return subprocess.Popen(  # noqa: S603 (our own command)
            attached("uvicorn", *app, *bind),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=home,
            env=same_imports(),
        )


def _wait(server: "subprocess.Popen[bytes]", api: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{api}/ready", timeout=2):  # noqa: S310 (our own server)
            return
        time.sleep(0.1)
    raise SettingsError(f"Prefect's server does not start; {log} says why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(os.environ.get("PREFECT_SERVER_API_PORT", "0"))))
        return int(probe.getsockname()[1])
