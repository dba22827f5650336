"""Runs campaigns' flows from the command line; Prefect's server and the workers start side by side."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from pathlib import Path
from threading import Semaphore, Thread
from typing import TYPE_CHECKING

from flows.events import Progress
from flows.interrupts import Interrupts, heeded
from schemas.errors import ReelmillError, SettingsError
from schemas.settings import Settings, set_defaults

if TYPE_CHECKING:
    from prefect.server.api.server import SubprocessASGIServer

    from flows.workers import Workplace

QUIET = {
    # A Prefect that is away holds a flow up for minutes otherwise; the catalog has what counts.
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    "PREFECT_API_REQUEST_TIMEOUT": "20",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SHOW_NEWS": "false",
    "DO_NOT_TRACK": "1",
}
_CAMPAIGNS_AT_ONCE = 16
"""More wait their turn; each has a thread and its ads in memory."""
_NAP_SECONDS = 0.1
_LAST_WORDS_SECONDS = 4.0
"""What flows have, after a second signal, to note their ends; a Prefect that is away would take longer."""


def launch(briefs: Mapping[Path, float], settings: Settings, *, tell: Progress, retry: bool = False) -> None:
    """Make the campaigns of *briefs*, each with its weight, at the same time: one flow each, one engine.

    Runs go to the Prefect server of the settings, else to an embedded one. Raises SettingsError where Prefect
    or Ray cannot be had, KeyboardInterrupt after a signal, and once all others have ended the first error of
    a campaign that could not be started.
    """
    home = settings.home / "prefect"
    embedded = {
        "PREFECT_HOME": str(home),
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        # The first start makes the server's database; on a busy machine that outlasts the default of 20 s.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    }
    if not settings.prefect_api_url:
        home.mkdir(parents=True, exist_ok=True)
    # Prefect reads its environment when it is imported.
    set_defaults(QUIET if settings.prefect_api_url else QUIET | embedded)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

    from flows.campaign import make_campaign  # noqa: PLC0415
    from flows.workers import workers  # noqa: PLC0415

    # The heartbeat's thread takes a second to join; this process outlives its flows anyway.
    quick = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with quick, _server_starting(settings) as server, workers(settings, tell=tell) as workplace:
        _wait_for(server)
        turns = Semaphore(_CAMPAIGNS_AT_ONCE)

        def make(brief: Path, weight: float) -> None:
            with turns:
                _make(partial(make_campaign, str(brief), retry=retry, weight=weight), str(brief), workplace)

        with heeded(workplace.engine, workplace.say) as interrupts:
            flows = [_Flow(partial(make, brief, weight)) for brief, weight in briefs.items()]
            _wait_for_all(flows, interrupts)
    if interrupts.count:
        raise KeyboardInterrupt
    for flow in flows:
        if flow.error is not None:
            raise flow.error


class _Flow(Thread):
    """A campaign's flow in a thread of its own, which does not keep the process alive."""

    def __init__(self, make: Callable[[], None]) -> None:
        super().__init__(name="campaign", daemon=True)
        self.error: Exception | None = None
        self._make, self._context = make, copy_context()
        self.start()

    def run(self) -> None:
        """Make the campaign; keep what was raised."""
        try:
            self._context.run(self._make)
        except Exception as error:  # noqa: BLE001 (the main thread raises it)
            self.error = error


def _make(make_campaign: Callable[[], str], brief: str, workplace: "Workplace") -> None:
    try:
        make_campaign()
    except ReelmillError:
        raise
    except Exception as error:
        # A Prefect that went away loses its record of the run, not the run: the catalog has the truth.
        if brief not in workplace.ends:
            raise
        reason = f"{type(error).__name__}: {error}"
        workplace.say(f"{brief}: Prefect's record of the run is incomplete ({reason})")


def _wait_for_all(flows: Sequence[_Flow], interrupts: Interrupts) -> None:
    """Wait in the main thread, in naps, so that it hears signals; not long once it is to stop at once."""
    patience = _LAST_WORDS_SECONDS
    while any(flow.is_alive() for flow in flows) and patience > 0:
        time.sleep(_NAP_SECONDS)
        if interrupts.count > 1:
            patience -= _NAP_SECONDS


@contextmanager
def _server_starting(settings: Settings) -> Iterator["Future[None] | None"]:
    """Have Prefect's embedded server start while the block goes on; None where a server runs elsewhere."""
    if settings.prefect_api_url:
        yield None
        return
    from prefect.server.api.server import SubprocessASGIServer  # noqa: PLC0415

    with ThreadPoolExecutor(max_workers=1) as beside:
        yield beside.submit(_start_server, SubprocessASGIServer())


def _start_server(server: "SubprocessASGIServer") -> None:
    """Start *server* so that Ctrl-C, which a terminal sends to all, does not end it before its flows."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    server.start()


def _wait_for(server: "Future[None] | None") -> None:
    try:
        if server is not None:
            server.result()
    except RuntimeError as error:
        raise SettingsError(f"Prefect's embedded server does not start: {error}") from error
