"""The gallery of a campaign: its ads as cards, filtered, in pages, with what can be done with a selection."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.export.platforms import PLATFORMS
from flows.review.asked import PAGE_SIZE, Asked, read_asked
from flows.review.desk import desk_of
from flows.review.paging import last_page, pages_around
from flows.review.rendering import render, render_part
from storage.gallery_rows import Choices

router = APIRouter()

_LEFT_OUT_MAX = 3
"""Changes that were left out, of which the page tells why."""
MENUS = (
    ("placement", "placements", "Placement"),
    ("locale", "locales", "Locale"),
    ("variant", "variants", "Variant"),
    ("product", "products", "Product"),
)
"""Of the filters: name in the address, in Choices and Filters, and for people."""


@router.get("/campaigns/{brand}/{name}")
def gallery(request: Request, brand: str, name: str) -> HTMLResponse:
    """Show the ads of a campaign that pass the filters in the address."""
    desk, campaign = desk_of(request), f"{brand}/{name}"
    asked = read_asked(campaign, request.query_params)
    live = any(run.campaign == campaign for run in desk.catalog.live_runs())
    choices = desk.catalog.gallery_choices(asked.filters)
    total = _total(asked, choices)
    last = last_page(asked.page, total, PAGE_SIZE)
    page = desk.catalog.gallery(asked.filters, offset=asked.offset, most=PAGE_SIZE, total=total)
    # Of a campaign with ads nothing is asked about its run, unless it goes on: that takes a while.
    progress = desk.progress(campaign) if live or not total else None
    return render(
        request,
        "gallery.html",
        asked=asked,
        campaign=campaign,
        ads=page.ads,
        total=total,
        last=last,
        pages=pages_around(asked.page, last),
        choices=choices,
        menus=_menus(asked, choices),
        progress=progress,
        changes=desk.catalog.waiting_changes(campaign, most=_LEFT_OUT_MAX),
        platforms=[*PLATFORMS],
        exports=desk.exporter.of(campaign),
    )


@router.get("/campaigns/{brand}/{name}/progress")
def progress_strip(request: Request, brand: str, name: str) -> HTMLResponse:
    """Show how the latest run of a campaign goes, as a part of the gallery."""
    progress = desk_of(request).progress(f"{brand}/{name}")
    return render_part(request, "parts/strip.html", progress=progress, followed=True)


@router.get("/campaigns/{brand}/{name}/exports")
def export_strip(request: Request, brand: str, name: str) -> HTMLResponse:
    """Show how the exports of a campaign go, as a part of the gallery."""
    desk, campaign = desk_of(request), f"{brand}/{name}"
    exports = desk.exporter.of(campaign)
    return render_part(request, "parts/exports.html", exports=exports, campaign=campaign)


def _total(asked: Asked, choices: Choices) -> int:
    """Return how many ads pass: the choices of a status are counted under all other filters."""
    statuses = asked.filters.statuses or choices.statuses
    return sum(choices.statuses.get(status, 0) for status in statuses)


def _menus(asked: Asked, choices: Choices) -> list[dict[str, object]]:
    """Return each menu of filters, what is chosen first, also what shows nothing any more."""
    menus = []
    for name, field, title in MENUS:
        chosen: tuple[str, ...] = getattr(asked.filters, field)
        counts: dict[str, int] = getattr(choices, field)
        values = [*chosen, *(value for value in counts if value not in chosen)]
        rows = [(value, counts.get(value, 0), value in chosen) for value in values]
        menus.append({"name": name, "title": title, "rows": rows, "chosen": len(chosen)})
    return menus
