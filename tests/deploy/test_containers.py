"""Every container of deploy/: pinned, without rights or secrets of its own, started with words that exist."""

import re
from functools import cache

import click
import prefect.settings
import pytest
from ray.scripts.scripts import cli as ray_cli

from flows.cli import cli
from tests.deploy.deployed import BUILDS, DEPLOY, ROOT, Container, containers, manifests

CONTAINERS = containers()
_SECRET = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|AUTH_STRING|DATABASE_URL|CONNECTION_URL|WEBHOOK|CREDENTIAL")
_NAMES_A_PLACE = ("_FILE", "_PATH")
_PASSWORD_IN_AN_ADDRESS = re.compile(r"://[^/@\s]+:[^/@\s]+@")
_PEOPLE = {"postgres", "nobody"}
_COMMANDS: dict[str, click.Command] = {"reelmill": cli, "ray": ray_cli}
_ALL = pytest.mark.parametrize("one", CONTAINERS, ids=lambda one: one.where)


@_ALL
def test_a_container_is_pinned_and_has_no_rights(one: Container) -> None:
    """A tag that moves, root, or a way to more rights would each be found at the worst time."""
    tag = one.image.rpartition(":")[2]
    user = one.user.partition(":")[0]

    assert re.match(r"v?\d+\.\d+", tag), one.image
    assert user in _PEOPLE or int(user) > 0
    assert not one.privileges
    assert one.capabilities == ("ALL",)


@_ALL
def test_a_container_holds_no_secret(one: Container) -> None:
    """Only where a secret lies, never what it is."""
    for name, value in one.environ.items():
        named = name.endswith(_NAMES_A_PLACE) or not value

        assert named or not _SECRET.search(name), f"{name}={value}"
        assert not _PASSWORD_IN_AN_ADDRESS.search(value), name


@_ALL
def test_a_command_and_its_options_exist(one: Container) -> None:
    """An option that was renamed would be found by a container that restarts for ever."""
    own = [word for word in one.command if word.startswith("/usr/local/lib/reelmill/")]
    assert all((DEPLOY / "image" / word.rpartition("/")[2]).is_file() for word in own)

    scripts = [word for word in own if word.endswith(".sh")]
    words = list(one.command[one.command.index(scripts[-1]) + 1 :] if scripts else one.command)
    if words and words[0] in _COMMANDS:
        _parse(_COMMANDS[words[0]], words[1:])


def test_a_job_starts_a_command_that_exists() -> None:
    """The entry point of the RayJob is a line, not a list."""
    [job] = manifests("job")
    start, program, *words = job["spec"]["entrypoint"].split()
    _parse(_COMMANDS[program], words)

    assert (DEPLOY / "image" / start.rpartition("/")[2]).is_file()


def _parse(command: click.Command, words: list[str]) -> None:
    """Have click read *words* as it would, without running anything."""
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words
        command, words = found, words[1:]
    command.make_context(command.name, list(words))


def test_every_variable_is_one_that_somebody_reads() -> None:
    """A misspelt setting is silent: the default would hold."""
    settings = {key for build in BUILDS for one in manifests(build) for key in _data(one)}
    names = settings | {name for one in CONTAINERS for name in one.environ}
    told = {name.removesuffix("_FILE") for name in names}

    assert {name for name in told if name.startswith("REELMILL_")} <= _known()
    assert all(hasattr(prefect.settings, name) for name in told if name.startswith("PREFECT_"))


def _data(manifest: dict[str, dict[str, str]]) -> dict[str, str]:
    ours = manifest["kind"] == "ConfigMap" and manifest["metadata"]["name"] == "reelmill"
    return manifest["data"] if ours else {}


@cache
def _known() -> set[str]:
    sources = (path for layer in ("schemas", "flows") for path in (ROOT / layer).rglob("*.py"))
    return {name for path in sources for name in re.findall(r'"(REELMILL_[A-Z0-9_]+)"', path.read_text())}
