"""What people set going from the pages: an export of what is approved, another run, or the end of one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from flows.export.platforms import PLATFORMS
from flows.export.request import read_request
from flows.review.asked import campaign_address
from flows.review.desk import desk_of, person_of
from flows.review.making import start_run
from flows.review.trouble import PageError
from schemas.wording import shown, suggestion

router = APIRouter()


@router.post("/campaigns/{brand}/{name}/export")
def export(request: Request, brand: str, name: str, platform: Annotated[str, Form()] = "") -> Response:
    """Export what is approved of a campaign to where the settings say, beside the pages."""
    desk, campaign = desk_of(request), f"{brand}/{name}"
    if platform not in PLATFORMS:
        raise PageError(422, f"{shown(platform)} is no platform", suggestion(platform, PLATFORMS))
    desk.check_campaign(campaign)
    order = read_request(
        (campaign,), desk.settings.exports, platform, approved_only=True, settings=desk.settings
    )
    desk.exporter.begin(order, person_of(request))
    words = f"The approved ads are exported for {platform}; what comes of it is shown here."
    return desk.told.lead(campaign_address(campaign), words)


@router.post("/exports/{number}/dismiss")
def dismiss(request: Request, number: int) -> Response:
    """Show an export that has ended no more."""
    desk = desk_of(request)
    campaign = desk.exporter.dismiss(number)
    words = "The export is shown no more; its files stay." if campaign else "That export was gone already."
    return desk.told.lead(campaign_address(campaign) if campaign else "/", words)


@router.post("/campaigns/{brand}/{name}/make")
def make(request: Request, brand: str, name: str) -> Response:
    """Run the campaign again, with the changes that were asked for."""
    desk, campaign = desk_of(request), f"{brand}/{name}"
    desk.check_campaign(campaign)
    return desk.told.lead(campaign_address(campaign), start_run(campaign, desk.settings))


@router.post("/campaigns/{brand}/{name}/cancel")
def cancel(request: Request, brand: str, name: str) -> Response:
    """Ask the run of a campaign to stop."""
    desk, campaign = desk_of(request), f"{brand}/{name}"
    desk.check_campaign(campaign)
    if desk.catalog.ask_to_cancel(campaign):
        words = "The run was asked to stop: it ends within seconds, and what is made stays."
    else:
        words = "No run of this campaign lives; what was not made is cancelled."
    return desk.told.lead(campaign_address(campaign), words)
