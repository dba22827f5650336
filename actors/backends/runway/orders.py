"""Has one shot made by Runway, and paid for once, whatever breaks in between.

A task costs money from the moment it is created, so its id is noted at once and a later attempt follows the
same task. The API knows no idempotency key and lists no tasks: where the answer to a creation is lost, nobody
can tell whether there is a task. Then the shot fails and says so; only another run, which a person starts,
asks again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.backends import Notes
from actors.backends.runway.downloads import fetch
from actors.backends.runway.patience import Patience
from actors.backends.runway.tasks import Request, Tasks
from actors.backends.runway.troubles import LostAnswerError, RefusedError, failure, ours, refused
from schemas.errors import GenerationError, ReelmillError, ServiceError, StoppedError

_ASKED = "asked"
"""The note of a creation whose answer has not come yet."""
_FRESH_URLS = 2
"""How often a new address is asked for where the video no longer lies at the old one."""


class Order:
    """The order of one shot; its note holds the id of the task, under the shot's key."""

    def __init__(self, key: str, notes: Notes, tasks: Tasks, patience: Patience) -> None:
        self._key = key
        self._notes = notes
        self._tasks = tasks
        self._patience = patience

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Forget the task where a GenerationError ends the block: another run is to get another."""
        try:
            yield
        except GenerationError:
            self._notes.keep(self._key, "")
            raise

    def settle(self, request: Callable[[], Request], to: Path) -> None:
        """Bring the video to the file *to*: of the task that is noted, or of a new one by *request*.

        Raises GenerationError where there will be none; ServiceError where the service does not answer, and
        the task stays noted; SettingsError for the key or the account; StoppedError, with the task cancelled.
        """
        try:
            task = self._noted() or self._begin(request())
            url = self._await(task)
        except StoppedError:
            self._withdraw()
            raise
        self._fetch(task, url, to)

    def _noted(self) -> str:
        """Return the task that an earlier attempt began; empty where there is none to follow."""
        noted = self._notes.recall(self._key) or ""
        if noted == _ASKED:
            raise self._lost("the worker died meanwhile")
        if noted and self._tasks.look(noted, self._patience).status not in {"GONE", "CANCELLED"}:
            return noted
        return ""

    def _begin(self, request: Request) -> str:
        try:
            task, price = self._patience.insist(lambda: self._create(request), refused)
        except RefusedError as error:
            doing = f"asking {request.model} for shot {self._key[:12]}"
            raise ours(error, doing, self._tasks.key) from error
        except LostAnswerError as error:
            raise self._lost(str(error)) from error
        if price > request.credits_max:
            self._tasks.cancel(task)
            raise GenerationError(
                f"the service asks up to {price:g} credits for shot {self._key[:12]}, the table reckons with "
                f"{request.credits_max}: the task is cancelled; bring credits_per_second of {request.model} "
                "up to date"
            )
        return task

    def _create(self, request: Request) -> tuple[str, float]:
        # Whatever else comes than a refusal leaves the note, so that no later attempt asks again by itself.
        self._notes.keep(self._key, _ASKED)
        try:
            task, price = self._tasks.create(request)
        except RefusedError:
            self._notes.keep(self._key, "")
            raise
        try:
            self._notes.keep(self._key, task)
        except ReelmillError:
            self._tasks.cancel(task)
            raise
        return task, price

    def _await(self, task: str) -> str:
        state = self._tasks.follow(task, self._patience)
        if state.status == "SUCCEEDED":
            return state.url
        self._notes.keep(self._key, "")
        if state.status == "FAILED":
            raise failure(state.code, state.failure, state.credits)
        raise GenerationError(f"task {task} was cancelled or removed elsewhere; run again for another")

    def _fetch(self, task: str, url: str, to: Path) -> None:
        for _ in range(_FRESH_URLS + 1):
            if url and fetch(url, to, trusted=self._tasks.trusted_host, patience=self._patience):
                self._patience.tell(100)
                return
            url = self._tasks.look(task, self._patience).url
        raise ServiceError(f"the video of task {task} does not lie where the service says")

    def _withdraw(self) -> None:
        """Cancel the task while it waits; one that runs is paid for, so it stays noted."""
        task = self._notes.recall(self._key) or ""
        if not task or task == _ASKED:
            return
        try:
            if not self._tasks.is_unpaid(task):
                return
            self._tasks.cancel(task)
        except ReelmillError:
            return
        self._notes.keep(self._key, "")

    def _lost(self, why: str) -> GenerationError:
        return GenerationError(
            f"shot {self._key[:12]} was asked for, but the answer was lost ({why}): nobody can tell whether "
            "there is a task, and credits spent on it; the history at https://dev.runwayml.com tells. "
            "Another run asks, and pays, once more"
        )
