"""The models of the table for people and machines, and the care of their checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from actors.backends import VIDEO_MODELS, Entry
from actors.checkpoints import examine, ready
from actors.fetching import fetch
from actors.manifest import seal
from flows.spoken import plain
from flows.tables import print_json, print_rows
from schemas.errors import ReelmillError
from schemas.settings import Settings, secret


def print_models(settings: Settings, *, as_json: bool) -> None:
    """Print the table of models: what each can do, what it takes, and whether it is ready here.

    Raises StorageError if the place of the checkpoints does not answer.
    """
    there = ready(settings.models)
    if as_json:
        print_json([_facts(name, entry, there) for name, entry in VIDEO_MODELS.items()])
    else:
        print_rows([_row(name, entry, there) for name, entry in VIDEO_MODELS.items()])


def check_models(names: Sequence[str], settings: Settings) -> bool:
    """Hash the checkpoints of *names*, or all that are there; print what is wrong, tell if all is well."""
    wanted = names or tuple(ready(settings.models))
    if not wanted:
        click.echo(f"there are no checkpoints in {settings.models}: `reelmill models fetch NAME` brings one")
    whole = [_is_whole(name, settings.models) for name in wanted]
    return all(whole)


def fetch_model(name: str, source: str, revision: str, settings: Settings) -> None:
    """Bring the checkpoint of *name* from *source* and seal it; raises as actors.fetching.fetch does."""
    fetch(name, source, settings.models, revision=revision, cache=settings.cache, say=_say)


def seal_folder(folder: Path) -> None:
    """Seal the checkpoint *folder* and print its fingerprint. Raises SettingsError if it is not sound."""
    _say(f"{folder}: sealed, @{seal(folder)}")


def _is_whole(name: str, models: str) -> bool:
    try:
        problems = examine(models, name)
    except ReelmillError as error:
        problems = [str(error)]
    for problem in problems:
        click.echo(plain(f"{name}: {problem}"), err=True)
    if not problems:
        _say(f"{name}: whole")
    return not problems


def _say(sentence: str) -> None:
    click.echo(plain(sentence))


def _facts(name: str, entry: Entry, there: dict[str, str]) -> dict[str, Any]:
    weights, service = entry.weights, entry.service
    return {
        "name": name,
        "tasks": list(entry.tasks),
        "gpus": entry.gpus,
        "gpu_bytes": weights.gpu_bytes if weights else {},
        "licence": entry.licence,
        "excludes": list(entry.excludes),
        "ready": _is_ready(name, entry, there),
        "revision": there.get(name, entry.revision),
        "checkpoint": weights.repo if weights else "",
        "commit": weights.commit if weights else "",
        "service_key": service.key if service else "",
        "note": entry.note,
    }


def _row(name: str, entry: Entry, there: dict[str, str]) -> dict[str, str]:
    region = f" (not in {', '.join(entry.excludes)})" if entry.excludes else ""
    return {
        "name": name,
        "tasks": " ".join(entry.tasks),
        "gpus": f"{entry.gpus:g}",
        "GPU memory": _memory(entry),
        "licence": entry.licence + region,
        "ready": _readiness(name, entry, there),
        "revision": entry.revision.partition("/")[2],
        "checkpoint": entry.weights.repo if entry.weights else "",
    }


def _memory(entry: Entry) -> str:
    sizes = entry.weights.gpu_bytes.items() if entry.weights else ()
    return ", ".join(f"{kind} {size / 1e9:.0f}\N{NO-BREAK SPACE}GB" for kind, size in sizes)


def _is_ready(name: str, entry: Entry, there: dict[str, str]) -> bool:
    if entry.weights:
        return name in there
    return not entry.service or bool(secret(entry.service.key))


def _readiness(name: str, entry: Entry, there: dict[str, str]) -> str:
    is_ready = _is_ready(name, entry, there)
    if entry.weights:
        return f"weights @{there[name].partition('@')[2]}" if is_ready else "no weights"
    if entry.service:
        return "key there" if is_ready else f"no {entry.service.key}"
    return "built in"
