"""Starts a campaign's brief again, for whoever asked on the review page that ads be made otherwise.

Through Prefect where a team's deployment is there; else in a process of this machine, which outlives the
page: a run may take hours, the page may be restarted meanwhile, and `reelmill cancel` stops the run.
"""

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from flows.inbox.bucket import brief_at_hand
from flows.launch import QUIET
from flows.serving.attached import same_imports
from schemas.errors import BriefError, SettingsError
from schemas.settings import Settings, set_defaults
from storage.catalog import Catalog
from storage.rows import BriefRow

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

DEPLOYMENT = "campaign/brief"
"""A team's deployment that makes any brief, as `deploy/prefect.yaml` has it."""
RUN = (sys.executable, "-m", "flows.cli", "run", "--")
_ONCE_SECONDS = 60
"""Of each such stretch of the clock, whoever asks Prefect for the same gets the same run. Two clicks on both
sides of its turn ask for two runs, of which the campaign's lease lets one begin. It is no longer, for a run
that Prefect lost before it began could not be asked for again."""
_NAME = re.compile(r"[^\w-]+")


def start_run(campaign: str, settings: Settings, command: Sequence[str] = RUN) -> str:
    """Start the brief of *campaign* again, where its latest run read it; *command* runs a brief here.

    Return a sentence that says where it is made.
    Raises BriefError where that may not be: it is being made, or nobody knows the brief, or it is gone;
    SettingsError where Prefect does not answer.
    """
    with Catalog(settings.database_url) as catalog:
        row = catalog.briefs([campaign]).get(campaign)
        if row is None:
            raise BriefError(f"{campaign} was never made here; make it with `reelmill run BRIEF` once")
        if any(run.campaign == campaign for run in catalog.live_runs()):
            raise BriefError(f"{campaign} is being made now; start it again when that run has ended")
        source = _address(row, catalog, settings)
        newest = {one.name: one.run for one in catalog.campaigns()}[campaign]
    if not source:
        raise BriefError(
            f"nobody knows where the brief of {campaign} lies; make it with `reelmill run BRIEF`"
        )
    if settings.prefect_api_url and _through_prefect(source, f"{campaign} after run {newest}"):
        return f"Prefect has {campaign} made by a worker: the run appears when it begins."
    log = _in_process(campaign, source, settings, command)
    return f"{campaign} is being made on this machine; {log} has what the run says."


def log_of(campaign: str, settings: Settings) -> Path:
    """Return where a run that was started here says what it does; the next one begins it anew."""
    return settings.home / "logs" / f"run-{_NAME.sub('.', campaign)}.log"


def _address(row: BriefRow, catalog: Catalog, settings: Settings) -> str:
    """Return where the brief lies: the object that came by the inbox rather than a run's copy of it."""
    taken = {one.campaign: one.source for one in catalog.latest_taken()}.get(row.campaign, "")
    path = Path(row.source)
    copied = path.is_relative_to(settings.cache) or not path.exists()
    same = taken.startswith("s3://") and taken.rpartition("/")[2] == path.name
    return taken if same and copied else row.source


def _through_prefect(source: str, about: str) -> bool:
    """Have a worker make the brief at *source*; False where Prefect has no deployment that does."""
    set_defaults(QUIET)
    from prefect.client.orchestration import get_client  # noqa: PLC0415 (it reads its environment)
    from prefect.exceptions import PrefectException  # noqa: PLC0415

    try:
        with get_client(sync_client=True) as client:
            deployment = _find(client)
            if deployment is not None:
                once = f"reelmill: {about}, {int(time.time() / _ONCE_SECONDS)}"
                parameters = {"brief": source, "unattended": True}
                client.create_flow_run_from_deployment(
                    deployment, parameters=parameters, idempotency_key=once
                )
            return deployment is not None
    except (httpx.HTTPError, PrefectException, OSError) as error:
        raise SettingsError(
            f"PREFECT_API_URL: Prefect does not answer ({type(error).__name__}: {error}); see that it runs"
        ) from error


def _find(client: "SyncPrefectClient") -> UUID | None:
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

    try:
        return client.read_deployment_by_name(DEPLOYMENT).id
    except ObjectNotFound:
        return None


def _in_process(campaign: str, source: str, settings: Settings, command: Sequence[str]) -> Path:
    """Run the brief at *source* in a process of its own; return its log."""
    brief = brief_at_hand(source, settings)
    if not brief.is_file():
        raise BriefError(f"the brief of {campaign} is gone: {source} is no file here; put it back")
    log = log_of(campaign, settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as into:
        try:
            # The lock goes with the open file to the process, and ends with it, whatever becomes of the page.
            fcntl.flock(into, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BriefError(f"{campaign} is being started already; {log} has what the run says") from error
        os.ftruncate(into.fileno(), 0)
        process = subprocess.Popen(  # noqa: S603 (our own command, and a path of the catalog)
            [*command, str(brief.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=into,
            stderr=into,
            start_new_session=True,
            env=same_imports(),
        )
    Thread(target=process.wait, name=f"waits for {campaign}", daemon=True).start()
    return log
