"""What the catalog tells people: an ad's row and a campaign's row."""

from datetime import datetime

from schemas.record import Record


class AdRow(Record):
    """An ad and what became of it."""

    key: str
    campaign: str
    product: str
    locale: str
    placement: str
    variant: str
    state: str
    error: str
    """Why it is not made; empty otherwise."""
    name: str = ""
    """Name of its file in the blob store; empty until it is made."""
    bytes: int = 0
    sha256: str = ""
    seconds: float = 0.0
    """Length of the video; 0 until it is made."""


class CampaignRow(Record):
    """A campaign and the state of its latest run."""

    name: str
    run: int
    state: str
    """Of the latest run."""
    counts: dict[str, int]
    """How many ads of the latest run are in each state; states without ads are left out."""
    started_at: datetime
    """Of the latest run, UTC."""
    ended_at: datetime | None
    """None while it runs, and for ever if it was killed."""
