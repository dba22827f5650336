"""Runs whose owners are silent, elsewhere or dead, for the tests of leases."""

import subprocess
import sys
from datetime import timedelta

from sqlalchemy import select, update

from schemas.plan import Plan
from storage import tables
from storage.catalog import Catalog
from storage.owner import Owner

_START_AND_DIE = """
import os, signal, sys
from schemas.plan import Plan
from storage.catalog import Catalog
plan = Plan.model_validate_json(sys.argv[2])
catalog = Catalog(sys.argv[1])
run = catalog.start_run(plan, "{}")
print(run, catalog.claim("shot", plan.shots[0].key, run).attempt, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def silence(catalog: Catalog, run: int, seconds: float) -> None:
    """Let the last sign of *run* be *seconds* older than it is."""
    this = tables.Run.id == run
    with catalog._writing() as connection:
        beat = connection.execute(select(tables.Run.beat_at).where(this)).scalar_one()
        connection.execute(update(tables.Run).where(this).values(beat_at=beat - timedelta(seconds=seconds)))


def move_away(catalog: Catalog, run: int) -> None:
    """Let the owner of *run* be a process of another machine."""
    owner = Owner("elsewhere.0123456789ab.4026531836.4711.99", "token")
    with catalog._writing() as connection:
        connection.execute(update(tables.Run).where(tables.Run.id == run).values(owner=owner.text))


def start_and_die(url: str, plan: Plan) -> tuple[int, int]:
    """Start a run of *plan* in a process that is killed while it makes a shot; return run and attempt."""
    words = [sys.executable, "-c", _START_AND_DIE, url, plan.model_dump_json()]
    told = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    run, attempt = told.stdout.split()
    return int(run), int(attempt)
