"""What deploy/ would start, as its own tools read it: containers of the compose file and of the manifests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BUILDS = ("overlays/small", "overlays/large", "job")
"""Folders of manifests that people apply."""
BIN = Path(sys.executable).parent


class Container(NamedTuple):
    """One container that is to run."""

    where: str
    image: str
    command: tuple[str, ...]
    environ: dict[str, str]
    """Literal values only."""
    user: str
    privileges: bool
    """Whether it could get more rights than it begins with."""
    capabilities: tuple[str, ...]
    """Those that it gives up."""


def run(*command: str | Path, **environ: str) -> str:
    """Return what *command* prints. Raises RuntimeError with what it said if it fails."""
    env = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(ROOT / "none"), **environ}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr}")
    return done.stdout


@cache
def compose() -> dict[str, Any]:
    """Return deploy/compose.yaml as Docker Compose reads it: checked with its schema, anchors filled in."""
    text = run(
        BIN / "docker-compose", "-f", DEPLOY / "compose.yaml", "--profile", "*", "config", "--format", "json"
    )
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def manifests(build: str) -> tuple[dict[str, Any], ...]:
    """Return what `kubectl apply -k` of the folder *build* would send."""
    text = run(BIN / "kubectl", "kustomize", DEPLOY / "kubernetes" / build)
    return tuple(yaml.safe_load_all(text))


def pod_templates(build: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every pod template of *build*, with its name."""
    for document in manifests(build):
        name = f"{build} {document['kind']} {document['metadata']['name']}"
        yield from _templates(document.get("spec", {}), name)


def _templates(spec: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if "template" in spec:
        yield name, spec["template"]
    for part in ("rayClusterSpec", "headGroupSpec"):
        if part in spec:
            yield from _templates(spec[part], name)
    for group in spec.get("workerGroupSpecs", ()):
        yield from _templates(group, f"{name} {group['groupName']}")


def containers() -> list[Container]:
    """Return every container of deploy/."""
    of_pods = [
        _of_pod(f"{name} {one['name']}", one, template["spec"])
        for build in BUILDS
        for name, template in pod_templates(build)
        for one in (*template["spec"].get("initContainers", ()), *template["spec"]["containers"])
    ]
    return [*(_of_service(name, service) for name, service in compose()["services"].items()), *of_pods]


def _of_service(name: str, service: dict[str, Any]) -> Container:
    return Container(
        where=f"compose {name}",
        image=service["image"],
        command=(*(service.get("entrypoint") or ()), *(service.get("command") or ())),
        environ=service.get("environment") or {},
        user=service.get("user", ""),
        privileges="no-new-privileges:true" not in service.get("security_opt", ()),
        capabilities=tuple(service.get("cap_drop", ())),
    )


def _of_pod(where: str, one: dict[str, Any], pod: dict[str, Any]) -> Container:
    rights = one.get("securityContext", {})
    return Container(
        where=where,
        image=one["image"],
        command=(*one.get("command", ()), *one.get("args", ())),
        environ={entry["name"]: entry["value"] for entry in one.get("env", ()) if "value" in entry},
        user=str(pod["securityContext"]["runAsUser"]) if pod["securityContext"].get("runAsNonRoot") else "",
        privileges=rights.get("allowPrivilegeEscalation", True),
        capabilities=tuple(rights.get("capabilities", {}).get("drop", ())),
    )
