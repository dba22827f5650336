"""Holds a campaign for one run: a lease in the catalog, and a heartbeat that keeps it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from schemas.errors import CampaignBusyError, StorageError
from schemas.plan import Plan
from storage.catalog import Catalog
from storage.rows import Signal

BEAT_SECONDS = 2.0
"""Ten beats fit in the catalog's lease."""
_SECONDS_TO_JOIN = 1.0
_GLANCE_SECONDS = 0.5


class Lease:
    """A run that holds its campaign; a thread beats for it."""

    def __init__(self, catalog: Catalog, run: int) -> None:
        self.run = run
        self.state: Signal = "running"
        """``cancelled``: someone asked to stop. ``lost``: another run took over, or the run has ended."""
        self._catalog = catalog
        self._over = Event()
        self._thread = Thread(target=self._beat, name=f"heartbeat of run {run}", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more. A beat that hangs in a cut line is left to end by itself."""
        self._over.set()
        self._thread.join(_SECONDS_TO_JOIN)

    def _beat(self) -> None:
        while self.state != "lost" and not self._over.wait(BEAT_SECONDS):
            # A database that is away may be back at the next beat; the lease lasts for ten.
            with suppress(StorageError):
                self.state = self._catalog.beat(self.run)


@contextmanager
def held(
    catalog: Catalog,
    plan: Plan,
    brief: str,
    source: str = "",
    *,
    retry: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Lease]:
    """Have a run of *plan*, made from *brief* (JSON) that was read at *source*, for the length
    of the block.

    Who leaves the block ends the run, with the state that it deserves. Raises CampaignBusyError if a live run
    makes the campaign; where the owner may have died on another machine, that takes up to the lease's length
    to find out, which *say* is told.
    """
    lease = Lease(catalog, _start(catalog, plan, brief, source, retry=retry, say=say))
    lease.start()
    try:
        yield lease
    finally:
        lease.stop()


def _start(
    catalog: Catalog, plan: Plan, brief: str, source: str, *, retry: bool, say: Callable[[str], None]
) -> int:
    """Start a run as soon as the campaign is free; give up when its owner is seen to live."""
    before = None
    while True:
        try:
            return catalog.start_run(plan, brief, source, retry=retry)
        except CampaignBusyError:
            sign = _sign(catalog, plan.campaign)
            if before and sign and sign != before:
                raise
            if before is None:
                say(f"{plan.campaign}: another run has it and may be dead; waiting for a sign of life")
            before = sign
        time.sleep(_GLANCE_SECONDS)


def _sign(catalog: Catalog, campaign: str) -> object:
    """Return the last sign of life of the run that has *campaign*; None where it has ended meanwhile."""
    signs = ((run.run, run.beat_at) for run in catalog.live_runs() if run.campaign == campaign)
    return next(signs, None)
