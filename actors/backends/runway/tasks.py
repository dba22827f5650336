"""Speaks with Runway's API: starts tasks, follows them, and lends it files.

The official SDK does the talking (5.24.0), but none of its own retries: it would send a POST a second time
whose answer was lost, and a task would be paid for twice.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import runwayml
from runwayml import APIConnectionError, APIStatusError, NotFoundError, RunwayMLError

from actors.backends.runway.downloads import is_local
from actors.backends.runway.patience import Patience
from actors.backends.runway.troubles import LostAnswerError, bad_key, of_creation, ours, passing

_TIMEOUT = httpx.Timeout(60, connect=10)
_ID = re.compile(r"[\w-]{1,128}", re.ASCII)
"""An id becomes part of an address, and comes from outside."""
_ENDS = {"SUCCEEDED", "FAILED", "CANCELLED", "GONE"}
_UNPAID = {"PENDING", "THROTTLED"}
"""States in which a task costs nothing yet; one that runs is not refunded."""


class Request(NamedTuple):
    """What is asked of the service."""

    endpoint: str
    """``text_to_video``, ``image_to_video`` or ``video_to_video``."""
    model: str
    asks: dict[str, Any]
    """The other parameters, by the SDK's names."""
    credits_max: int
    """What the task may cost at most."""


class State(NamedTuple):
    """What the service says of a task."""

    status: str
    """As the API has it, or ``GONE`` for a task that it does not know."""
    percent: int = 0
    url: str = ""
    """Where the video lies, for 24 to 48 hours; asking again gives a fresh one."""
    code: str = ""
    failure: str = ""
    credits: float = 0.0
    """What the task has cost."""


class Tasks:
    """The tasks of one account."""

    def __init__(self, key: str) -> None:
        """Take the key from the variable *key*, and the address from ``RUNWAYML_BASE_URL``, as the SDK does.

        Raises SettingsError without a key.
        """
        self.key = key
        """The variable that holds the account's key."""
        # A connection a request: one that was kept may be found closed only after a POST went into it.
        http = runwayml.DefaultHttpxClient(
            limits=httpx.Limits(max_keepalive_connections=0), timeout=_TIMEOUT, follow_redirects=False
        )
        try:
            self._client = runwayml.RunwayML(max_retries=0, http_client=http)
        except RunwayMLError as error:
            raise bad_key(self.key, "is not set") from error
        if not self._client.api_key.strip():
            raise bad_key(self.key, "is empty")

    @property
    def trusted_host(self) -> str:
        """The host of the service where it is a local one; empty for the public service."""
        host = self._client.base_url.host
        return host if is_local(host) else ""

    def create(self, request: Request) -> tuple[str, float]:
        """Send *request* once; return the task's id, and the credits that it costs at most.

        Raises RefusedError if it surely was not taken, LostAnswerError if it may have been.
        """
        send: Callable[..., Any] = getattr(self._client, request.endpoint).create
        try:
            made = send(model=request.model, **request.asks)
        except (APIStatusError, APIConnectionError) as error:
            raise of_creation(error) from error
        task = getattr(made, "id", None)
        if not isinstance(task, str) or not _ID.fullmatch(task):
            raise LostAnswerError("it holds no id of a task")
        return task, _number(getattr(made, "estimated_cost", None))

    def follow(self, task: str, patience: Patience) -> State:
        """Ask about *task* until it has ended; return its last state."""
        wait = patience.pace.poll
        while (state := self.look(task, patience)).status not in _ENDS:
            patience.tell(state.percent)
            patience.rest(wait)
            wait = min(wait * 1.25, patience.pace.poll_max)
        return state

    def look(self, task: str, patience: Patience) -> State:
        """Ask about *task* once. Raises ServiceError if no answer comes, SettingsError for a bad key."""
        try:
            return _state(patience.insist(lambda: self._client.tasks.retrieve(task), passing))
        except NotFoundError:
            return State("GONE")
        except RunwayMLError as error:
            raise ours(error, f"asking about task {task}", self.key) from error

    def is_unpaid(self, task: str) -> bool:
        """Tell whether *task* still waits; no answer is no yes."""
        try:
            return self._client.tasks.retrieve(task).status in _UNPAID
        except RunwayMLError:
            return False

    def cancel(self, task: str) -> None:
        """Cancel *task*. Raises ServiceError if the service does not hear it."""
        try:
            self._client.tasks.delete(task)
        except NotFoundError:
            return
        except RunwayMLError as error:
            raise ours(error, f"cancelling task {task}", self.key) from error

    def upload(self, path: Path, patience: Patience) -> str:
        """Lend the file at *path* to the service for a day; return the URI that tasks take."""

        def send() -> str:
            return self._client.uploads.create_ephemeral(file=(path.name, path.read_bytes())).uri

        try:
            return patience.insist(send, passing)
        except (RunwayMLError, httpx.HTTPError) as error:
            raise ours(error, f"uploading {path.name}", self.key) from error


def _state(seen: Any) -> State:  # noqa: ANN401 (one of six classes, none of whose fields the SDK checks)
    output = getattr(seen, "output", None)
    progress = getattr(seen, "progress", None)
    return State(
        status=str(getattr(seen, "status", "")),
        percent=round(100 * progress) if isinstance(progress, float | int) else 0,
        url=str(output[0]) if isinstance(output, list) and output else "",
        code=str(getattr(seen, "failure_code", None) or ""),
        failure=str(getattr(seen, "failure", None) or ""),
        credits=_number(getattr(seen, "cost", None)),
    )


def _number(cost: object) -> float:
    credits_ = getattr(cost, "credits", None)
    return float(credits_) if isinstance(credits_, float | int) else 0.0
