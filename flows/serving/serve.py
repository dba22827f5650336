"""`reelmill serve`: schedules, inbox and runs on one machine, until a signal; the next start goes on."""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any

from flows import notices
from flows.interrupts import handled_by
from flows.launch import QUIET
from flows.preflight import preflight
from flows.serving.own_server import own_server
from schemas.errors import BriefError, SettingsError
from schemas.settings import Settings, set_defaults
from storage.catalog import Catalog

_NAP_SECONDS = 0.2
_SECONDS_TO_JOIN = 5.0


class _Stop:
    """How often the process was asked to stop."""

    count = 0

    def heed(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (as signal calls it)
        """Note a signal."""
        self.count += 1


def serve(
    briefs: Sequence[Path], settings: Settings, say: Callable[[str], None], *, at_once: int = 1
) -> None:
    """Run *briefs* by their schedules and what arrives in the inbox, *at_once* at a time, until a signal.

    Prefect's server is that of the settings, else one of ours. Raises BriefError where a brief is wrong,
    SettingsError where the environment is, or where another process serves this home.
    """
    notices.check_webhook()
    if not briefs and settings.inbox is None:
        raise SettingsError("nothing to serve: give briefs with a schedule, or set REELMILL_INBOX")
    standing = [_standing(brief, settings) for brief in briefs]
    names = [name for name, *_ in standing]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BriefError(f"campaign: {', '.join(sorted(twice))} is named by two briefs: give one of them")
    home = settings.home / "prefect" / "serve"
    home.mkdir(parents=True, exist_ok=True)
    ours = not settings.prefect_api_url
    if ours:
        set_defaults({"PREFECT_HOME": str(home), "PREFECT_LOGGING_TO_API_ENABLED": "false"})
        set_defaults({"PREFECT_UI_ENABLED": "false", "PREFECT_SERVER_EPHEMERAL_ENABLED": "false"})
    set_defaults(QUIET | {"REELMILL_HOME": str(settings.home)})
    with ExitStack() as stack:
        stop = _Stop()
        stack.enter_context(handled_by(stop.heed))
        stack.enter_context(_alone_in(home) if ours else nullcontext())
        server = stack.enter_context(own_server(home)) if ours else None
        catalog = stack.enter_context(Catalog(settings.database_url))
        _serve(standing, catalog, settings, say, server, stop, at_once)
    say("stopped; what was being made goes on at the next start")


def _standing(brief: Path, settings: Settings) -> tuple[str, str, Any]:
    ready = preflight(brief, settings)
    return ready.plan.campaign, str(ready.ingested.source), ready.ingested.brief.schedule


def _serve(
    standing: list[tuple[str, str, Any]],
    catalog: Catalog,
    settings: Settings,
    say: Callable[[str], None],
    server: "subprocess.Popen[bytes] | None",
    stop: _Stop,
    at_once: int,
) -> None:
    # Prefect reads its environment when it is imported.
    from prefect.client.orchestration import get_client  # noqa: PLC0415 (Prefect waits for its environment)

    from flows.inbox.box import Inbox, open_place  # noqa: PLC0415 (Prefect waits for its environment)
    from flows.serving.desk import TROUBLE, Desk  # noqa: PLC0415 (Prefect waits for its environment)
    from flows.serving.reception import Reception  # noqa: PLC0415 (Prefect waits for its environment)
    from flows.serving.schedule import Standing  # noqa: PLC0415 (Prefect waits for its environment)

    over = Event()
    with get_client(sync_client=True) as client, get_client(sync_client=True) as other:
        given = tuple(Standing(*one) for one in standing)
        reception = Reception(other, catalog, settings, say, given=given, alone=server is not None)
        if settings.inbox:
            reception.open_inbox(Inbox(open_place(settings.inbox, settings), catalog, settings, say))
        desk = Desk(client, catalog, settings, say, at_once=at_once, alone=server is not None)
        reception.keep()
        _announce(given, settings, say)
        watcher = Thread(target=reception.watch, args=(over, TROUBLE), name="inbox", daemon=True)
        watcher.start()
        try:
            while not stop.count:
                if server is not None and server.poll() is not None:
                    raise SettingsError("Prefect's server has ended; start again")
                desk.deployments = set(reception.deployments)
                desk.turn()
                time.sleep(_NAP_SECONDS)
            say("stopping: what is being made may end first; interrupt again to stop at once")
        finally:
            over.set()
            desk.close(at_once=lambda: stop.count > 1)
            watcher.join(_SECONDS_TO_JOIN)


def _announce(given: Sequence[Any], settings: Settings, say: Callable[[str], None]) -> None:
    for one in given:
        when = f"at {one.schedule.cron} ({one.schedule.timezone})" if one.schedule else "has no schedule"
        say(f"{one.campaign}: {when}")
    if settings.inbox:
        say(f"inbox: {settings.inbox}")
    say(f"serving; Prefect at {os.environ.get('PREFECT_API_URL', '')}")


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    """Hold *home* for this process. Raises SettingsError where another has it."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"another `reelmill serve` runs with {home.parents[1]}: stop it first"
            ) from error
        yield
