"""What Prefect shows of a campaign. A Prefect that does not answer never spoils a good run."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import ParamSpec

from httpx import HTTPError
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.exceptions import PrefectException

from schemas.plan import Plan
from storage.rows import AdRow

P = ParamSpec("P")
_ROWS_MAX = 500


def _best_effort(show: Callable[P, None]) -> Callable[P, None]:
    @wraps(show)
    def quietly(*args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(PrefectException, HTTPError, OSError, RuntimeError):
            show(*args, **kwargs)

    return quietly


@_best_effort
def show_plan(plan: Plan) -> None:
    """Show what is going to be made."""
    notes = "".join(f"\n- {note}" for note in plan.notes)
    create_markdown_artifact(
        key="plan",
        markdown=f"**{plan.campaign}**: {len(plan.ads)} ads from {len(plan.shots)} shots"
        f" ({plan.shots_saved} saved by sharing) and {len(plan.stills)} stills\n{notes}",
        description=f"Plan of {plan.campaign}",
    )


@_best_effort
def show_result(rows: Sequence[AdRow]) -> None:
    """Show what became of every ad."""
    table = [
        {
            "ad": f"{r.product} {r.locale} {r.placement} {r.variant}",
            "state": r.state,
            "file": r.name,
            "why": r.error,
        }
        for r in rows[:_ROWS_MAX]
    ]
    create_table_artifact(key="result", table=table, description="Ads of the run")
