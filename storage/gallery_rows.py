"""What the catalog answers for the review page: ads as people see them, their stories, how a run goes."""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from schemas.record import Record
from schemas.work import Kind

Status = Literal[
    "to_review",
    "approved",
    "rejected",
    "broken",
    "failed",
    "quarantined",
    "blocked",
    "cancelled",
    "making",
]
"""What an ad is to people. ``to_review``: made, and nobody has decided. ``approved``, ``rejected``: somebody
has. ``broken``: it breaks a rule. ``making``: planned or running. The others are states of its row."""
Deed = Literal["planned", "attempt", "made", "decision", "export", "change"]
"""What a line of an ad's story tells of."""

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
"""Text of a stranger; PostgreSQL holds no NUL."""
Texts = Annotated[tuple[Text, ...], Field(max_length=500)]


class Filters(Record):
    """Which ads of a campaign a person looks at; an empty field lets any pass.

    Raises ValidationError where one is too long, or the campaign is not named.
    """

    campaign: Annotated[Text, Field(min_length=1)]
    placements: Texts = ()
    locales: Texts = ()
    variants: Texts = ()
    products: Texts = ()
    statuses: Annotated[tuple[Status, ...], Field(max_length=50)] = ()
    text: Text = ""
    """Words that must all be there: in the product's id, its title, a caption, or as the key's start."""
    all_runs: bool = False
    """Whether ads of earlier runs pass that the campaign's latest run does not want."""


class GalleryAd(Record):
    """An ad as people see it."""

    key: str
    campaign: str
    product: str
    title: str
    """Of the product; empty where nobody knows."""
    locale: str
    placement: str
    variant: str
    status: Status
    state: str
    error: str
    """Why it is not made, or what it breaks; empty otherwise."""
    by: str = ""
    """Who made the decision that stands; empty where none does, as the next two."""
    comment: str = ""
    decided_at: datetime | None = None
    seconds: float = 0.0
    """Length of the video; 0 until it is made, so are the next two."""
    width: int = 0
    height: int = 0
    file: str = ""
    """Name of its video in the blob store; empty until it is made."""
    composition: str
    changed: bool = False
    """Whether somebody asked for it to be otherwise than in the brief, and it was planned so."""


class GalleryPage(Record):
    """Some of the ads that pass, in order."""

    ads: tuple[GalleryAd, ...]
    total: int
    """How many pass."""


class Choices(Record):
    """For each filter its values, each with the number of ads that it would show under the other filters."""

    placements: dict[str, int]
    locales: dict[str, int]
    variants: dict[str, int]
    products: dict[str, int]
    """The first few hundred by id, and those that are chosen."""
    statuses: dict[Status, int]


class Neighbours(NamedTuple):
    """The keys before and after an ad; empty at the ends."""

    before: str
    after: str


class ShotUses(Record):
    """Where a shot is seen."""

    ads: tuple[GalleryAd, ...]
    """The first few."""
    total: int
    """Of all ads that show it."""


class StoryLine(Record):
    """Something that happened to an ad."""

    at: datetime
    deed: Deed
    who: str
    """A person or a host; empty where nobody knows."""
    words: str
    """A sentence for people."""


class KindProgress(Record):
    """How far a run is with one kind of thing."""

    wanted: int
    """All of its ads; of what ads are made from, that which they lacked when it began."""
    made: int
    """By whomever: ads also before it."""
    rejected: int = 0
    """Of what is made: ads that break a rule."""
    failed: int = 0
    """Failed, quarantined, blocked or cancelled."""
    running: int = 0
    waiting: int = 0
    """The rest."""


class Doing(Record):
    """Something that is being made right now."""

    kind: Kind
    key: str
    label: str
    model: str
    """What makes it."""
    worker: str
    """Where; empty where nobody knows."""
    since: datetime


class RunProgress(Record):
    """How the latest run of a campaign goes, as its rows tell."""

    campaign: str
    run: int
    state: str
    """``lost`` also where its owner is dead and nobody has noted it yet."""
    live: bool
    """Whether its owner is alive, as far as anyone can tell."""
    host: str
    """Of its owner; empty where nobody knows."""
    started_at: datetime
    ended_at: datetime | None
    kinds: dict[Kind, KindProgress]
    """Without those of which nothing was wanted, or nobody noted what was."""
    gpu_seconds: float
    """What its attempts took, the failed ones too."""
    left: float | None
    """Expected seconds until it ends; None where it is not live, or nothing tells."""
    doing: tuple[Doing, ...]
    """The first few of what is being made, the oldest first."""
