"""A Ray cluster of real nodes on this machine, each started by `ray start`; any of them can be killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.processes import end_session, in_session, leashed
from tests.servers import free_ports

_SECONDS_TO_START = 90
_STORE_BYTES = 80_000_000
_ROOT = Path(__file__).parents[1]
ENVIRON = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Workers of a cluster do not get the driver's import path; they find the tests' workers by the node's.
    "PYTHONPATH": str(_ROOT),
    # A dead node is known to be dead after some two seconds, not fifteen.
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "4",
}
"""What the nodes and the drivers of such a cluster need to be told."""


class Node:
    """One node: the processes of one `ray start --block`."""

    def __init__(self, words: list[str], root: Path, environ: Mapping[str, str]) -> None:
        self._words = words
        self._log = root / f"node-{len(list(root.glob('node-*')))}"
        self._environ = {**os.environ, **ENVIRON, **environ}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def session(self) -> int:
        """The session of all its processes."""
        return self._process.pid if self._process is not None else 0

    def launch(self) -> None:
        """Start it, and wait for nothing; one after another, or two take the same socket."""
        program = Path(sys.executable).with_name("ray")
        common = ["--include-log-monitor=false", f"--object-store-memory={_STORE_BYTES}", "--block"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                leashed([program, "start", *self._words, *common, "--disable-usage-stats"], "TERM"),
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until Ray says that it runs. Raises RuntimeError with what it said if it does not."""
        end = time.monotonic() + _SECONDS_TO_START
        while "Ray runtime started" not in (words := self._log.read_text(errors="replace")):
            if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                self.end()
                raise RuntimeError(f"the node did not start: {words[-2000:]}")
            time.sleep(0.1)

    def kill_raylet(self) -> None:
        """Kill its raylet; the workers go with it, and then what Ray had beside it."""
        for found in in_session(self.session):
            if "/raylet/raylet" in found.command:
                os.kill(found.pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """End it with all its processes."""
        if self._process is None:
            return
        end_session(self.session)
        self._process.wait()
        self._process = None


class Cluster:
    """A head without CPUs, and nodes that work."""

    def __init__(self, address: str, head: Node, nodes: list[Node]) -> None:
        self.address = address
        self.head = head
        self.nodes = nodes

    def settle(self) -> None:
        """Wait until all nodes are there that were launched."""
        for node in self.nodes:
            node.wait()


@contextmanager
def serve_ray(
    nodes: int = 2, *, cpus: int = 1, gpus: int = 0, environ: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a cluster of *nodes* that have *cpus* and *gpus* each, as Ray counts them, until the block ends."""
    port, client_port = free_ports(2)
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        head = ["--head", f"--port={port}", f"--ray-client-server-port={client_port}", "--num-cpus=0"]
        head += ["--include-dashboard=false", f"--temp-dir={root / 'r'}"]
        worker = [f"--address={address}", f"--num-cpus={cpus}", f"--num-gpus={gpus}"]
        cluster = Cluster(address, Node(head, root, environ or {}), [])
        try:
            cluster.head.launch()
            cluster.head.wait()
            for _ in range(nodes):
                cluster.nodes.append(Node(worker, root, environ or {}))
                cluster.nodes[-1].launch()
                cluster.settle()
            yield cluster
        finally:
            for node in (*cluster.nodes, cluster.head):
                node.end()
