"""Says in words how two ads differ in what they are made from."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import click

from flows.tables import print_json, print_rows
from schemas.plan import Narration, Shot, Still
from schemas.record import Record
from schemas.sidecar import Recipe, Sidecar

_WORDS: tuple[tuple[str, str], ...] = (
    (r"look\.cuts\.(\d+)\.caption", r"text of scene \1"),
    (r"look\.cuts\.(\d+)\.note", r"second text of scene \1"),
    (r"look\.cuts\.(\d+)\.frames", r"length of scene \1, frames"),
    (r"look\.cuts\.(\d+)\.end_card", r"scene \1 is the end card"),
    (r"look\.cuts\.(\d+)\.sound", r"scene \1 is heard"),
    (r"look\.cuts\.(\d+)\.layout", r"layout of scene \1"),
    (r"look\.cuts\.(\d+)", r"scene \1"),
    (r"look\.until", "end of the sale"),
    (r"look\.captions", "captions of the voice"),
    (r"look\.locale", "language of the texts"),
    (r"look\.kbps", "bit rate of the video, kbit/s"),
    (r"look\.fps", "frames a second"),
    (r"look\.safe\.(\w+)", r"safe zone, \1"),
    (r"look\.kit\.palette\.(\w+)", r"brand colour, \1"),
    (r"look\.kit\.(heading|body)", r"font of \1"),
    (r"look\.kit\.(\w+)", r"brand \1"),
    (r"look\.sound\.music", "music"),
    (r"look\.sound\.lufs", "loudness, LUFS"),
    (r"look\.sound\.true_peak_max", "true peak at most, dBTP"),
    (r"look\.sound\.kbps", "bit rate of the sound, kbit/s"),
    (r"look\.recipe", "version of the code that composes"),
    (r"(?:ad|look)\.(\w+)", r"\1"),
    (r"voice\.text", "what the voice says"),
    (r"voice\.voice", "voice"),
    (r"voice\.recipe", "version of the code that speaks"),
    (r"versions\.(.+)", r"version of \1"),
    (r"brief_sha256", "brief"),
)
"""What people call a field, by a pattern of its path; the first that fits counts."""
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_ABSENT = "(none)"
_PARTS = {"base": "its base", "until": "its last picture", "follows": "the shot that it follows"}


class Difference(Record):
    """One thing in which two ads differ."""

    what: str
    """In words: ``price``, ``text of scene 2``, ``shot 1: seed``."""
    one: str
    other: str

    def __str__(self) -> str:
        """Return the sentence that people read."""
        return f"{self.what}: {self.one} -> {self.other}"


def differences(one: Sidecar, other: Sidecar) -> tuple[Difference, ...]:
    """Return all in which the recipes of two ads differ, place and look first, versions last.

    Shots, stills and voices are compared by what they are, not by their keys: shot by shot in the order of
    the cuts, each with what it is made from.
    """
    trees = [_tree(sidecar.recipe) for sidecar in (one, other)]
    found = tuple(_walk(trees[0], trees[1], ""))
    return (*found, *version_differences(one.versions, other.versions))


def version_differences(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return which software has another version."""
    return tuple(_walk(dict(one), dict(other), "versions"))


def print_differences(one: Sidecar, other: Sidecar, *, as_json: bool) -> None:
    """Print how two ads differ, and whether they are one file all the same."""
    found = differences(one, other)
    same_file = one.asset.repeatable_sha256 == other.asset.repeatable_sha256
    if as_json:
        about = {"one": one.recipe.ad.key, "other": other.recipe.ad.key, "same_file": same_file}
        print_json({**about, "differences": [item.model_dump() for item in found]})
        return
    names = [f"{sidecar.recipe.ad.label} ({sidecar.recipe.ad.key[:8]})" for sidecar in (one, other)]
    if found:
        print_rows([{"what": item.what, names[0]: item.one, names[1]: item.other} for item in found])
    else:
        click.echo(f"{names[0]} and {names[1]} are made from the same.")
    click.echo("Their files are the same." if same_file else "Their files are not the same.")


def _tree(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as a tree in which every key stands replaced by what it names."""
    shots, stills = ({part.key: part for part in parts} for parts in (recipe.shots, recipe.stills))
    look = recipe.ad.composition.model_dump(mode="json")
    cuts = look["cuts"]
    for cut in cuts:
        del cut["shot"]
    look["sound"]["voice"] = bool(look["sound"]["voice"])
    return {
        "ad": recipe.ad.model_dump(mode="json", exclude={"composition"}),
        "look": look,
        "voice": _voice(recipe.narration),
        "shots": [_shot(key, shots, stills) for key in recipe.ad.shots],  # type: ignore[arg-type]
        "brief_sha256": recipe.brief_sha256,
        "policy": recipe.policy,
    }


def _voice(narration: Narration | None) -> dict[str, Any] | None:
    return narration.model_dump(mode="json") if narration else None


def _shot(key: str, shots: Mapping[str, Shot], stills: Mapping[str, Still]) -> object:
    """Return the shot *key* with all that it is made from in place of keys; what is not there stays a key."""
    if key not in shots:
        return key
    shot = shots[key]
    tree = shot.model_dump(mode="json")
    tree["base"] = _shot(shot.base, shots, stills) if shot.base else None
    tree["still"] = _still(shot.still, stills)
    given = tree["given"]
    given["until"] = _still(shot.given.until, stills)
    given["subjects"] = [_still(subject, stills) for subject in shot.given.subjects]
    given["follows"] = _shot(shot.given.follows, shots, stills) if shot.given.follows else None
    return tree


def _still(key: str, stills: Mapping[str, Still]) -> object:
    return stills[key].model_dump(mode="json") if key in stills else key or None


def _walk(one: Any, other: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401 (any JSON value)
    """Yield where two trees differ, leaf by leaf; a branch that only one has is told as a whole."""
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            yield from _walk(one.get(name), other.get(name), f"{path}.{name}".strip("."))
    elif isinstance(one, list) and isinstance(other, list):
        for number in range(max(len(one), len(other))):
            first, second = (items[number] if number < len(items) else None for items in (one, other))
            yield from _walk(first, second, f"{path}.{number + 1}")
    else:
        yield Difference(what=_name(path), one=_said(one), other=_said(other))


def _name(path: str) -> str:
    for pattern, words in _WORDS:
        if match := re.fullmatch(pattern, path):
            return match.expand(words).replace("_", " ")
    steps = [_PARTS.get(step, step.replace("_", " ")) for step in path.split(".")]
    if steps[0] == "shots":
        return f"shot {steps[1]}" + (f": {', '.join(steps[2:])}" if steps[2:] else "")
    return ", ".join(steps)


def _said(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Return *value* as people read it; a whole branch by what names it best."""
    match value:
        case None | "":
            return _ABSENT
        case bool():
            return "yes" if value else "no"
        case dict():
            told = next(
                (value[name] for name in ("text", "caption", "prompt", "model", "source") if value.get(name)),
                None,
            )
            return (
                str(told) if told else ", ".join(f"{name} {_said(one)}" for name, one in value.items() if one)
            )
        case list():
            return ", ".join(map(_said, value)) or _ABSENT
        case _:
            return _HASH.sub(r"\1", str(value))
