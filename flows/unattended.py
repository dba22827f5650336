"""Runs that nobody watches: they wait their turn, heed signals by themselves, and tell what went wrong."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import TerminationSignal

from flows import notices
from flows.interrupts import heeded
from flows.logs import say, written
from flows.notices import Notice
from flows.workers import Workplace
from schemas.errors import CampaignBusyError, ReelmillError
from storage.catalog import Catalog
from storage.rows import RunEnd

CAMPAIGN = "campaign "
"""How the tag begins by which a flow run tells whose it is."""
_GLANCE_SECONDS = 2.0


def logged() -> AbstractContextManager[None]:
    """Have a log: as JSON unless the settings say otherwise, and to the end in a process of Prefect's own."""
    return written("json", lasting=bool(os.environ.get("PREFECT__FLOW_RUN_ID")))


@contextmanager
def told_of(brief: str) -> Iterator[None]:
    """Have a log, and tell the webhook why a run of *brief* could not begin, or broke off."""
    with logged():
        try:
            yield
        except ReelmillError as error:
            notices.tell(_not_started(brief, error), say)
            raise


def _not_started(brief: str, error: ReelmillError) -> Notice:
    first, *lines = str(error).splitlines() or [type(error).__name__]
    text = f"the run of {brief} could not be made: {first}"
    return Notice(kind="not_started", campaign=brief, text=text, lines=tuple(lines))


def make_in_turn(make: Callable[[], RunEnd], campaign: str, catalog: Catalog, workplace: Workplace) -> RunEnd:
    """Return what *make* does, once no other run has *campaign*; the first signal drains, the second stops.

    Raises TerminationSignal after a signal, so that Prefect takes the run for broken off and not for made.
    """
    while True:
        _wait_until_free(campaign, catalog)
        with heeded(workplace.engine, workplace.say) as interrupts:
            try:
                end = make()
            except CampaignBusyError:
                continue  # another who waited was quicker
        if interrupts.count:
            raise TerminationSignal(signal=signal.SIGTERM)
        notices.tell(notices.ended(campaign, end, catalog.rows(campaign)), workplace.say)
        return end


def mark_run(campaign: str) -> None:
    """Tag this flow run with *campaign*, by which `flows.serving.care` finds its lease; best effort."""
    context = FlowRunContext.get()
    tag = f"{CAMPAIGN}{campaign}"
    if context is None or context.flow_run is None or tag in context.flow_run.tags:
        return
    with suppress(Exception), get_client(sync_client=True) as client:  # Prefect's record is no condition
        client.update_flow_run(context.flow_run.id, tags=[*context.flow_run.tags, tag])


def _wait_until_free(campaign: str, catalog: Catalog) -> None:
    while any(run.campaign == campaign for run in catalog.live_runs()):
        time.sleep(_GLANCE_SECONDS)
