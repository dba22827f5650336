"""Turns templates into pages: every text is escaped, and times, sizes and states are put into words."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.decisions import LINE_MAX
from flows.review.asked import STATUSES, campaign_address
from flows.review.desk import desk_of
from flows.spoken import about, counted, in_bytes
from schemas.brief import TEXT_MAX
from schemas.placements import PLACEMENTS
from storage.gallery_rows import Status

HERE = Path(__file__).parent
STATIC = HERE / "static"
WORDS: dict[Status, str] = {
    "to_review": "To review",
    "approved": "Approved",
    "rejected": "Rejected",
    "broken": "Breaks a rule",
    "failed": "Failed",
    "quarantined": "Quarantined",
    "blocked": "Blocked",
    "cancelled": "Cancelled",
    "making": "Not made yet",
}
"""What people read for a status."""
_SHAPE = "r-{0}x{1}"
_NETWORKS = {"tiktok": "TikTok", "youtube": "YouTube", "linkedin": "LinkedIn", "dv360": "DV360", "ctv": "CTV"}
"""Written otherwise than with one capital letter."""


def render(request: Request, template: str, status: int = 200, **facts: object) -> HTMLResponse:
    """Return the page that *template* makes of *facts* for whoever asks, with what they are to be told."""
    told = desk_of(request).told
    telling = told.take(request)
    page = render_part(request, template, status, telling=telling, **facts)
    if telling:
        told.forget(page)
    return page


def render_part(request: Request, template: str, status: int = 200, **facts: object) -> HTMLResponse:
    """Return the part of a page that *template* makes of *facts*."""
    state = request.state
    asker = {name: getattr(state, name, "") for name in ("person", "csrf", "may_log_out")}
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"{request.url.path}{query}" if request.method == "GET" else "/"
    place = {"path": request.url.path, "address": address}
    words = _templates().get_template(template).render(**place, **asker, **facts)
    return HTMLResponse(words, status)


def placement_title(name: str) -> str:
    """Return what people call the placement *name*."""
    return PLACEMENTS[name].title if name in PLACEMENTS else name.replace("_", " ")


def short_name(name: str) -> str:
    """Return the name of a placement or platform as a card has room for it: ``meta_reels`` is Meta reels."""
    first, *rest = name.split("_")
    return " ".join((_NETWORKS.get(first, first.capitalize()), *rest))


def shape(placement: str) -> str:
    """Return the class that gives a card the ratio of *placement*; a name of old is shown upright."""
    row = PLACEMENTS.get(placement)
    return _SHAPE.format(*row.ratio.split(":")) if row else _SHAPE.format(9, 16)


@cache
def shapes_css() -> str:
    """Return the stylesheet with a class for the ratio of every placement: pages may hold no styles."""
    ratios = sorted({row.ratio for row in PLACEMENTS.values()})
    pairs = [ratio.split(":") for ratio in ratios]
    return "".join(
        f".{_SHAPE.format(width, height)}{{--ratio:{int(width) / int(height):.5f}}}\n"
        for width, height in pairs
    )


def moment(at: datetime | None) -> str:
    """Return *at* as people read it, in UTC."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if at else ""


def ago(at: datetime | None) -> str:
    """Return how long ago *at* was."""
    if at is None:
        return ""
    passed = max(datetime.now(UTC) - at, timedelta())
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(days=60):
        return about(passed.total_seconds()).removeprefix("about ") + " ago"
    return f"{at:%-d %b %Y}"


def clock(seconds: float) -> str:
    """Return *seconds* as players show them: 0:06."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@cache
def static(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


@cache
def _templates() -> Environment:
    room = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "about": about,
        "ago": ago,
        "bytes": in_bytes,
        "campaign_address": campaign_address,
        "clock": clock,
        "counted": counted,
        "moment": moment,
        "placement": placement_title,
        "shape": shape,
        "short_name": short_name,
    }
    room.filters |= filters
    room.globals |= {"WORDS": WORDS, "STATUSES": STATUSES, "static": static}
    room.globals |= {"LINE_MAX": LINE_MAX, "TEXT_MAX": TEXT_MAX}
    return room
