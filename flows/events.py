"""What a run tells while it goes on: short values, one line of JSON each."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, PlainSerializer

from actors.lines import Level
from schemas.record import Record
from schemas.work import Kind, Verdict

EventName = Literal[
    "planned", "started", "said", "made", "retrying", "failed", "held", "note", "progress", "ended"
]
Seconds = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 3))]


class Count(Record):
    """How far one stage of a campaign is."""

    wanted: int = 0
    """How many this run is to make; fewer once ads that would show them are given up or held back."""
    there: int = 0
    """How many were there before it began."""
    made: int = 0
    """How many of those wanted are made."""
    failed: int = 0
    """How many of those wanted will not be made: failed, quarantined, blocked, cancelled."""
    rejected: int = 0
    """How many of those wanted are made, but break a rule: they are kept, and not delivered."""
    begun: Annotated[float, PlainSerializer(lambda share: round(share, 2))] = 0.0
    """What is done of those in work, in items, as far as their workers tell."""


class Event(Record):
    """One thing that happened.

    ``planned``   what a campaign has to make (counts, left)
    ``started``   a worker began an item (kind, key, label, model; of an ad, shots)
    ``said``      a worker said something about its item (kind, key, label, worker, level, reason)
    ``made``      an item is there (kind, key, label, model, worker, seconds)
    ``retrying``  an attempt ended badly, the item is tried again (those of ``made``, verdict, reason, wait)
    ``failed``    this run will not make an item (those of ``made``, verdict, state, reason)
    ``held``      the cap holds ads back (number; reason: the sentence that says what more would cost)
    ``note``      a sentence about the run: workers are missing, it was asked to stop (reason)
    ``progress``  every second or so (counts, left)
    ``ended``     a campaign's run is over (state, counts, reason)

    An item that several campaigns share is told to each of them.
    """

    event: EventName
    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    campaign: str = ""
    """Empty for what concerns all."""
    run: int = 0
    """The campaign's run; 0 for what concerns all."""
    kind: Kind | None = None
    key: str = ""
    label: str = ""
    """The item's name for people."""
    model: str = ""
    """Who is to make it: a back-end, an upscaler, a recipe."""
    shots: tuple[str, ...] = ()
    """Keys of the shots that an ad shows."""
    level: Level = "info"
    """How much it matters what a worker said."""
    verdict: Verdict | None = None
    """How the attempt ended."""
    state: str = ""
    """The item's or the run's state from now on, as the catalog has it."""
    reason: str = ""
    worker: str = ""
    """``host/pid``."""
    seconds: Seconds = 0.0
    """How long the attempt took."""
    wait: Seconds = 0.0
    """How long until the item is tried again."""
    left: Seconds | None = None
    """Expected seconds until the campaign is made; None while there is no ground to tell."""
    number: int = 0
    """How many ads it is about."""
    counts: Mapping[Kind, Count] = {}

    def line(self) -> str:
        """Return the event as one line of ASCII; fields that say nothing are left out, counts are whole."""
        facts = self.model_dump(mode="json", exclude_defaults=True)
        whole = {"counts": {kind: count.model_dump() for kind, count in self.counts.items()}}
        return json.dumps(facts | (whole if self.counts else {}))


Progress = Callable[[Event], None]
"""Whoever wants to know how it goes; called from the engine's thread and from those of the flows."""
