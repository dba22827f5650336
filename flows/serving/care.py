"""Looks after runs that nobody watches: the lost ones go on, the late ones are told of.

Prefect leaves a run Running for ever whose worker died with it. The catalog knows better: whoever makes a
campaign holds its lease, and gives a sign every two seconds.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Crashed, Scheduled

from flows import notices
from flows.notices import Notice, Say
from flows.unattended import CAMPAIGN
from schemas.settings import Settings
from storage.catalog import Catalog

GRACE_SECONDS = 180.0
"""A run may be without a lease so long: while it starts, and when it has ended and is tidied up."""
_PENDING_SECONDS = 1800.0
"""A worker elsewhere may take so long to start a machine."""
_STARTS_MAX = 5
"""A run that broke off so often is left alone."""
_DAY = timedelta(days=1)
_RUNS_MAX = 200
_CAMPAIGNS = FlowFilter(name=FlowFilterName(any_=["campaign"]))


def look_after(
    client: SyncPrefectClient,
    catalog: Catalog,
    settings: Settings,
    say: Say,
    *,
    mine: Collection[UUID] | None = None,
) -> None:
    """Have lost runs begin again, and tell of late ones, once.

    *mine* are the runs that live for certain; given, there is no other worker, and every other run is lost.
    """
    begun = _begun(client)
    made = {live.campaign for live in catalog.live_runs()}
    for run in (run for run in begun if _is_lost(run, made, catalog, mine)):
        _resume(client, catalog, run, say)
    for run in _late(client, settings):
        if catalog.is_news(f"late {run.id}"):
            notices.tell(_late_notice(run), say)


def _begun(client: SyncPrefectClient) -> list[FlowRun]:
    states = [StateType.RUNNING, StateType.PENDING, StateType.CRASHED]
    return [run for run in _runs(client, states) if run.deployment_id is not None]


def _late(client: SyncPrefectClient, settings: Settings) -> list[FlowRun]:
    before = datetime.now(UTC) - timedelta(minutes=settings.late_minutes)
    since = FlowRunFilterExpectedStartTime(before_=before)
    waiting = _runs(client, [StateType.SCHEDULED], since)
    return [run for run in waiting if run.deployment_id is not None and not run.run_count]


def _runs(
    client: SyncPrefectClient, states: list[StateType], time: FlowRunFilterExpectedStartTime | None = None
) -> list[FlowRun]:
    which = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
        expected_start_time=time or FlowRunFilterExpectedStartTime(after_=datetime.now(UTC) - 7 * _DAY),
    )
    return client.read_flow_runs(flow_filter=_CAMPAIGNS, flow_run_filter=which, limit=_RUNS_MAX)


def _is_lost(run: FlowRun, made: Collection[str], catalog: Catalog, mine: Collection[UUID] | None) -> bool:
    """Tell whether nobody makes *run* any more, though it is not over; *made* are campaigns that live."""
    state, campaign = run.state, campaign_of(run)
    if state is None or run.id in (mine or ()):
        return False
    if campaign in made:
        return False
    since = datetime.now(UTC) - state.timestamp
    if state.is_crashed():
        return since < _DAY
    if mine is not None:
        return True
    if state.is_pending():
        return since.total_seconds() > _PENDING_SECONDS
    return _silent_seconds(run, campaign, catalog) > GRACE_SECONDS


def _silent_seconds(run: FlowRun, campaign: str, catalog: Catalog) -> float:
    """Return how long nothing is known of *run*, which Prefect takes for running."""
    heard = [run.state.timestamp] if run.state else []
    heard += [row.ended_at for row in catalog.campaigns() if row.name == campaign and row.ended_at]
    return (datetime.now(UTC) - max(heard)).total_seconds()


def _resume(client: SyncPrefectClient, catalog: Catalog, run: FlowRun, say: Say) -> None:
    """Have *run* begin again at once, unless it broke off too often."""
    starts = sum(state.is_pending() for state in client.read_flow_run_states(run.id))
    if starts < _STARTS_MAX:
        again: State[object] = Scheduled(
            scheduled_time=datetime.now(UTC), message="its process was lost; it goes on"
        )
        client.set_flow_run_state(run.id, again, force=True)
        say(f"{name_of(run)}: its process was lost; the run goes on")
    elif catalog.is_news(f"given up {run.id}"):
        client.set_flow_run_state(run.id, Crashed(message=f"lost {starts} times"), force=True)
        text = f"{name_of(run)}: the run broke off {starts} times and is left alone"
        notices.tell(Notice(kind="given_up", campaign=name_of(run), text=text), say)


def _late_notice(run: FlowRun) -> Notice:
    due = run.expected_start_time or datetime.now(UTC)
    text = f"{name_of(run)}: the run of {due:%Y-%m-%d %H:%M} UTC has not begun yet"
    return Notice(kind="late", campaign=name_of(run), text=text)


def campaign_of(run: FlowRun) -> str:
    """Return the campaign that *run* makes; empty where it has not said so yet."""
    return next((tag.removeprefix(CAMPAIGN) for tag in run.tags if tag.startswith(CAMPAIGN)), "")


def name_of(run: FlowRun) -> str:
    """Return how people know *run*: its campaign, or its brief."""
    return campaign_of(run) or str(run.parameters.get("brief", run.name))
