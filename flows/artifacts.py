"""What Prefect shows of a campaign: its plan, how far it is, its result.

All of it is best effort: a Prefect that does not answer costs a few seconds now and then, and spoils no run.
"""

import time
from collections.abc import Callable, Sequence, Sized
from contextlib import suppress
from contextvars import copy_context
from functools import wraps
from threading import Thread
from typing import ParamSpec, cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.spoken import plain
from schemas.plan import Plan
from storage.rows import AdRow

P = ParamSpec("P")
_ROWS_MAX = 500
_EVERY_SECONDS = 10.0
"""Between two looks at how far a campaign is."""
_PATIENCE_SECONDS = 3.0
"""How long a call may hold up who makes it."""
_PAUSE_SECONDS = 60.0
"""How long a Prefect that let a call wait is left alone."""
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|!~"})


class _Quiet:
    """When Prefect may be called again."""

    until = 0.0


def _best_effort(show: Callable[P, None]) -> Callable[P, None]:
    """Return *show*, tried once, in a thread that is left behind when Prefect does not answer.

    By default Prefect's client tries six times, for more than a minute; and a request to a server that hangs
    waits for another.
    """

    @wraps(show)
    def quietly(*args: P.args, **kwargs: P.kwargs) -> None:
        def once() -> None:
            # Whatever goes wrong in Prefect, its client or its network says nothing about the campaign.
            with suppress(Exception), temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
                show(*args, **kwargs)

        if time.monotonic() < _Quiet.until:
            return
        # The copied context is how Prefect knows the flow run.
        thread = Thread(target=copy_context().run, args=(once,), name="artifact", daemon=True)
        thread.start()
        thread.join(_PATIENCE_SECONDS)
        if thread.is_alive():
            _Quiet.until = time.monotonic() + _PAUSE_SECONDS

    return quietly


@_best_effort
def show_plan(plan: Plan) -> None:
    """Show what is going to be made."""
    notes = "".join(f"\n- {_shown(note)}" for note in plan.notes)
    create_markdown_artifact(
        key="plan",
        markdown=f"**{_shown(plan.campaign)}**: {len(plan.ads)} ads from {len(plan.shots)} shots"
        f" ({plan.shots_saved} saved by sharing), {len(plan.stills)} stills"
        f" and {len(plan.narrations)} voices\n{notes}",
        description=f"Plan of {plan.campaign}",
    )


def follow(plan: Plan, todo: Sized) -> Callable[[], None]:
    """Return a function that shows how far *plan* is, every ten seconds if called more often.

    *todo* holds what is not made yet, and shrinks.
    """
    return _Follower(plan.campaign, todo).look


@_best_effort
def show_result(rows: Sequence[AdRow]) -> None:
    """Show what became of every ad."""
    table = [
        {
            "ad": f"{r.product} {r.locale} {r.placement} {r.variant}",
            "state": r.state,
            "file": r.name,
            "why": _shown(r.error),
        }
        for r in rows[:_ROWS_MAX]
    ]
    create_table_artifact(key="result", table=table, description="Ads of the run")


class _Follower:
    """Keeps one progress artifact up to date."""

    def __init__(self, campaign: str, todo: Sized) -> None:
        self._campaign, self._todo = campaign, todo
        self._total = len(todo)
        self._next = 0.0
        self._artifact: UUID | None = None

    def look(self) -> None:
        """Show how far it is, unless that was shown just now; the end is always shown."""
        if self._todo and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_SECONDS
        _best_effort(self._show)()

    def _show(self) -> None:
        made = self._total - len(self._todo)
        share = 100.0 * made / max(1, self._total)
        told = f"{self._campaign}: {made} of {self._total} stills, shots, voices and ads are behind us"
        if self._artifact is None:
            self._artifact = cast("UUID", create_progress_artifact(share, key="progress", description=told))
        else:
            update_progress_artifact(self._artifact, share, description=told)


def _shown(text: str) -> str:
    """Return *text* as Markdown that shows it as it is."""
    return plain(text).translate(_MARKS)
