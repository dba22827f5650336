"""Campaigns as Prefect deployments: each with its brief's cron and time zone, and one run at a time."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron
from prefect.states import Cancelled
from prefect.types.entrypoint import EntrypointType
from pydantic import ValidationError

from flows.brief_files import read_text
from flows.campaign import make_campaign
from flows.inbox.bucket import brief_at_hand
from flows.unattended import CAMPAIGN
from schemas.brief import Schedule
from schemas.document import read_document
from schemas.errors import BriefError
from schemas.settings import Settings

TAG = "reelmill"
"""Marks the deployments that Reelmill makes, and their runs."""
POOL = "reelmill"
"""Work pool of a team's workers, as `deploy/prefect.yaml` says."""
_DUE_MAX = 200


class Standing(NamedTuple):
    """A campaign that Prefect knows, to be run by its schedule, if it has one, or when asked."""

    campaign: str
    brief: str
    """Absolute path or ``s3://`` address."""
    schedule: Schedule | None

    @property
    def name(self) -> str:
        """The deployment's name; Prefect allows no slash in it."""
        return self.campaign.replace("/", ".")


def schedule_of(brief: str, settings: Settings) -> Schedule | None:
    """Return when *brief*, a path or an address, is to run. Raises BriefError where that is wrong."""
    path = brief_at_hand(brief, settings)
    if not path.is_file():
        raise BriefError(f"{brief} is missing")
    written = read_document(read_text(path), Path(brief).name).data.get("schedule")
    try:
        return Schedule.model_validate(written) if written is not None else None
    except ValidationError as error:
        raise BriefError(f"{brief}: schedule: {error.errors()[0]['msg']}") from error


def deploy(client: SyncPrefectClient, standing: Standing, *, pool: str | None) -> UUID:
    """Have Prefect know *standing*; return the deployment. One that is the same already is left alone.

    Of one that changes, Prefect keeps the runs that are due or have begun.
    """
    found = _find(client, standing)
    if found is not None and _is_same(found, standing, pool):
        return found.id
    schedule = standing.schedule
    deployment = RunnerDeployment.from_flow(
        make_campaign,
        name=standing.name,
        schedules=[Cron(schedule.cron, timezone=schedule.timezone)] if schedule else [],
        parameters=_parameters(standing),
        tags=[TAG, f"{CAMPAIGN}{standing.campaign}"],
        description=f"Makes {standing.campaign} from {standing.brief}",
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
        ),
        entrypoint_type=EntrypointType.MODULE_PATH,
        paused=False,
    )
    return cast("UUID", deployment.apply(work_pool_name=pool))


def start(client: SyncPrefectClient, deployment: UUID, once: str) -> None:
    """Have *deployment* run now; asked again with the same *once*, it is the same run."""
    client.create_flow_run_from_deployment(deployment, idempotency_key=once)


def retire(client: SyncPrefectClient, kept: Collection[UUID]) -> list[str]:
    """Let the deployments of Reelmill run no more that are not among *kept*; return their names."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    others = [one for one in client.read_deployments(deployment_filter=ours) if one.id not in kept]
    for one in others:
        if not one.paused:
            client.pause_deployment(one.id)
    return [one.name for one in others if not one.paused]


def due(client: SyncPrefectClient, deployments: Collection[UUID]) -> list[UUID]:
    """Return the runs that should begin now: those that broke off first, else the oldest.

    One run of a deployment answers all that its schedule called for while nobody could: one that broke off
    does, else the last; the others are cancelled.
    """
    if not deployments:
        return []
    now = datetime.now(UTC)
    runs = client.get_scheduled_flow_runs_for_deployments(
        [*deployments], scheduled_before=now, limit=_DUE_MAX
    )
    answers = {run.deployment_id: run.id for run in runs if run.auto_scheduled}
    answers |= {run.deployment_id: run.id for run in runs if run.run_count}
    begun, fresh = [], []
    for run in runs:
        if run.run_count:
            begun.append(run.id)
        elif run.auto_scheduled and answers[run.deployment_id] != run.id:
            _skip(client, run.id)
        else:
            fresh.append(run.id)
    return [*begun, *fresh]


def _skip(client: SyncPrefectClient, run: UUID) -> None:
    client.set_flow_run_state(run, Cancelled(message="another run answers this one too"), force=True)


def _find(client: SyncPrefectClient, standing: Standing) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(f"{make_campaign.name}/{standing.name}")
    except ObjectNotFound:
        return None


def _is_same(found: DeploymentResponse, standing: Standing, pool: str | None) -> bool:
    crons = [
        (one.schedule.cron, one.schedule.timezone)
        for one in found.schedules
        if isinstance(one.schedule, CronSchedule) and one.active
    ]
    wanted = [(standing.schedule.cron, standing.schedule.timezone)] if standing.schedule else []
    same = (crons, found.parameters, found.paused) == (wanted, _parameters(standing), False)
    return same and found.work_pool_name == pool and found.entrypoint == _entrypoint()


def _entrypoint() -> str:
    return f"{make_campaign.__module__}.{make_campaign.fn.__name__}"


def _parameters(standing: Standing) -> dict[str, object]:
    return {"brief": standing.brief, "unattended": True}
