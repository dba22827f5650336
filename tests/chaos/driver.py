"""`reelmill`, with the stand-in worker, and without Prefect, whose server takes ten seconds to start.

    python -m tests.chaos.driver run BRIEF --json

All else is the product's own: planning, catalog, lease, pool, dispatch, publishing, signals, exit codes.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial, wraps
from typing import Any
from unittest.mock import MagicMock, patch

import click

from tests.chaos.campaign import MODEL

LISTENING = "listening"
"""What it says once signals do not end it like any program any more."""
STUDIO = "tests.chaos.studio:Studio"
PLACES = ("unclaimed", "claimed", "not-noted", "noted")
"""Where the driver can be told to die: before it claims an item; when it has, and nobody makes it yet; when
its file is there and not noted; when it is noted, and nothing was made of it."""
LEASE = "REELMILL_CHAOS_LEASE"
"""Environment variable: seconds after which a silent run is dead, in place of the product's."""
PATIENCE = "REELMILL_CHAOS_DEADLINE"
"""Environment variable: seconds that any item may take, in place of the forecast's."""


def main() -> None:
    """Run the command line."""
    _leave_prefect_out()
    from flows import forecast, interrupts, report, workers  # noqa: PLC0415 (Prefect is out of the way now)

    patch.object(interrupts, "as_interrupt", _announced(interrupts.as_interrupt)).start()
    patch.object(workers, "workers", partial(workers.workers, worker=STUDIO)).start()
    patch.object(report, "draw_sheet").start()  # a stand-in's ads hold no pictures
    if seconds := os.environ.get(PATIENCE):
        patch.object(forecast.Forecast, "deadline", lambda *_: float(seconds)).start()
    _add_model()
    _set_traps()
    from flows.cli import main as command  # noqa: PLC0415

    command()


def _announced(listening: Callable[[], AbstractContextManager[None]]) -> Callable[..., Any]:
    """Say on standard output when signals are listened to."""

    @contextmanager
    def announcing() -> Iterator[None]:
        with listening():
            click.echo(LISTENING)
            yield

    return announcing


def _leave_prefect_out() -> None:
    """Make flows and tasks the plain functions that they decorate."""
    prefect = MagicMock()
    prefect.flow = prefect.task = lambda **_: lambda do: do
    places = (
        *("settings", "artifacts", "cache_policies", "server", "server.api", "server.api.server"),
        *("client", "client.orchestration", "context", "exceptions"),
    )
    sys.modules["prefect"] = prefect
    for place in places:
        sys.modules[f"prefect.{place}"] = MagicMock()
    os.environ["PREFECT_API_URL"] = "http://127.0.0.1:9/nobody"


def _add_model() -> None:
    from actors.backends import VIDEO_MODELS  # noqa: PLC0415

    motion = VIDEO_MODELS["motion"]
    small = {"revision": f"{MODEL}/1", "gpus": 1, "any_size": False, "short_side": 360}
    VIDEO_MODELS[MODEL] = motion.model_copy(update=small)


def _set_traps() -> None:
    from schemas.settings import read_settings  # noqa: PLC0415
    from storage import runs  # noqa: PLC0415
    from storage.blobs import open_blobs  # noqa: PLC0415
    from storage.catalog import Catalog  # noqa: PLC0415
    from tests.chaos.notes import notes_of  # noqa: PLC0415

    notes = notes_of(open_blobs(read_settings().blobs))
    if seconds := os.environ.get(LEASE):
        patch.object(runs, "LEASE_SECONDS", float(seconds)).start()

    def trapped(do: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
        @wraps(do)
        def passing(*args: Any, **kwargs: Any) -> Any:
            notes.pass_by(before)
            result = do(*args, **kwargs)
            notes.pass_by(after)
            return result

        return passing

    patch.object(Catalog, "claim", trapped(Catalog.claim, "unclaimed", "claimed")).start()
    patch.object(Catalog, "finish", trapped(Catalog.finish, "not-noted", "noted")).start()


if __name__ == "__main__":
    main()
