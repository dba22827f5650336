"""What people ask to be made otherwise than the brief says: the ads of a slot with another seed or hook."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.brief import Seed, Text
from schemas.record import Record


class Slot(NamedTuple):
    """What an ad of a campaign is for; of two ads of one slot the newer replaces the other."""

    product: str
    locale: str
    placement: str
    variant: str


class Change(Record):
    """What is otherwise than in the brief; neither seed nor hook: nothing."""

    seed: Seed | None = None
    """Of the ad's shots; None: the brief's."""
    hook: Text = ""
    """In place of the hook of the locale's copy, and may use the same fields; empty: the brief's."""

    @property
    def is_nothing(self) -> bool:
        """Whether the ad is as the brief says."""
        return self.seed is None and not self.hook

    @property
    def words(self) -> str:
        """What is otherwise, for people."""
        seed = "" if self.seed is None else f"seed {self.seed}"
        hook = f"hook “{self.hook}”" if self.hook else ""
        return " and ".join(filter(None, (seed, hook))) or "as in the brief"

    def after(self, before: "Change") -> "Change":
        """Return what counts once this is asked of an ad for which *before* counted.

        What this does not say stays as it was; a change that says nothing takes everything back.
        """
        if self.is_nothing:
            return self
        seed = before.seed if self.seed is None else self.seed
        return Change(seed=seed, hook=self.hook or before.hook)


class Asked(Record):
    """A change as somebody asked for it."""

    number: int
    """Of the request; later ones have higher numbers."""
    campaign: str
    slot: Slot
    ad: str
    """Key of the ad that was looked at."""
    change: Change
    """All that is otherwise from then on, also by earlier requests."""
    by: str
    comment: str
    at: datetime


class Answer(Record):
    """What a plan makes of a change."""

    ad: str
    """Key of the slot's ad in the plan."""
    asked: Asked
    left_out: str = ""
    """Why the ad stays as the brief says; empty where it is changed."""

    @property
    def facts(self) -> dict[str, Any]:
        """What JSON for people's scripts tells of it."""
        about = self.asked.model_dump(mode="json", include={"by", "comment", "at"})
        change = self.asked.change.model_dump(mode="json")
        return {**change, **about, "asked_about": self.asked.ad, "left_out": self.left_out}


class PendingChange(Record):
    """A change that the campaign's latest run left out."""

    asked: Asked
    left_out: str
    """Why it did."""


class WaitingChanges(Record):
    """The changes that the ads of a campaign's latest run do not show."""

    pending: int
    """How many ads the next run makes otherwise."""
    left_out: tuple[PendingChange, ...]
    """The first few that the latest run left out."""
