"""The manifests, built as `kubectl apply -k` builds them: valid, and of one piece."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.deploy.deployed import BUILDS, manifests, pod_templates

KUBERNETES = "v1.37.0-local-strict"
KUBERAY = Draft202012Validator(json.loads(Path(__file__).with_name("kuberay.schema.json").read_text()))
MADE_BY_HAND = {"reelmill", "reelmill-ray", "reelmill-postgres", "reelmill-s3", "reelmill-prefect"}
"""Secrets, by deploy/README.md."""
MADE_BY_KUBERAY = {"reelmill-head-svc"}


@cache
def _folder() -> Path:
    found = find_spec("kubernetes_validate")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "kubernetes-json-schema" / KUBERNETES


@cache
def _registry() -> "Registry[Any]":
    words = DRAFT202012.create_resource(json.loads((_folder() / "_definitions.json").read_text()))
    return Registry().with_resource("/api/_definitions.json", words).crawl()


@cache
def _schema(api: str, kind: str) -> Draft202012Validator:
    """Return the schema of *kind* as Kubernetes publishes it; unknown fields are mistakes."""
    group, _, version = api.rpartition("/")
    name = "-".join(filter(None, (kind, group.partition(".")[0], version))).lower()
    return Draft202012Validator(json.loads((_folder() / f"{name}.json").read_text()), registry=_registry())


@pytest.mark.parametrize("build", BUILDS)
def test_manifests_are_what_kubernetes_and_kuberay_take(build: str) -> None:
    """An API server would refuse them, in the middle of an update."""
    for document in manifests(build):
        ray = document["apiVersion"].startswith("ray.io/")
        schema = KUBERAY if ray else _schema(document["apiVersion"], document["kind"])
        mistakes = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(document)]

        assert not mistakes, (document["kind"], document["metadata"]["name"], mistakes)
    for name, template in pod_templates(build):
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {}, "template": template}

        assert [error.message for error in _schema("v1", "PodTemplate").iter_errors(pod)] == [], name


def test_a_misspelt_field_is_found() -> None:
    """A schema that lets everything pass would prove nothing."""
    [cluster] = (one for one in manifests("overlays/large") if one["kind"] == "RayCluster")
    wrong = {**cluster, "spec": {**cluster["spec"], "enableAutoscaling": True}}
    deployment = next(one for one in manifests("overlays/large") if one["kind"] == "Deployment")
    odd = {**deployment, "spec": {**deployment["spec"], "replica": 1}}

    assert not KUBERAY.is_valid(wrong)
    assert not _schema("apps/v1", "Deployment").is_valid(odd)


@pytest.mark.parametrize("build", BUILDS)
def test_what_a_pod_names_is_there_or_made_by_hand(build: str) -> None:
    """A pod whose secret has another name waits for ever."""
    given = {one["metadata"]["name"] for one in manifests(build) if one["kind"] == "ConfigMap"}
    if build == "job":
        given |= {"reelmill"}  # an overlay's
    for name, template in pod_templates(build):
        assert set(_names(template, "configMapRef", "configMap")) <= given, name
        assert set(_names(template, "secretKeyRef", "secret")) <= MADE_BY_HAND, name


def _names(part: Any, *keys: str) -> list[str]:
    """Return the names that *part* refers to below *keys*."""
    if isinstance(part, list):
        return [name for one in part for name in _names(one, *keys)]
    if not isinstance(part, dict):
        return []
    found = [str(part[key].get("name") or part[key].get("secretName")) for key in keys if key in part]
    return [*found, *(name for one in part.values() for name in _names(one, *keys))]


@pytest.mark.parametrize("build", ["overlays/small", "overlays/large"])
def test_every_service_and_rule_finds_pods(build: str) -> None:
    """A selector that fits nothing is silent."""
    labels = [template["metadata"]["labels"] for _, template in pod_templates(build)]
    labels += [found | {"ray.io/cluster": "reelmill", "ray.io/node-type": "worker"} for found in labels]
    for one in manifests(build):
        spec = one.get("spec", {})
        selectors = {
            "Service": spec.get("selector"),
            "NetworkPolicy": spec.get("podSelector", {}).get("matchLabels"),
            "PodDisruptionBudget": (spec.get("selector") or {}).get("matchLabels"),
        }
        if wanted := selectors.get(one["kind"]):
            assert any(wanted.items() <= found.items() for found in labels), one["metadata"]["name"]


@pytest.mark.parametrize(
    ("server", "signs"),
    [
        ("postgres", ["'database_url'"]),
        ("s3", ["'s3_access_key'"]),
        ("ray", ["'ray-head'", "'ray-worker'", "'reelmill-ray'"]),
    ],
)
def test_who_has_the_key_of_a_server_is_let_in_and_nobody_else(server: str, signs: list[str]) -> None:
    """A pod that no rule names waits for an answer until it gives up."""
    [rule] = (
        one["spec"]["ingress"][0]["from"][0]["podSelector"]["matchExpressions"][0]
        for one in manifests("overlays/small")
        if (one["kind"], one["metadata"]["name"]) == ("NetworkPolicy", server)
    )
    holders = {
        template["metadata"]["labels"]["app.kubernetes.io/component"]
        for build in ("overlays/small", "job")
        for _, template in pod_templates(build)
        if any(sign in str(template) for sign in signs)
    }

    assert set(rule["values"]) - {"prefect"} == holders


def test_the_small_size_brings_every_server_that_its_settings_name() -> None:
    """Its pods look for s3, prefect and postgres by name, and drivers for KubeRay's service of the head."""
    built = manifests("overlays/small")
    services = {one["metadata"]["name"] for one in built if one["kind"] == "Service"} | MADE_BY_KUBERAY
    [settings] = (one["data"] for one in built if one["metadata"]["name"] == "reelmill" and "data" in one)
    told = [settings["AWS_ENDPOINT_URL"], settings["PREFECT_API_URL"]]
    [worker] = (one for name, one in pod_templates("overlays/small") if name.endswith("prefect-worker"))
    [address] = (
        one["value"] for one in worker["spec"]["containers"][0]["env"] if one["name"] == "RAY_ADDRESS"
    )

    hosts = {one.removeprefix("http://").partition(":")[0] for one in (*told, address)}
    assert hosts | {"postgres"} <= services


def test_gpus_come_from_nothing_and_hold_no_cpu() -> None:
    """Two kinds; the driver is told how many can come, and no work without a GPU keeps a GPU node."""
    built = manifests("overlays/large")
    [cluster] = (one["spec"] for one in built if one["kind"] == "RayCluster")
    [settings] = (one["data"] for one in built if one["metadata"]["name"] == "reelmill" and "data" in one)
    groups = [group for group in cluster["workerGroupSpecs"] if group["groupName"].startswith("gpu")]
    kinds = {group["template"]["spec"]["nodeSelector"]["nvidia.com/gpu.product"] for group in groups}

    assert cluster["enableInTreeAutoscaling"]
    assert len(kinds) == 2
    for group in groups:
        [ray] = group["template"]["spec"]["containers"]
        assert (group["minReplicas"], group["rayStartParams"]["num-cpus"]) == (0, "0")
        assert group["rayStartParams"]["num-gpus"] == ray["resources"]["limits"]["nvidia.com/gpu"]
        assert ray["image"].endswith("-cuda")
    assert int(settings["REELMILL_GPUS"]) == sum(group["maxReplicas"] for group in groups)


def test_a_driver_may_end_what_it_makes_before_it_is_killed() -> None:
    """Kubernetes kills after thirty seconds where nobody says more."""
    [worker] = (one["spec"] for name, one in pod_templates("overlays/small") if name.endswith("fect-worker"))
    [drain] = (
        one["value"] for one in worker["containers"][0]["env"] if one["name"] == "REELMILL_DRAIN_SECONDS"
    )

    assert worker["terminationGracePeriodSeconds"] >= int(drain) + 30
