"""A team's topology as processes of this machine, as deploy/ describes it for containers."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.processes import Found, marked
from tests.raylets import serve_ray
from tests.servers import Kept, PostgresServer, S3Server, find_postgres, find_weed, serve_postgres, serve_s3
from tests.stack.keys import Keys
from tests.stack.parts import BUCKET, MARK, Environs, Part, Services, launched

RESTARTS_MAX = 5
"""A part that ends by itself more often is left; so is what it is needed for."""


class Stack:
    """The parts while they run."""

    def __init__(self, parts: list[Part], environs: Environs, s3: S3Server) -> None:
        self.parts, self.environs, self.s3 = parts, environs, s3
        self._restarts = dict.fromkeys((part.name for part in parts), 0)

    def address_of(self, name: str) -> str:
        """Return where the part *name* is."""
        return next(part.address for part in self.parts if part.name == name)

    def mend(self, say: Callable[[str], None]) -> None:
        """Start again what has ended by itself, as a container is. Raises RuntimeError where that goes on."""
        for part in self.parts:
            if part.process.alive:
                continue
            self._restarts[part.name] += 1
            if self._restarts[part.name] > RESTARTS_MAX:
                raise RuntimeError(
                    f"{part.name} ended {RESTARTS_MAX + 1} times: {part.process.words()[-2000:]}"
                )
            part.process.end()
            part.process.start()
            say(f"{part.name} had ended; it was started again")


@contextmanager
def open_stack(folder: Path, keys: Keys, say: Callable[[str], None], *, nodes: int) -> Iterator[Stack]:
    """Run the topology with its data in *folder* until the block ends, with *nodes* that work, a CPU each.

    Raises RuntimeError where a part does not start, with what it said.
    """
    weed, programs = find_weed(), find_postgres()
    if weed is None or programs is None:
        raise RuntimeError("install PostgreSQL (apt-get install postgresql-15) and SeaweedFS (make setup)")
    for name in ("logs", "home", "prefect"):
        (folder / name).mkdir(exist_ok=True)
    with ExitStack() as ends:
        say("PostgreSQL and the S3 server")
        postgres = ends.enter_context(serve_postgres(programs, _kept("postgres", folder, keys)))
        for name in ("reelmill", "prefect"):
            postgres.create_database(name)
        s3 = ends.enter_context(serve_s3(weed, _kept("s3", folder, keys)))
        s3.create_bucket(BUCKET)
        environs = Environs(folder, keys, s3.environ)
        services = Services(folder, keys, environs)
        say(f"Prefect's server, and Ray: a head and {nodes} workers, one after another")
        server = ends.enter_context(launched(services.prefect_server()))
        ray = ends.enter_context(_ray(folder, keys, environs, nodes))
        server.process.wait()
        say("the work pool with its deployments, a worker, metrics, the review page")
        services.deploy()
        ends.callback(_end_runs, folder, [server, *ray])
        others = [services.prefect_worker(), services.metrics(), services.review()]
        for part in others:
            ends.enter_context(launched(part))
        for part in others:
            part.process.wait()
        yield Stack([*_first(postgres, s3), server, *ray, *others], environs, s3)


def left_of(folder: Path) -> list[Found]:
    """Return the processes that a stack in *folder* has begun and that still run."""
    return marked(f"{MARK}={folder}")


def _kept(name: str, folder: Path, keys: Keys) -> Kept:
    return Kept(folder / name, keys.ports[name], getattr(keys, name))


def _first(postgres: PostgresServer, s3: S3Server) -> list[Part]:
    return [
        Part("postgresql", f"127.0.0.1:{postgres.port}", postgres.process),
        Part("s3", s3.endpoint, s3.process),
    ]


def _end_runs(folder: Path, kept: list[Part]) -> None:
    """Kill what outlives Prefect's worker: each run has a session of its own."""
    sessions = {part.process.pid for part in kept}
    for found in left_of(folder):
        if found.session not in sessions:
            with suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGKILL)


@contextmanager
def _ray(folder: Path, keys: Keys, environs: Environs, nodes: int) -> Iterator[list[Part]]:
    ports, logs = keys.ports["ray"], folder / "logs"
    with serve_ray(nodes, environ=environs.node(), ports=ports, logs=logs) as cluster:
        yield [Part(node.log.stem, cluster.address, node) for node in (cluster.head, *cluster.nodes)]
