"""Exports from the review page: one at a time, beside it; what came of each is shown until dismissed."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Literal

from flows.export.exporting import Outcome, export_ads
from flows.export.holding import in_words
from flows.export.request import Request
from flows.review.trouble import PageError
from flows.spoken import counted, in_bytes
from schemas.errors import ReelmillError
from schemas.record import Record
from schemas.settings import Settings

HELD_MAX = 200
"""Ads that the page names; the export's own list has all."""
_FILES_MAX = 200
_JOBS_MAX = 50
"""Kept at once; whoever asks for more dismisses some first."""
_BUSY = "An export of this campaign for this platform is already on its way"
_log = logging.getLogger("reelmill.review")


class HeldAd(Record):
    """An ad that an export held back."""

    key: str
    label: str
    reason: str


class Export(Record):
    """One export that somebody asked for."""

    number: int
    campaign: str
    platform: str
    by: str
    asked_at: datetime
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    words: str = "waits for the export before it"
    """How far it is, what came of it, or why it failed."""
    folder: str = ""
    """Where it lies; empty where nothing was written."""
    files: tuple[str, ...] = ()
    """Names and sizes of the first of its files."""
    held: tuple[HeldAd, ...] = ()
    held_all: int = 0
    why: str = ""
    """How many are held back for which reason."""
    withdrawn: tuple[str, ...] = ()
    """Names of what is to be taken down, each with the reason."""
    notes: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in {"done", "failed"}


class Exporter:
    """Runs exports one after another in a thread of its own; for many threads.

    A process that ends in the midst of one leaves it to the next export to the same place, which goes on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exports: dict[int, Export] = {}
        self._numbers = count(1)
        self._lock = Lock()
        self._queue: SimpleQueue[tuple[int, Request]] = SimpleQueue()
        self._thread: Thread | None = None

    def begin(self, request: Request, by: str) -> Export:
        """Have *request*, of one campaign, exported in its turn. Raises PageError where it may not be."""
        (campaign,) = request.campaigns
        with self._lock:
            live = [one for one in self._exports.values() if not one.over]
            if any(one.campaign == campaign and one.platform == request.platform for one in live):
                raise PageError(409, _BUSY, "Wait until it has ended; the page shows how far it is.")
            if len(self._exports) >= _JOBS_MAX:
                raise PageError(
                    409, f"{_JOBS_MAX} exports are shown", "Dismiss some of them, then try again."
                )
            number, at = next(self._numbers), datetime.now(UTC)
            export = Export(number=number, campaign=campaign, platform=request.platform, by=by, asked_at=at)
            self._exports[number] = export
            self._queue.put((number, request))
            if self._thread is None:
                # A daemon: whoever stops the page need not wait, for the next export goes on with this one.
                self._thread = Thread(target=self._work, name="exports", daemon=True)
                self._thread.start()
        return export

    def of(self, campaign: str) -> list[Export]:
        """Return the exports of *campaign* that nobody has dismissed, the latest first."""
        with self._lock:
            return [one for one in reversed(self._exports.values()) if one.campaign == campaign]

    def dismiss(self, number: int) -> str:
        """Show export *number* no more, if it has ended; return its campaign, empty where there is none."""
        with self._lock:
            export = self._exports.get(number)
            if export and export.over:
                del self._exports[number]
        return export.campaign if export else ""

    def _work(self) -> None:
        while True:
            number, request = self._queue.get()
            self._note(number, state="running", words="looks at what is new")
            self._note(number, **self._run(number, request))

    def _run(self, number: int, request: Request) -> dict[str, object]:
        """Return what to note of the export of *request*."""
        try:
            outcome = export_ads(request, self._settings, self._teller(number))
        except ReelmillError as error:
            return {"state": "failed", "words": str(error)}
        except Exception as error:  # noqa: BLE001 (the boundary of one export: the thread lives on)
            _log.exception("the export of %s for %s broke off", request.campaigns[0], request.platform)
            return {"state": "failed", "words": f"it broke off: {type(error).__name__}: {error}"}
        return _facts(outcome)

    def _teller(self, number: int) -> Callable[[str], None]:
        return lambda words: self._note(number, words=words)

    def _note(self, number: int, **changes: object) -> None:
        with self._lock:
            if export := self._exports.get(number):
                self._exports[number] = export.model_copy(update=changes)


def _facts(outcome: Outcome) -> dict[str, object]:
    choice = outcome.choice
    exported = outcome.bundle.exported if outcome.bundle else []
    files = outcome.bundle.files if outcome.bundle else []
    named = [f"{one.name}.mp4" for one in exported]
    named += [f"{file.name} ({in_bytes(file.bytes)})" for file in files]
    held = choice.held[:HELD_MAX]
    return {
        "state": "done",
        "words": f"{counted(len(exported), 'ad')} exported, {choice.unchanged:,} there already, "
        f"{len(choice.withdrawn):,} to take down, {len(choice.held):,} held back",
        "folder": outcome.folder,
        "files": tuple(named[:_FILES_MAX]),
        "held": tuple(
            HeldAd(key=one.listed.key, label=" · ".join(one.listed.place[1:]), reason=one.hold.reason)
            for one in held
        ),
        "held_all": len(choice.held),
        "why": in_words(one.hold.kind for one in choice.held),
        "withdrawn": tuple(f"{one.ad.name}: {one.reason}" for one in choice.withdrawn[:HELD_MAX]),
        "notes": tuple(choice.notes),
    }
