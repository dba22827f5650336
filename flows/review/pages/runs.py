"""How the runs go: those that live now, and how the latest of each campaign ended."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.review.desk import Desk, desk_of
from flows.review.rendering import render, render_part
from storage.gallery_rows import Filters, GalleryAd, RunProgress
from storage.rows import CampaignRow

router = APIRouter()

_RECENT = 20
_FAILED = 5
"""Failed ads that are named for each run."""


@router.get("/runs")
def runs(request: Request) -> HTMLResponse:
    """Show the runs, those that live first."""
    return render(request, "runs.html", shown=_shown(desk_of(request)))


@router.get("/runs/live")
def live(request: Request) -> HTMLResponse:
    """Show the runs as the part of the page that follows them."""
    return render_part(request, "parts/runs.html", shown=_shown(desk_of(request)))


class Shown(NamedTuple):
    """The runs that the page shows."""

    live: list[RunProgress]
    ended: list[CampaignRow]
    failed: dict[str, tuple[GalleryAd, ...]]
    """The first ads that are not made, by campaign, of the runs that live."""


def _shown(desk: Desk) -> Shown:
    rows = sorted(desk.catalog.campaigns(), key=lambda row: row.started_at, reverse=True)
    names = [run.campaign for run in desk.catalog.live_runs()]
    live = [progress for name in names if (progress := desk.catalog.run_progress(name))]
    ended = [row for row in rows if row.name not in names]
    failed = {one.campaign: _failed(one, desk) for one in live}
    return Shown(live, ended[:_RECENT], failed)


def _failed(progress: RunProgress, desk: Desk) -> tuple[GalleryAd, ...]:
    """Return the first ads that are not made in a run, for people to see while it goes on."""
    ads = progress.kinds.get("ad")
    if ads is None or not ads.failed:
        return ()
    filters = Filters(campaign=progress.campaign, statuses=("failed", "quarantined", "blocked"))
    return desk.catalog.gallery(filters, offset=0, most=_FAILED).ads
