"""`reelmill inbox`: takes in what lies in a folder or an ``s3://`` prefix, and makes it here."""

import time

from flows import notices
from flows.inbox.box import LOOK_SECONDS, Inbox, Seen, open_place
from flows.inbox.bucket import brief_at_hand
from flows.launch import launch
from flows.logs import say
from flows.preflight import preflight
from flows.preview import finished
from flows.progress import show_progress
from flows.results import print_results
from flows.tables import print_line, print_rows
from schemas.errors import BriefError, CampaignBusyError, ReelmillError
from schemas.settings import Settings
from storage.catalog import Catalog
from storage.rows import Taken

_ONCE_SECONDS = 60.0
"""So long a single look waits for what is still being written, or may still become whole."""
_ONCE_PAUSE_SECONDS = 0.5


def run_inbox(where: str, settings: Settings, *, once: bool, as_json: bool) -> bool:
    """Take in and make what lies in *where*; *once*, else for ever. Return whether all of it is done.

    What cannot be told yet, because it is still being written, is waited for, *once* for a minute at most.
    """
    notices.check_webhook()
    with Catalog(settings.database_url) as catalog:
        inbox = Inbox(open_place(where, settings), catalog, settings, say)
        if once:
            return look_once(inbox, catalog, settings, as_json=as_json)
        while True:
            try:
                _print(_news(inbox.look()), as_json=as_json)
                make_waiting(inbox, catalog, settings, as_json=as_json)
            except ReelmillError as error:
                if not error.retryable:
                    raise
                say(str(error))
            time.sleep(LOOK_SECONDS)


def look_once(inbox: Inbox, catalog: Catalog, settings: Settings, *, as_json: bool) -> bool:
    """Decide about all that lies in *inbox*, print it, and make what is new."""
    seen: dict[str, Seen] = {}
    until = time.monotonic() + _ONCE_SECONDS
    while True:
        looked = inbox.look()
        seen |= {one.brief: one for one in looked}
        if all(one.state != "waiting" for one in looked) or time.monotonic() > until:
            break
        time.sleep(_ONCE_PAUSE_SECONDS)
    _print([*seen.values()], as_json=as_json)
    made = make_waiting(inbox, catalog, settings, as_json=as_json)
    return made and all(one.state in {"taken", "known"} for one in seen.values())


def make_waiting(inbox: Inbox, catalog: Catalog, settings: Settings, *, as_json: bool) -> bool:
    """Make what was taken in here and nobody has made yet; return whether all its ads are done.

    A brief counts as made when its run has ended; who is killed before that makes it again, which makes only
    what is missing.
    """
    good = True
    for taken in catalog.waiting():
        if taken.source.startswith(f"{inbox.place.where.rstrip('/')}/"):
            good = _make_taken(taken, catalog, settings, as_json=as_json) and good
    return good


def _make_taken(taken: Taken, catalog: Catalog, settings: Settings, *, as_json: bool) -> bool:
    try:
        left = _make(taken.source, settings, as_json=as_json)
    except CampaignBusyError as error:
        say(f"{error}; it is looked at again later")
        return False
    except BriefError as error:
        say(f"{taken.source} has changed since it was taken: {error}")
        left = 1
    catalog.hand_over(taken.content)
    return not left


def _make(source: str, settings: Settings, *, as_json: bool) -> int:
    """Make the campaign of the brief at *source*, and return how many of its ads are not done."""
    path = brief_at_hand(source, settings)
    plan = preflight(path, settings).plan
    if not finished(plan, settings):
        with show_progress(as_json=as_json) as tell:
            launch({path: 1.0}, settings, tell=tell)
    return print_results([plan], settings, as_json=as_json)


def _news(seen: list[Seen]) -> list[Seen]:
    return [one for one in seen if one.state in {"taken", "rejected"}]


def _print(seen: list[Seen], *, as_json: bool) -> None:
    rows = [one.model_dump() for one in seen]
    if as_json:
        for row in rows:
            print_line({"event": "brief", **row})
    elif rows:
        print_rows(rows)
