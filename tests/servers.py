"""Real servers on loopback, in a folder of their own: SeaweedFS for S3, and PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psycopg
from boto3.session import Session

from tests.processes import Process

GRPC_OFFSET = 10_000
"""SeaweedFS adds this to each port for its second one."""


class Kept(NamedTuple):
    """Where a server keeps its data for its next start, and how it is reached then."""

    folder: Path
    ports: tuple[int, ...]
    password: str


@dataclass(frozen=True)
class S3Server:
    """A SeaweedFS with one user; `replace(server, port=proxy.port)` leads through a proxy."""

    port: int
    process: Process
    secret_key: str = "testsecret1234"  # noqa: S105 (lives as long as the test)
    access_key: str = "reelmill"

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
        """Create the bucket *name*, unless it is there; it takes SeaweedFS a second."""
        with closing(self.client()) as client:
            if name not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket=name)

    def client(self) -> Any:
        """Return a client of it, to be closed."""
        session = Session(self.access_key, self.secret_key, region_name="us-east-1")
        return session.client("s3", endpoint_url=self.endpoint)

    def start(self) -> None:
        """Start it; after kill it has its old port and data."""
        self.process.start()

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
        return _postgres_url(self.port, self.password, database)

    def execute(self, statement: str) -> None:
        """Run *statement* in the database postgres."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def create_database(self, name: str) -> None:
        """Create the database *name*, unless it is there."""
        with suppress(psycopg.errors.DuplicateDatabase):
            self.execute(f"CREATE DATABASE {name}")

    def start(self) -> None:
        """Start it; after kill it has its old port and data."""
        self.process.start()

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()


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
def serve_s3(weed: str, kept: Kept | None = None) -> Iterator[S3Server]:
    """Run SeaweedFS from the program *weed* until the block ends; its data go too, unless they are *kept*."""
    with _kept(kept, "weed-", 5, S3Server.secret_key) as (root, ports, password):
        keys = {"AWS_ACCESS_KEY_ID": S3Server.access_key, "AWS_SECRET_ACCESS_KEY": password}
        process = Process(
            _weed_command(weed, root, ports),
            root / "s3.log",
            {**_bare(root), **keys},
            lambda: answers(f"http://127.0.0.1:{ports[0]}/healthz"),
            word="TERM" if kept else "QUIT",  # SIGTERM takes it seconds
        )
        try:
            process.start()
            yield S3Server(ports[0], process, password)
        finally:
            process.end()
            _remove_sockets(ports)


@contextmanager
def serve_postgres(programs: Path, kept: Kept | None = None) -> Iterator[PostgresServer]:
    """Run PostgreSQL from the folder *programs* until the block ends; its data go too, unless *kept*."""
    with _kept(kept, "pg-", 1, PostgresServer.password) as (root, (port,), password):
        user = _postgres_user(root)
        if not (root / "data").exists():
            _make_cluster(programs, root, password, user)
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": root,
            "fsync": "on" if kept else "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", root / "data", *options]
        url = _postgres_url(port, password, "postgres")
        # SIGINT and SIGQUIT end its children too; SIGKILL alone would orphan them.
        word: Literal["INT", "QUIT"] = "INT" if kept else "QUIT"
        process = Process(
            command, root / "postgresql.log", _bare(root), lambda: _accepts(url), word=word, user=user
        )
        server = PostgresServer(port, process, password)
        try:
            server.start()
            yield server
        finally:
            process.end()


@contextmanager
def _kept(kept: Kept | None, prefix: str, ports: int, password: str) -> Iterator[Kept]:
    """Have a folder with its ports: that which is *kept*, or one that lasts as long as the block."""
    if kept is not None:
        kept.folder.mkdir(exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield Kept(Path(folder), tuple(free_ports(ports)), password)


def _bare(root: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(root), "TMPDIR": str(root)}


def _postgres_url(port: int, password: str, database: str) -> str:
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/{database}"


def _remove_sockets(ports: tuple[int, ...]) -> None:
    """Remove what SeaweedFS leaves in /tmp, whatever TMPDIR says."""
    for port in (*ports, *(port + GRPC_OFFSET for port in ports)):
        for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 (that is where they are)
            leftover.unlink(missing_ok=True)


def _weed_command(weed: str, root: Path, ports: tuple[int, ...]) -> list[str]:
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
    secret.touch(mode=0o600)
    secret.write_text(f"{password}\n")
    os.chown(secret, user.get("user", -1), -1)
    done = subprocess.run(
        [
            *(programs / "initdb", "-D", root / "data", "-U", "postgres", "--auth=scram-sha-256"),
            *(f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        cwd=root,
        **user,
    )
    secret.unlink()
    if done.returncode:
        who = "the user postgres has to reach this folder" if user else "it has to be writable"
        raise RuntimeError(f"PostgreSQL cannot keep its data in {root}; {who}: {done.stderr.strip()}")


def _postgres_user(root: Path) -> dict[str, Any]:
    """Return who must run PostgreSQL, which refuses root, and give *root* to them."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    os.chown(root, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def answers(url: str) -> bool:
    """Tell whether *url*, a server of ours, says that all is well."""
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
