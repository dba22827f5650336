"""Stops a campaign, whichever process makes it."""

import time

from flows.known import check_known
from schemas.errors import BriefError
from schemas.settings import Settings
from storage.catalog import Catalog

_SECONDS_MAX = 30.0
"""How long to wait for a live run to stop; its process looks every two seconds."""


def cancel(campaign: str, settings: Settings) -> str:
    """Cancel what is not made yet of *campaign*; return a sentence that says what happened.

    Raises BriefError for a campaign that is not there.
    """
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        raise BriefError(f"campaign: unknown {campaign!r}; no campaigns yet")
    with catalog:
        check_known([campaign], [row.name for row in catalog.campaigns()])
        if not catalog.ask_to_cancel(campaign):
            return f"{campaign}: no run of it is alive; what was not made is cancelled"
        return _wait(campaign, catalog)


def _wait(campaign: str, catalog: Catalog) -> str:
    until = time.monotonic() + _SECONDS_MAX
    while any(run.campaign == campaign for run in catalog.live_runs()):
        if time.monotonic() > until:
            return f"{campaign}: its run was asked to stop and has not yet: see `reelmill status`"
        time.sleep(0.2)
    return f"{campaign}: stopped; `reelmill run` makes the rest"
