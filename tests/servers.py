"""Real servers for tests, on loopback and in a folder of their own: SeaweedFS for S3, and PostgreSQL."""

import os
import pwd
import shutil
import signal
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
from boto3.session import Session

from tests.processes import leashed

SECONDS_TO_START = 40
GRPC_OFFSET = 10_000
"""SeaweedFS adds this to each port for its second one."""


class Process:
    """A server's process: killed as a crash kills it, started again with its ports and data.

    Start it from a thread that lasts: the kernel ends the server with the thread that started it.
    """

    def __init__(
        self, command: list[Any], root: Path, environ: dict[str, str], user: dict[str, Any] | None = None
    ) -> None:
        self._command = leashed(command, "QUIT")
        self._root = root
        self._log = root / "log"
        self._environ = {"PATH": os.environ["PATH"], "HOME": str(root), "TMPDIR": str(root), **environ}
        self._user = user or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """The process's number; 0 where it does not run."""
        return self._process.pid if self._process is not None else 0

    def start(self, ready: Callable[[], bool]) -> None:
        """Start it and wait until it is *ready*. Raises RuntimeError with the end of its log if it is not.

        After a kill one that ends at once is started again for a while: PostgreSQL refuses to start before
        the children of a killed postmaster have left.
        """
        end = time.monotonic() + SECONDS_TO_START
        self._launch()
        while not ready():
            if self._process is None or self._process.poll() is not None:
                if not self._killed or time.monotonic() > end:
                    raise RuntimeError(f"the server did not start: {self._words()}")
                self._launch()
            if time.monotonic() > end:
                self.end()
                raise RuntimeError(f"the server is not ready: {self._words()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it with SIGKILL; its data stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._killed = True

    def end(self) -> None:
        """End it for good."""
        if self._process is None:
            return
        # SIGQUIT ends PostgreSQL with its children at once; SIGKILL alone would orphan them.
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def _words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                cwd=self._root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._user,
            )


@dataclass(frozen=True)
class S3Server:
    """A SeaweedFS with one user; `replace(server, port=proxy.port)` leads through a proxy."""

    port: int
    process: Process
    access_key: str = "testkey"
    secret_key: str = "testsecret1234"  # noqa: S105 (lives as long as the test)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

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

    def create_bucket(self, name: str) -> None:
        """Create the bucket *name*; it takes SeaweedFS a second."""
        session = Session(self.access_key, self.secret_key, region_name="us-east-1")
        client: Any = session.client("s3", endpoint_url=self.endpoint)
        client.create_bucket(Bucket=name)
        client.close()

    def start(self) -> None:
        """Start it; after kill it has its old port and data."""
        self.process.start(lambda: _answers(f"{self.endpoint}/healthz"))

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL whose user postgres has *password*; `replace(server, port=proxy.port)` as with S3."""

    port: int
    process: Process
    password: str = "secret-of-the-test"  # noqa: S105 (lives as long as the test)

    def url(self, database: str) -> str:
        """Return the URL of *database* as people write it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run *statement* in the database postgres."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Start it; after kill it has its old port and data."""
        self.process.start(self._accepts)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()

    def _accepts(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


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
    ports = free_ports(5)
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        user = {"AWS_ACCESS_KEY_ID": S3Server.access_key, "AWS_SECRET_ACCESS_KEY": S3Server.secret_key}
        server = S3Server(ports[0], Process(_weed_command(weed, root, ports), root, user))
        try:
            server.start()
            yield server
        finally:
            server.process.end()
            _remove_sockets(ports)


@contextmanager
def serve_postgres(programs: Path) -> Iterator[PostgresServer]:
    """Run PostgreSQL from the folder *programs* until the block ends."""
    port = free_ports(1)[0]
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        user = _postgres_user(root)
        _make_cluster(programs, root, PostgresServer.password, user)
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": root,
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", root / "data", *options]
        server = PostgresServer(port, Process(command, root, {}, user))
        try:
            server.start()
            yield server
        finally:
            server.process.end()


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


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 (our own server)
            return True
    except (OSError, urllib.error.URLError):
        return False


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, also GRPC_OFFSET above each.

    They lie below those that Linux gives to connections (from 32768 on), which may be taken at any moment.
    """
    found: list[int] = []
    port = 21_000 + os.getpid() * 97 % 1_600
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
