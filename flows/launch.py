"""Runs campaigns' flows from the command line; Prefect's server and the workers start side by side."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import SettingsError
from schemas.settings import Settings, set_defaults

_QUIET = {
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SHOW_NEWS": "false",
    "DO_NOT_TRACK": "1",
}


def launch(briefs: Sequence[Path], settings: Settings, *, show: bool) -> None:
    """Make the campaigns of *briefs*, one flow each.

    Runs go to the Prefect server of the settings, else to an embedded one. Raises SettingsError where Prefect
    or Ray cannot be had.
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
    set_defaults(_QUIET if settings.prefect_api_url else _QUIET | embedded)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

    from flows.campaign import make_campaign  # noqa: PLC0415
    from flows.workers import workers  # noqa: PLC0415

    # The heartbeat's thread takes a second to join; this process outlives its flows anyway.
    quick = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with quick, _server_starting(settings) as server, workers(settings):
        _wait_for(server)
        for brief in briefs:
            make_campaign(str(brief), show=show)


@contextmanager
def _server_starting(settings: Settings) -> Iterator["Future[None] | None"]:
    """Have Prefect's embedded server start while the block goes on; None where a server runs elsewhere."""
    if settings.prefect_api_url:
        yield None
        return
    from prefect.server.api.server import SubprocessASGIServer  # noqa: PLC0415

    with ThreadPoolExecutor(max_workers=1) as beside:
        yield beside.submit(SubprocessASGIServer().start)


def _wait_for(server: "Future[None] | None") -> None:
    try:
        if server is not None:
            server.result()
    except RuntimeError as error:
        raise SettingsError(f"Prefect's embedded server does not start: {error}") from error
