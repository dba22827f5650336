"""The first page: every campaign with its pictures, what is decided and how its latest run went."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.review.asked import read_number
from flows.review.desk import Desk, desk_of
from flows.review.paging import last_page, pages_around
from flows.review.rendering import render
from storage.gallery_rows import Filters, GalleryAd, Status
from storage.rows import CampaignRow

_PAGE_SIZE = 24
_POSTERS = 3
"""Of ads on different placements, so that they do not look the same."""
_LOOKED_AT = 6
_PAGES_MAX = 10_000

router = APIRouter()


class Summary(NamedTuple):
    """A campaign as the first page shows it."""

    row: CampaignRow
    posters: tuple[GalleryAd, ...]
    """A few of its ads that are made."""
    statuses: Mapping[Status, int]

    @property
    def ads(self) -> int:
        """How many ads its latest run has."""
        return sum(self.statuses.values())


@router.get("/")
def campaigns(request: Request) -> HTMLResponse:
    """Show the campaigns, the one with the newest run first."""
    desk = desk_of(request)
    number = read_number("page", request.query_params.get("page", "1"), _PAGES_MAX)
    rows = sorted(desk.catalog.campaigns(), key=lambda row: row.started_at, reverse=True)
    last = last_page(number, len(rows), _PAGE_SIZE)
    first = (number - 1) * _PAGE_SIZE
    statuses = desk.catalog.statuses()
    shown = [_summary(row, statuses[row.name], desk) for row in rows[first : first + _PAGE_SIZE]]
    return render(
        request,
        "campaigns.html",
        campaigns=shown,
        total=len(rows),
        number=number,
        pages=pages_around(number, last),
        last=last,
        page_address=lambda page: f"/?page={page}",
    )


def _summary(row: CampaignRow, statuses: Mapping[Status, int], desk: Desk) -> Summary:
    made = Filters(campaign=row.name, statuses=("to_review", "approved"))
    by_placement: dict[str, GalleryAd] = {}
    for ad in desk.first(made, _LOOKED_AT):
        by_placement.setdefault(ad.placement, ad)
    return Summary(row, tuple(by_placement.values())[:_POSTERS], statuses)
