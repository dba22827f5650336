"""Starts the runs that are due, each in a process of its own, and sees that none is lost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import PrefectException
from prefect.states import Cancelled, Crashed, Pending, Scheduled

from flows.serving.attached import attached, same_imports
from flows.serving.care import look_after, name_of
from flows.serving.schedule import due
from schemas.errors import ReelmillError
from schemas.settings import Settings
from storage.catalog import Catalog

TROUBLE = (httpx.HTTPError, PrefectException, ReelmillError, OSError)
"""What a server or a database that is away for a while raises; it is tried again."""
DUE_SECONDS = 2.0
CARE_SECONDS = 10.0
_LAST_WORDS_SECONDS = 20.0
"""What a run has, beyond its time to drain, to note its end."""
_NAP_SECONDS = 0.2


class _Child(NamedTuple):
    process: "subprocess.Popen[bytes]"
    name: str


class Desk:
    """Runs what is due among the deployments that it is told of."""

    def __init__(
        self,
        client: SyncPrefectClient,
        catalog: Catalog,
        settings: Settings,
        say: Callable[[str], None],
        *,
        at_once: int,
        alone: bool,
    ) -> None:
        self.deployments: set[UUID] = set()
        self._client, self._catalog, self._settings, self._say = client, catalog, settings, say
        self._at_once, self._alone = at_once, alone
        self._children: dict[UUID, _Child] = {}
        self._next = {self._reap: 0.0, self._care: 0.0, self._begin: 0.0}
        self._trouble = ""

    def turn(self) -> None:
        """Do what is to be done now, if anything; a Prefect that is away is tried again later."""
        pauses = {self._reap: DUE_SECONDS, self._care: CARE_SECONDS, self._begin: DUE_SECONDS}
        for task, pause in pauses.items():
            if time.monotonic() >= self._next[task]:
                self._attempt(task)
                self._next[task] = time.monotonic() + pause

    def close(self, *, at_once: Callable[[], bool]) -> None:
        """Have the runs end, and note that they go on at the next start; *at_once* says not to wait."""
        for child in self._children.values():
            child.process.terminate()
        until = time.monotonic() + self._settings.drain_seconds + _LAST_WORDS_SECONDS
        while any(child.process.poll() is None for child in self._children.values()):
            if at_once() or time.monotonic() > until:
                break
            time.sleep(_NAP_SECONDS)
        for run, child in self._children.items():
            _end_session(child.process)
            self._attempt(lambda run=run: self._park(run))  # type: ignore[misc]

    def _attempt(self, task: Callable[[], None]) -> None:
        try:
            task()
            self._trouble = ""
        except TROUBLE as error:
            if (reason := type(error).__name__) != self._trouble:
                self._say(f"Prefect or the database does not answer ({reason}: {error}); trying again")
            self._trouble = reason

    def _begin(self) -> None:
        """Start what is due, as far as there is room."""
        for run in due(self._client, self.deployments):
            if len(self._children) >= self._at_once:
                return
            pending: State[object] = Pending()
            if self._client.set_flow_run_state(run, pending).status == SetStateStatus.ACCEPT:
                self._start(self._client.read_flow_run(run))

    def _start(self, run: FlowRun) -> None:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            attached("prefect.engine", str(run.id)),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**same_imports(), "PREFECT__FLOW_RUN_ID": str(run.id)},
        )
        self._children[run.id] = _Child(process, name_of(run))
        self._say(f"{name_of(run)}: begun (process {process.pid})")

    def _reap(self) -> None:
        """Note which runs have ended; Prefect is told of those that could not tell it themselves."""
        for run, child in [*self._children.items()]:
            state = self._client.read_flow_run(run).state
            if child.process.poll() is None:
                if state is not None and state.type == StateType.CANCELLING:
                    child.process.terminate()
                continue
            if state is not None and state.type == StateType.CANCELLING:
                self._set(run, Cancelled())
            elif state is None or not state.is_final():
                self._set(run, Crashed(message=f"its process ended with {child.process.returncode}"))
                self._next[self._care] = 0.0
            del self._children[run]
            over = state is not None and state.is_final()
            self._say(f"{child.name}: {state.type.value.lower() if state and over else 'broke off'}")

    def _care(self) -> None:
        mine = self._children if self._alone else None
        look_after(self._client, self._catalog, self._settings, self._say, mine=mine)

    def _park(self, run: UUID) -> None:
        state = self._client.read_flow_run(run).state
        if state is None or state.is_crashed() or not state.is_final():
            self._set(run, Scheduled(scheduled_time=datetime.now(UTC), message="stopped; goes on later"))

    def _set(self, run: UUID, state: "State[object]") -> None:
        self._client.set_flow_run_state(run, state, force=True)


def _end_session(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of *process* and of what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
