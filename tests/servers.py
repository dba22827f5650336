"""Real servers for tests, on loopback and in a folder of their own: SeaweedFS for S3, and PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SECONDS_TO_START = 40
GRPC_OFFSET = 10_000
"""SeaweedFS adds this to each port for its second one."""


@dataclass(frozen=True)
class S3Server:
    """A running SeaweedFS with one user."""

    endpoint: str
    access_key: str = "testkey"
    secret_key: str = "testsecret1234"  # noqa: S105 (lives as long as the test)

    @property
    def environ(self) -> dict[str, str]:
        """The AWS SDK's variables that lead here, and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL whose user postgres has *password*."""

    port: int
    password: str = "secret-of-the-test"  # noqa: S105 (lives as long as the test)

    def url(self, database: str) -> str:
        """Return the URL of *database* as people write it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run *statement* in the database postgres."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())


def find_weed() -> str | None:
    """Return SeaweedFS's program, from the virtual environment first."""
    return shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")


def find_postgres() -> Path | None:
    """Return the folder with PostgreSQL's programs, the newest of Debian's first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


@contextmanager
def serve_s3(weed: str) -> Iterator[S3Server]:
    """Run SeaweedFS from the program *weed* until the block ends."""
    ports = _free_ports(5)
    server = S3Server(f"http://127.0.0.1:{ports[0]}")
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        try:
            with _running(_weed_command(weed, root, ports), root, server.environ) as alive:
                _wait(lambda: _answers(f"{server.endpoint}/healthz"), alive, root / "log")
                yield server
        finally:
            _remove_sockets(ports)


@contextmanager
def serve_postgres(programs: Path) -> Iterator[PostgresServer]:
    """Run PostgreSQL from the folder *programs* until the block ends."""
    server = PostgresServer(port=_free_ports(1)[0])
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        user = _postgres_user(root)
        _make_cluster(programs, root, server.password, user)
        settings = {
            "port": server.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": root,
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", root / "data", *options]
        with _running(command, root, {}, **user) as alive:
            _wait(lambda: _accepts(server), alive, root / "log")
            yield server


def _remove_sockets(ports: list[int]) -> None:
    """Remove what SeaweedFS leaves in /tmp, whatever TMPDIR says."""
    for port in (*ports, *(port + GRPC_OFFSET for port in ports)):
        for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 (that is where they are)
            leftover.unlink(missing_ok=True)


def _weed_command(weed: str, root: Path, ports: list[int]) -> list[str]:
    names = ("s3", "master", "volume", "filer", "admin")
    return [
        weed,
        f"-logdir={root}",
        "mini",
        f"-dir={root}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{name}.port={port}" for name, port in zip(names, ports, strict=True)),
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
        "-s3.autoCreateBucket=false",
        f"-filer.localSocket={root / 'filer.sock'}",
        f"-s3.localSocket={root / 's3.sock'}",
    ]


def _make_cluster(programs: Path, root: Path, password: str, user: dict[str, Any]) -> None:
    secret = root / "password"
    secret.write_text(f"{password}\n")
    subprocess.run(
        [
            *(programs / "initdb", "-D", root / "data", "-U", "postgres", "--auth=scram-sha-256"),
            *(f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        cwd=root,
        **user,
    )


def _postgres_user(root: Path) -> dict[str, Any]:
    """Return who must run PostgreSQL, which refuses root, and give *root* to them."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    os.chown(root, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def _running(
    command: list[Any], root: Path, env: dict[str, str], **user: Any
) -> Iterator[Callable[[], bool]]:
    """Run *command* in *root*; yields whether it is alive; kills it at the end, for its data go too."""
    leash = shutil.which("setpriv")  # so that it also ends when the tests are killed
    words = [leash, "--pdeathsig", "QUIT", "--", *command] if leash else command
    environ = {"PATH": os.environ["PATH"], "HOME": str(root), "TMPDIR": str(root), **env}
    with (root / "log").open("ab") as log:
        process = subprocess.Popen(
            words, env=environ, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user
        )
    try:
        yield lambda: process.poll() is None
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # SIGQUIT ends PostgreSQL with its children at once; SIGKILL alone would orphan them.
    with suppress(ProcessLookupError):
        process.send_signal(3)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], alive: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not ready():
        if not alive() or time.monotonic() > end:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 (our own server)
            return True
    except (OSError, urllib.error.URLError):
        return False


def _accepts(server: PostgresServer) -> bool:
    try:
        server.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Return ports that are free now, also GRPC_OFFSET above each."""
    found: list[int] = []
    port = 20_000 + os.getpid() % 20_000
    while len(found) < count:
        port += 1
        if _free(port) and _free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
