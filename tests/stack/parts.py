"""The parts of a stack: what each process is told, and how it is started; nothing of it is a test's own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.processes import Process
from tests.raylets import QUIET
from tests.servers import answers
from tests.stack.keys import Keys

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
BUCKET = "reelmill"
POOL = "reelmill"
MARK = "REELMILL_STACK"
"""Environment variable by which the processes of a stack are known; its value is the stack's folder."""
RUNS_AT_ONCE = 4
"""Of a Prefect worker: a campaign's run waits for the cluster, and leaves room for the inbox and the care."""
FOREIGN = ("AWS_", "PREFECT_", "RAY_", "REELMILL_")
"""How variables begin that are the stack's own, whatever the shell around it has."""
_SECONDS_TO_START = 180
_SECONDS_TO_DRAIN = 45


class Part(NamedTuple):
    """A process of the stack, as people see it."""

    name: str
    address: str
    process: Process


class Environs:
    """What each process is told, and no more: docs/cluster.md has the same table."""

    def __init__(self, folder: Path, keys: Keys, s3: Mapping[str, str]) -> None:
        self._folder, self._keys, self._s3 = folder, keys, dict(s3)
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.plain = {**own, MARK: str(folder)}

    @property
    def api(self) -> str:
        """Where Prefect's server answers."""
        return f"http://127.0.0.1:{self._keys.port('prefect')}/api"

    @property
    def prefect_user(self) -> str:
        """Who may talk to it, ``name:password``."""
        return f"reelmill:{self._keys.prefect}"

    def database(self, name: str, driver: str = "postgresql") -> str:
        """Return the URL of the database *name*."""
        port = self._keys.port("postgres")
        return f"{driver}://postgres:{self._keys.postgres}@127.0.0.1:{port}/{name}"

    def server(self) -> dict[str, str]:
        """Return what Prefect's server is told."""
        return {
            **self.plain,
            "PREFECT_HOME": str(self._folder / "prefect"),
            "PREFECT_SERVER_API_AUTH_STRING": self.prefect_user,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self.database("prefect", "postgresql+asyncpg"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # In memory, as is the default, places that dead runs hold would never be free after a restart.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_UI_API_URL": self.api,
        }

    def node(self) -> dict[str, str]:
        """Return what a node of Ray is told: files it reads and writes, rows it does not know."""
        return {**self.plain, **QUIET, **self._token(), **self._s3}

    def metrics(self) -> dict[str, str]:
        """Return what `reelmill metrics` is told."""
        return {**self.plain, **self._catalog()}

    def review(self) -> dict[str, str]:
        """Return what `reelmill review` is told."""
        return {
            **self.plain,
            **self._stores(),
            **self._prefect(),
            "REELMILL_REVIEW_TOKEN": self._keys.review,
            "REELMILL_EXPORTS": f"s3://{BUCKET}/exports",
        }

    def worker(self) -> dict[str, str]:
        """Return what Prefect's worker is told, and so every run."""
        return {
            **self.plain,
            **self._stores(),
            **self._prefect(),
            **self._token(),
            "RAY_ADDRESS": f"127.0.0.1:{self._keys.port('ray')}",
            "REELMILL_INBOX": f"s3://{BUCKET}/inbox",
            "PREFECT_WORKER_WEBSERVER_PORT": str(self._keys.port("worker")),
        }

    def _catalog(self) -> dict[str, str]:
        return {
            "REELMILL_HOME": str(self._folder / "home"),
            "REELMILL_DATABASE_URL": self.database("reelmill"),
        }

    def _stores(self) -> dict[str, str]:
        return {**self._catalog(), "REELMILL_BLOBS": f"s3://{BUCKET}/blobs", **self._s3}

    def _prefect(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self._folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_API_AUTH_STRING": self.prefect_user,
        }

    def _token(self) -> dict[str, str]:
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self._keys.ray}


class Services:
    """The processes that are commands of the environment; ``folder`` has their logs."""

    def __init__(self, folder: Path, keys: Keys, environs: Environs) -> None:
        self._logs, self._keys, self._environs = folder / "logs", keys, environs

    def prefect_server(self) -> Part:
        """Return Prefect's server; the first start makes its tables."""
        port = self._keys.port("prefect")
        words = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        return self._part("prefect-server", words, port, "/api/ready", self._environs.server())

    def prefect_worker(self) -> Part:
        """Return the process worker that begins the runs."""
        words = ["prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", "stack"]
        words += ["--with-healthcheck", "--install-policy", "never", "--limit", str(RUNS_AT_ONCE)]
        port = self._keys.port("worker")
        return self._part("prefect-worker", words, port, "/health", self._environs.worker())

    def metrics(self) -> Part:
        """Return the endpoint that Prometheus asks."""
        port = self._keys.port("metrics")
        words = ["reelmill", "metrics", "--host", "127.0.0.1", "--port", str(port)]
        return self._part("metrics", words, port, "/health", self._environs.metrics())

    def review(self) -> Part:
        """Return the review page."""
        port = self._keys.port("review")
        words = ["reelmill", "review", "--host", "127.0.0.1", "--port", str(port)]
        return self._part("review", words, port, "/healthz", self._environs.review())

    def deploy(self) -> None:
        """Have Prefect know the work pool and what deploy/prefect.yaml describes."""
        file = ROOT / "deploy" / "prefect.yaml"
        self._run("prefect", "work-pool", "create", POOL, "--type", "process", "--overwrite")
        self._run("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))

    def _run(self, program: str, *words: str) -> None:
        """Run a command to its end. Raises RuntimeError with what it said where it fails."""
        done = subprocess.run(
            [BIN / program, *words],
            env=self._environs.worker(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS_TO_START,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(words)} failed: {(done.stdout + done.stderr)[-2000:]}")

    def _part(self, name: str, words: list[str], port: int, health: str, environ: dict[str, str]) -> Part:
        address = f"http://127.0.0.1:{port}"
        process = Process(
            [BIN / words[0], *words[1:]],
            self._logs / f"{name}.log",
            environ,
            lambda: answers(f"{address}{health}"),
            seconds_to_start=_SECONDS_TO_START,
            seconds_to_end=_SECONDS_TO_DRAIN,
        )
        return Part(name, address, process)


@contextmanager
def launched(part: Part) -> Iterator[Part]:
    """Have *part* begin, and end it with the block; whoever needs it waits."""
    try:
        part.process.launch()
        yield part
    finally:
        part.process.end()
