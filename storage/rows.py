"""What the catalog answers: rows for people, and small values for those who make and check things."""

from datetime import datetime
from typing import Literal, NamedTuple

from schemas.media import Asset, Clip, Finding, StillFile, StoredFile, VoiceFile
from schemas.plan import Ad
from schemas.record import Record
from schemas.work import Kind

Made = StillFile | Clip | VoiceFile | Asset
RunEnd = Literal["done", "failed", "cancelled", "interrupted", "capped", "lost"]
"""``interrupted``: stopped by a signal. ``capped``: at its budget. ``lost``: its process died."""
Failure = Literal["planned", "failed", "quarantined", "cancelled"]
"""What becomes of something whose attempt failed; ``planned`` is tried again."""
Signal = Literal["running", "cancelled", "lost"]
"""What a heartbeat hears: go on, someone asked to cancel, or the lease is gone."""
Measure = Literal["ads", "seconds", "cpu_seconds", "gpu_seconds", "bytes"]
"""What is foretold of a run. ``seconds``: from its start to its end, without the start of its workers."""
ExportAction = Literal["added", "withdrawn"]
"""What an export did with an ad: it is among its files, or on its list of ads to take down."""
Judgement = Literal["approved", "rejected", "withdrawn"]
"""What a person decided about an ad; ``withdrawn`` takes the decision before it back."""
STANDING: tuple[Judgement, ...] = ("approved", "rejected")
"""Decisions that stand until another is made."""


def key_of(made: Made) -> str:
    """Return the key of what *made* answers."""
    match made:
        case StillFile():
            return made.still
        case Clip():
            return made.shot
        case VoiceFile():
            return made.narration
        case Asset():
            return made.ad


def files_of(made: Made) -> tuple[StoredFile, ...]:
    """Return the files that *made* tells of: its own, and the captions of an ad."""
    return (made.file, *made.captions) if isinstance(made, Asset) else (made.file,)


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
    """Why it is not made, or is rejected; empty otherwise."""
    name: str = ""
    """Name of its file in the blob store; empty until it is made."""
    bytes: int = 0
    sha256: str = ""
    seconds: float = 0.0
    """Length of the video; 0 until it is made."""
    captions: tuple[str, ...] = ()
    """Names of its caption files in the blob store."""
    findings: tuple[Finding, ...] = ()
    """Rules that it breaks; with one that rejects, its state is ``rejected``."""


class CampaignRow(Record):
    """A campaign and the state of its latest run."""

    name: str
    run: int
    state: str
    """Of the latest run; ``lost`` also where its owner is dead and nobody has noted it yet."""
    counts: dict[str, int]
    """How many ads of the latest run are in each state; states without ads are left out."""
    started_at: datetime
    """Of the latest run, UTC."""
    ended_at: datetime | None
    """None while it runs; of a lost run, the last that was heard of it."""


class LiveRun(Record):
    """A run whose owner is alive, as far as anyone can tell."""

    campaign: str
    run: int
    host: str
    """Of its owner; so is *pid*."""
    pid: int
    started_at: datetime
    beat_at: datetime
    """Its last heartbeat, by the database's clock."""
    silent_seconds: float
    """Since then."""


class Taken(Record):
    """A brief that came by the inbox."""

    content: str
    """What it is known by: brief and media, whatever they are called."""
    campaign: str
    source: str
    """Path or ``s3://`` address of the brief."""


class FileRow(Record):
    """A file that the blob store should hold."""

    name: str
    kind: Kind
    sha256: str
    bytes: int


class Claim(NamedTuple):
    """The answer to whoever wants to make something; neither: another live run is making it."""

    attempt: int
    """Number of the attempt; 0 where it is not to be made."""
    made: Made | None
    """What is there already."""


class Pace(Record):
    """How long recent attempts took: sums over all of them."""

    seconds: float
    work: float
    """Megapixels x frames, or characters."""
    count: int


class Size(Record):
    """How large recent files came out: sums over all that are still there."""

    bytes: int
    work: float
    """As in Pace."""


class Foretold(NamedTuple):
    """What is foretold of a run in one measure."""

    plain: float
    """Before it was corrected by what earlier forecasts were off by."""
    told: float


class PastForecast(Record):
    """What was foretold of a run that made all it was to make, alone, and what came."""

    run: int
    campaign: str
    known: float
    """Share, 0 to 1, of the work that was foretold from attempts."""
    plain: dict[Measure, float]
    told: dict[Measure, float]
    came: dict[Measure, float]


class Cost(Record):
    """What the attempt took that made a thing."""

    seconds: float
    """On the wall clock, of its worker."""
    gpu_seconds: float


class BriefRow(Record):
    """What the latest run of a campaign was made from."""

    campaign: str
    brief: str
    """The brief as JSON."""
    source: str
    """Where it was read; empty where nobody knows."""
    live: bool
    """Whether the run goes on."""


class ListedAd(NamedTuple):
    """An ad of a campaign's latest run, in few bytes: there may be ten thousand of them."""

    key: str
    campaign: str
    product: str
    locale: str
    placement: str
    variant: str
    revision: int
    """The how manieth ad it is of this product, locale, placement and variant, from 1 up."""

    @property
    def place(self) -> tuple[str, ...]:
        """What an ad is for; two ads of one place replace each other."""
        return self[1:6]


class Candidate(Record):
    """An ad that may be exported, with all that is known of it."""

    ad: Ad
    state: str
    error: str
    asset: Asset | None
    """None until it is made."""
    made_at: datetime


class ExportedAd(NamedTuple):
    """An ad that lies at a destination."""

    key: str
    campaign: str
    product: str
    locale: str
    placement: str
    variant: str
    name: str
    """Of its files there, without suffix."""
    sha256: str
    exported_at: datetime

    @property
    def place(self) -> tuple[str, ...]:
        """What it is for."""
        return self[1:6]


class ExportItemRow(NamedTuple):
    """What an export did with one ad."""

    ad: str
    action: ExportAction
    name: str
    sha256: str
    bytes: int
    reason: str


class ExportRow(Record):
    """An export that was begun."""

    export: int
    started_at: datetime
    resumed: bool
    """Whether an earlier process began it and died."""


class DecisionRow(Record):
    """What a person decided about an ad."""

    ad: str
    decision: Judgement
    by: str
    comment: str
    at: datetime
