"""A Ray cluster of real nodes on this machine, each started by `ray start`; any of them can be killed."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.processes import Process, end_session, in_session
from tests.servers import free_ports

_SECONDS_TO_START = 90
_STORE_BYTES = 80_000_000
_ROOT = Path(__file__).parents[1]
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""What any cluster of ours needs to be told."""
ENVIRON = {
    **QUIET,
    "RAY_AUTH_MODE": "disabled",
    # Workers of a cluster do not get the driver's import path; they find the tests' workers by the node's.
    "PYTHONPATH": str(_ROOT),
    # A dead node is known to be dead after some two seconds, not fifteen.
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "4",
}
"""What the nodes and the drivers of a test's cluster need to be told."""


class Node(Process):
    """One node: the processes of one `ray start --block`."""

    def __init__(self, words: list[str], log: Path, environ: Mapping[str, str]) -> None:
        program = Path(sys.executable).with_name("ray")
        common = ["--include-log-monitor=false", f"--object-store-memory={_STORE_BYTES}", "--block"]
        super().__init__(
            [program, "start", *words, *common, "--disable-usage-stats"],
            log,
            environ,
            lambda: "Ray runtime started" in self.words(),
            seconds_to_start=_SECONDS_TO_START,
        )

    def kill_raylet(self) -> None:
        """Kill its raylet; the workers go with it, and then what Ray had beside it."""
        for found in in_session(self.pid):
            if "/raylet/raylet" in found.command:
                os.kill(found.pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """End it with all its processes, at once: they hold nothing that is to be kept."""
        if self.pid:
            end_session(self.pid)
        super().end()


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
    nodes: int = 2,
    *,
    cpus: int = 1,
    gpus: int = 0,
    environ: Mapping[str, str],
    ports: tuple[int, ...] = (),
    logs: Path | None = None,
) -> Iterator[Cluster]:
    """Run a cluster of *nodes* that have *cpus* and *gpus* each, as Ray counts them, until the block ends.

    *environ* is the whole of what its processes see. Logs go into the folder *logs*, if one is given; *ports*
    are two, that of the head and one for Ray's client.
    """
    port, client_port = ports or free_ports(2)
    address = f"127.0.0.1:{port}"
    # Sockets lie in Ray's folder, and their paths are short.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        logs = logs or Path(folder)
        head = ["--head", f"--port={port}", f"--ray-client-server-port={client_port}", "--num-cpus=0"]
        head += ["--include-dashboard=false", f"--temp-dir={Path(folder) / 'r'}"]
        worker = [f"--address={address}", f"--num-cpus={cpus}", f"--num-gpus={gpus}"]
        cluster = Cluster(address, Node(head, logs / "ray-head.log", environ), [])
        try:
            cluster.head.start()
            for number in range(1, nodes + 1):
                cluster.nodes.append(Node(worker, logs / f"ray-worker-{number}.log", environ))
                cluster.nodes[-1].start()  # one after another, or two take the same socket
            yield cluster
        finally:
            for node in (*cluster.nodes, cluster.head):
                node.end()
