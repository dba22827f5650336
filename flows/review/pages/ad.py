"""One ad in full: the video with its safe zone, its checks, its recipe, its history, and the decision."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.review.asked import read_asked, read_key
from flows.review.desk import Desk, desk_of
from flows.review.recipe import read_recipe
from flows.review.rendering import render
from flows.review.trouble import no_such_ad
from flows.review.verdicts import verdicts_of
from flows.sidecars import read_sidecar
from schemas.errors import BriefError
from schemas.placements import PLACEMENTS
from schemas.sidecar import Sidecar
from storage.gallery_rows import GalleryAd

router = APIRouter()

_USES_MAX = 6
"""Ads that are named for each shot."""


@router.get("/ads/{key}")
def ad(request: Request, key: str) -> HTMLResponse:
    """Show one ad; the filters in the address say which come before and after it."""
    desk, key = desk_of(request), read_key(key)
    shown = desk.ad(key)
    asked = read_asked(shown.campaign, request.query_params)
    planned = desk.catalog.planned_ads([key]).get(key)
    if planned is None:
        raise no_such_ad(key)
    sidecar, lack = sidecar_of(shown, desk)
    asset = desk.catalog.assets_made([key]).get(key)
    neighbours = desk.catalog.neighbours(asked.filters, key)
    siblings = [one for one in desk.catalog.siblings(key) if one.key != key]
    composition, row = planned.composition, PLACEMENTS.get(shown.placement)
    return render(
        request,
        "ad.html",
        ad=shown,
        asked=asked,
        asset=asset,
        composition=composition,
        groups=verdicts_of(asset, composition, shown.placement) if asset else (),
        recipe=read_recipe(planned, sidecar),
        lack=lack,
        uses=desk.catalog.shot_uses(planned.shots, besides=key, most=_USES_MAX),
        story=desk.catalog.ad_story(key),
        siblings=siblings,
        compared=compare_query([key, *(one.key for one in siblings)]),
        before=neighbours.before,
        after=neighbours.after,
        safe=row.safe if row and (row.width, row.height) == (composition.width, composition.height) else None,
        vtt=any(file.name.endswith(".vtt") for file in asset.captions) if asset else False,
    )


def sidecar_of(ad: GalleryAd, desk: Desk) -> tuple[Sidecar | None, str]:
    """Return the sidecar of *ad*, or None and why there is none that can be read."""
    if not ad.file:
        return None, "The recipe of its shots is known once it is made."
    try:
        return read_sidecar(ad.key, desk.blobs), ""
    except BriefError as error:
        return None, str(error)


def compare_query(keys: list[str], most: int = 4) -> str:
    """Return the query of the page that shows *keys*, the first *most*, side by side."""
    return urlencode([("ad", key) for key in keys[:most]])
