"""Waits for a service: how often it is asked, how long it is given, and always with an ear for the watch."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from actors.backends import Watch

_Answer = TypeVar("_Answer")


class Pace(NamedTuple):
    """How a service is waited for, in seconds."""

    poll: float = 5.0
    """Until a task is asked about again; Runway gives no news more often."""
    poll_max: float = 15.0
    """What that grows to."""
    back_off: float = 1.0
    """Until a call that failed is tried again; it doubles each time."""
    back_off_max: float = 60.0
    """The longest that a service may ask for with ``Retry-After``; longer is for a later attempt."""
    tries: int = 6
    listen: float = 0.5
    """How long the watch is not asked."""


class Trouble(NamedTuple):
    """Why a call failed, where trying again is safe and may help."""

    retry_after: float | None = None
    """Seconds that the service asks for."""


class Patience:
    """The waiting of one shot; what the watch raises comes out of each of its methods at once."""

    def __init__(self, pace: Pace, watch: Watch) -> None:
        self.pace = pace
        self._watch = watch
        self._percent = 0

    def tell(self, percent: int) -> None:
        """Tell the watch that *percent* of the work are done; it hears of no step back."""
        self._percent = max(self._percent, min(percent, 100))
        self._watch.step(self._percent, 100)

    def rest(self, seconds: float) -> None:
        """Wait *seconds* and, by chance, up to half of them more: workers shall not call together."""
        end = time.monotonic() + seconds * (1 + random.random() / 2)  # noqa: S311 (no secret)
        self.tell(0)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self.pace.listen))
            self.tell(0)

    def insist(self, call: Callable[[], _Answer], judge: Callable[[Exception], Trouble | None]) -> _Answer:
        """Return what *call* does; try again, ever later, while *judge* sees trouble that may pass.

        Raises what the last try did.
        """
        for attempt in range(self.pace.tries):
            self.tell(0)
            try:
                return call()
            except Exception as error:
                trouble = judge(error)
                asked = (trouble.retry_after or 0.0) if trouble else 0.0
                if trouble is None or attempt + 1 == self.pace.tries or asked > self.pace.back_off_max:
                    raise
            self.rest(max(asked, min(self.pace.back_off * 2**attempt, self.pace.back_off_max)))
        raise AssertionError("a pace of no tries")
