"""What follows from a failed attempt: once more, or the end. Pure, so that every rule is seen and tested."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.work import Verdict

End = Literal["failed", "quarantined"]

_ATTEMPTS_MAX: Mapping[Verdict, int] = {"transient": 5, "memory": 4, "lost": 5}
"""Attempts that may end so; the last ends the item. A memory error gets smaller settings each time."""
_CRASHES_MAX = 2
"""Workers that an item may kill or hang."""
_FIRST_PAUSE, _PAUSE_MAX = 2.0, 30.0
"""Seconds before a transient error is tried again; doubled each time: half a minute, for a failover."""


class Again(NamedTuple):
    """Try it once more."""

    seconds: float
    """Not before this many from now."""


class GiveUp(NamedTuple):
    """It cannot be made in this run; a quarantined item is not tried by the next one either."""

    state: End
    reason: str


@dataclass(slots=True)
class Tries:
    """How an item's attempts have ended so far, with those of runs that died before they could judge it."""

    ends: Counter[Verdict] = field(default_factory=Counter)

    @property
    def shrink(self) -> int:
        """How much smaller its settings have become."""
        return self.ends["memory"]

    @property
    def suspect(self) -> bool:
        """Whether it was being made when a run died; such items go last, so that others are safe first."""
        return self.ends["lost"] > 0

    @property
    def spent(self) -> GiveUp | None:
        """Why it is not even begun: it was being made each time that a run died."""
        if self.ends["lost"] < _ATTEMPTS_MAX["lost"]:
            return None
        return GiveUp("quarantined", f"it was being made the last {self.ends['lost']} times that a run died")

    def note(self, verdict: Verdict, reason: str) -> Again | GiveUp:
        """Count an attempt that ended with *verdict* and say what follows."""
        self.ends[verdict] += 1
        return self.judge(verdict, reason)

    def judge(self, verdict: Verdict, reason: str) -> Again | GiveUp:
        """Say what follows from *verdict* and what came before it."""
        if verdict == "permanent":
            return GiveUp("failed", reason)
        if verdict in {"crash", "timeout"}:
            crashes = self.ends["crash"] + self.ends["timeout"]
            if crashes < _CRASHES_MAX:
                return Again(0.0)
            return GiveUp("quarantined", f"it stopped {crashes} workers: {reason}")
        if self.ends[verdict] >= _ATTEMPTS_MAX.get(verdict, 1):
            state: End = "quarantined" if verdict == "lost" else "failed"
            return GiveUp(state, f"{reason} ({self.ends[verdict]} attempts)")
        pause = _FIRST_PAUSE * 2 ** (self.ends[verdict] - 1) if verdict == "transient" else 0.0
        return Again(min(pause, _PAUSE_MAX))
