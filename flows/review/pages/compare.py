"""A few ads side by side, with what differs in words."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.difference import Difference, differences
from flows.review.asked import read_key
from flows.review.desk import desk_of
from flows.review.pages.ad import sidecar_of
from flows.review.rendering import render
from flows.review.trouble import PageError, no_such_ad
from schemas.sidecar import Sidecar
from storage.gallery_rows import GalleryAd

router = APIRouter()

_MOST = 4
_SHOWN_MAX = 60
"""Differences that the page names; `reelmill diff` has all."""


class Against(NamedTuple):
    """How an ad differs from the first one."""

    ad: GalleryAd
    found: tuple[Difference, ...]
    more: int
    """Differences that are not shown."""
    lack: str
    """Why they cannot be told; empty otherwise."""


@router.get("/compare")
def compare(request: Request) -> HTMLResponse:
    """Show two to four ads; for one, it and its variants."""
    desk = desk_of(request)
    keys = [*dict.fromkeys(map(read_key, request.query_params.getlist("ad")))]
    if len(keys) == 1:
        keys += [one.key for one in desk.catalog.siblings(keys[0]) if one.key != keys[0]][: _MOST - 1]
    if not 1 < len(keys) <= _MOST:
        cure = "Select two to four ads in the gallery, or open an ad that has variants."
        raise PageError(400, f"{len(keys)} ads cannot stand side by side", cure)
    ads = desk.catalog.gallery_ads(keys)
    if missing := {*keys} - {one.key for one in ads}:
        raise no_such_ad(min(missing))
    sidecars = [sidecar_of(one, desk) for one in ads]
    first, lack = sidecars[0]
    against = [_against(first, lack, one, *sidecar) for one, sidecar in zip(ads, sidecars, strict=True)]
    return render(request, "compare.html", ads=ads, against=against[1:])


def _against(
    first: Sidecar | None, first_lack: str, ad: GalleryAd, other: Sidecar | None, lack: str
) -> Against:
    if first is None or other is None:
        return Against(ad, (), 0, lack or first_lack)
    found = differences(first, other)
    return Against(ad, found[:_SHOWN_MAX], len(found[_SHOWN_MAX:]), "")
