"""What a team's workers run besides campaigns: the inbox, and the care of lost runs."""

from prefect import flow
from prefect.client.orchestration import get_client

from flows import notices
from flows.inbox.box import Inbox, open_place
from flows.logs import say
from flows.serving.care import look_after
from flows.serving.reception import Reception
from flows.serving.schedule import POOL
from flows.unattended import logged
from schemas.errors import SettingsError
from schemas.settings import read_settings
from storage.catalog import Catalog


@flow(name="inbox")
def take_in() -> int:
    """Take in what lies in REELMILL_INBOX, and have each new brief run once; return how many files were seen.

    What is still being written is left for the next look.
    """
    with logged():
        return _take_in()


def _take_in() -> int:
    notices.check_webhook()
    settings = read_settings()
    if settings.inbox is None:
        raise SettingsError("REELMILL_INBOX: name a folder that all workers share, or s3://bucket/prefix")
    with Catalog(settings.database_url) as catalog, get_client(sync_client=True) as client:
        reception = Reception(client, catalog, settings, say, pool=POOL)
        reception.open_inbox(Inbox(open_place(settings.inbox, settings), catalog, settings, say))
        seen = reception.settle()
        reception.keep()
    return len(seen)


@flow(name="care")
def look_after_runs() -> None:
    """Have lost runs begin again, and tell of late ones."""
    with logged():
        notices.check_webhook()
        settings = read_settings()
        with Catalog(settings.database_url) as catalog, get_client(sync_client=True) as client:
            look_after(client, catalog, settings, say)
