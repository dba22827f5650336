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
    live = _live(desk_of(request))
    return render(request, "runs.html", live=live, ended=_ended(live, desk_of(request)))


@router.get("/runs/live")
def following(request: Request, shown: str = "") -> HTMLResponse:
    """Show how the runs go as the part of the page that follows them.

    The table of those that ended comes anew only where other runs live than those that are *shown*.
    """
    live = _live(desk_of(request))
    if shown == live.numbers:
        return render_part(request, "parts/live.html", live=live)
    part = render_part(request, "parts/runs.html", live=live, ended=_ended(live, desk_of(request)))
    part.headers["HX-Retarget"] = "#runs"
    return part


class Live(NamedTuple):
    """The runs that go on."""

    runs: list[RunProgress]
    failed: dict[str, list[GalleryAd]]
    """The first ads of each that are not made, by campaign."""

    @property
    def numbers(self) -> str:
        """Which runs they are, as an address tells it."""
        return "-".join(str(one.run) for one in self.runs)


def _live(desk: Desk) -> Live:
    names = [run.campaign for run in desk.catalog.live_runs()]
    live = [progress for name in names if (progress := desk.catalog.run_progress(name))]
    return Live(live, {one.campaign: _failed(one, desk) for one in live})


def _ended(live: Live, desk: Desk) -> list[CampaignRow]:
    """Return the latest runs of other campaigns than those that are being made, the newest first."""
    going = {one.campaign for one in live.runs}
    rows = (row for row in desk.catalog.campaigns() if row.name not in going)
    return sorted(rows, key=lambda row: row.started_at, reverse=True)[:_RECENT]


def _failed(progress: RunProgress, desk: Desk) -> list[GalleryAd]:
    """Return the first ads that are not made in a run, for people to see while it goes on."""
    ads = progress.kinds.get("ad")
    if ads is None or not ads.failed:
        return []
    filters = Filters(campaign=progress.campaign, statuses=("failed", "quarantined", "blocked"))
    return desk.first(filters, _FAILED)
