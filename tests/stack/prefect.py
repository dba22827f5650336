"""What Prefect's server is asked about the runs of a brief, over its API."""

import base64
import json
import urllib.request
from typing import Any, NamedTuple, cast

_SECONDS = 30
_NEWEST = 50


class Run(NamedTuple):
    """A flow run of a campaign."""

    id: str
    name: str
    deployment: str
    state: str
    message: str
    campaign: str
    """Empty until the run has read its brief."""
    starts: int

    @property
    def over(self) -> bool:
        """Whether nobody begins it again: the care leaves a run alone that was lost five times."""
        return self.state in {"COMPLETED", "FAILED", "CANCELLED"} or (
            self.state == "CRASHED" and self.message.startswith("lost ")
        )


class Prefect:
    """The server at *api*, talked to as *user*, ``name:password``."""

    def __init__(self, api: str, user: str) -> None:
        self._api = api
        token = base64.b64encode(user.encode()).decode()
        self._head = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}

    def runs(self, brief: str) -> list[Run]:
        """Return the runs that make *brief*, the newest first."""
        which = {
            "flows": {"name": {"any_": ["campaign"]}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": _NEWEST,
        }
        found = cast("list[dict[str, Any]]", self._post("/flow_runs/filter", which))
        return [_run_of(one) for one in found if one["parameters"].get("brief") == brief]

    def deployments(self) -> list[str]:
        """Return the names of what can be run."""
        found = cast("list[dict[str, Any]]", self._post("/deployments/filter", {}))
        return sorted(str(one["name"]) for one in found)

    def run(self, deployment: str) -> None:
        """Have *deployment* run now."""
        self._post(f"/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})

    def _post(self, path: str, body: object) -> object:
        request = urllib.request.Request(  # noqa: S310 (our own server)
            f"{self._api}{path}", json.dumps(body).encode(), self._head
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 (the same)
            return cast("object", json.load(answer))


def _run_of(found: dict[str, Any]) -> Run:
    tags = (tag.removeprefix("campaign ") for tag in found["tags"] if tag.startswith("campaign "))
    state = found["state"] or {}
    return Run(
        id=found["id"],
        name=found["name"],
        deployment=found["deployment_id"] or "",
        state=found["state_type"] or "",
        message=state.get("message") or "",
        campaign=next(tags, ""),
        starts=found["run_count"],
    )
