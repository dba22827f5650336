"""The cap on GPU-seconds: whole ads first, and never more than one item a worker beyond it. Pure."""

import math


class Budget:
    """What a campaign may spend, has spent, and has promised to items that are not made yet; GPU-seconds."""

    def __init__(self, cap: float | None, spent: float = 0.0) -> None:
        """Start with what earlier runs of the campaign have *spent*; no *cap* is no limit."""
        self.cap = math.inf if cap is None else cap
        self.spent = spent
        self.held = 0
        """Ads held back."""
        self._promised: dict[str, float] = {}
        self._lacking: dict[str, float] = {}

    def admits(self, costs: dict[str, float]) -> bool:
        """Promise the items of an ad, *costs* by key, if all of them fit under the cap; else promise none."""
        new = {key: cost for key, cost in costs.items() if cost and key not in self._promised}
        if new and self.spent + sum(self._promised.values()) + sum(new.values()) > self.cap:
            return False
        self._promised |= new
        return True

    def may_start(self, running: float) -> bool:
        """Tell whether another item may start while items worth *running* are being made."""
        return self.spent + running < self.cap

    def pay(self, seconds: float) -> None:
        """Note an attempt's GPU-seconds, whatever came of it."""
        self.spent += seconds

    def settle(self, key: str) -> None:
        """Forget what was promised to *key*: it is made, or never will be."""
        self._promised.pop(key, None)

    def hold(self, costs: dict[str, float]) -> None:
        """Note an ad that is held back, with the *costs* of what it lacks, by key."""
        self.held += 1
        self._lacking |= costs

    @property
    def sentence(self) -> str:
        """What was held back and what it would cost; empty where nothing was."""
        if not self.held:
            return ""
        ads = "1 ad stays" if self.held == 1 else f"{self.held} ads stay"
        more = sum(cost for key, cost in self._lacking.items() if key not in self._promised)
        return (
            f"{ads} planned: budget.gpu_seconds is {self.cap:g}, {self.spent:.0f} are spent; about "
            f"{math.ceil(more)} more would make the rest: set it to {math.ceil(self.spent + more)}, then "
            f"run again"
        )
