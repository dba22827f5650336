"""Turns pydantic's errors about a brief into sentences that its author can act on."""

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.brief import BETWEEN_FIELDS, Brief
from schemas.document import Problem, join
from schemas.record import Record
from schemas.wording import shown, suggestion

PART_KINDS = frozenset({BETWEEN_FIELDS, "missing", "model_type"})
"""Kinds of errors that only say that a part is wrong: whoever says more about the part is heard instead."""

_CURES = {
    "campaign": "give a short name in small letters, digits and hyphens, for example spring-roast",
    "products[].id": "give letters, digits, dots and hyphens, for example HB-250",
    "products[].title": "give a text, or one for each locale",
    "products[].images": "give a list of paths, for example [media/coffee.png]",
    "brand": "give name, logo and colors, or the path to a YAML file with them",
    "products": "give a list with at least one product",
    "locales": "give at least one locale with its texts, for example en-US: {hook: Hello}",
    "placements": "give a list of placements, for example [meta_reels]",
    "id": "give a short name in small letters, digits and hyphens, for example hero",
    "keep": "give a short name in small letters, digits and hyphens, for example hero",
    "name": "give a name, for example Kaffi",
    "colors": 'give at least primary and accent, for example {primary: "#5B2A1E", accent: "#FF6A3D"}',
    "primary": 'give a colour in quotes, for example "#5B2A1E"',
    "accent": 'give a colour in quotes, for example "#FF6A3D"',
    "background": 'give a colour in quotes, for example "#FFFFFF"',
    "text": 'give a colour in quotes, for example "#1A1A1A"',
    "seconds": "give a length in seconds, for example 2.5",
    "seed": "give a whole number, for example 7",
    "gpu_seconds": "give GPU-seconds, for example 600",
    "limit": "give a whole number, for example 50",
    "cron": 'give five fields in quotes, for example "0 6 * * 1"',
    "sale_starts": "give date, time and zone, for example 2026-11-27T00:00:00+01:00",
    "sale_ends": "give date, time and zone, for example 2026-12-24T23:59:59+01:00",
    "sound": "write true or false",
    "features": "give a list of texts, for example [Hand-picked, Roasted today]",
    "voice": "write auto, female, male, none or the path of a recording, or one of these for each locale",
}
_KINDS = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "timezone_aware": "a time with its zone",
    "string_type": "a text",
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def shape_problems(
    error: ValidationError, start: tuple[str | int, ...] = ()
) -> Iterator[tuple[str, Problem]]:
    """Yield (pydantic's kind, problem) for each thing that *error* says of a brief, or a part at *start*."""
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # the items are there, and each is wrong by itself
        loc = _without_tags((*start, *detail["loc"]))
        where = ""
        for part in loc:
            where = join(where, part)
        what, cure = _sentence(detail, loc)
        yield detail["type"], Problem(where=where, what=what, cure=cure)


def _without_tags(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Take out what pydantic puts into a path besides names and numbers."""
    if loc[:1] == ("products",):
        loc = loc[:1] + loc[2:]
    return loc[:-1] if loc[-1:] == ("[key]",) else loc


def _sentence(detail: ErrorDetails, loc: tuple[str | int, ...]) -> tuple[str, str]:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if "what" in context:
        return str(context["what"]), str(context["cure"])
    if kind == "extra_forbidden":
        return "is an unknown field", suggestion(loc[-1], _fields_at(loc[:-1]))
    if kind == "literal_error":
        return f"{shown(value)} is unknown", suggestion(value, re.findall(r"'([^']*)'", context["expected"]))
    if kind == "missing":
        return "is missing", _cure(loc) or "add it"
    start = "" if kind in {"too_short", "too_long"} else f"{shown(value)} "
    return start + _fault(kind, context), _quoting(kind, value) or _cure(loc) or _cure_of_kind(kind, value)


def _fault(kind: str, context: dict[str, Any]) -> str:
    if kind in _KINDS:
        return f"is not {_KINDS[kind]}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"is not {words} {context[name]:g}"
    return {
        "string_too_long": f"has more than {context.get('max_length')} characters",
        "too_long": f"has more than {context.get('max_length')} items",
        "string_too_short": "is empty",
        "too_short": "is empty",
        "string_pattern_mismatch": "is not written as it must be",
    }.get(kind, "cannot be used")


def _cure(loc: tuple[str | int, ...]) -> str:
    pattern = "".join("[]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
    return _CURES.get(pattern) or (_CURES.get(str(loc[-1]), "") if loc else "")


def _quoting(kind: str, value: object) -> str:
    """Return the cure where only quotes are missing, or too many."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f'quote it: "{str(value).lower()}"'
    if kind in {"float_type", "int_type"} and isinstance(value, str) and _NUMBER.fullmatch(value):
        return "write it without quotes"
    return ""


def _cure_of_kind(kind: str, value: object) -> str:
    if value is None:
        return "give a value, or take the field out"
    if kind in {"string_too_long", "too_long"}:
        return "shorten it"
    return f"write {_KINDS.get(kind, 'it in another way')}"


def _fields_at(loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the fields that the brief has at *loc*."""
    kind: Any = Brief
    for part in loc:
        kind = _inside(kind, part)
    return tuple(_record(kind).model_fields)


def _record(kind: Any) -> type[Record]:  # noqa: ANN401 (an annotation can be anything)
    if get_origin(kind) is Annotated:
        return _record(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return next(_record(one) for one in get_args(kind) if _is_record(one))
    assert isinstance(kind, type) and issubclass(kind, Record)  # noqa: S101, PT018 (only records forbid fields)
    return kind


def _is_record(kind: Any) -> bool:  # noqa: ANN401
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return isinstance(bare, type) and issubclass(bare, Record)


def _inside(kind: Any, part: str | int) -> Any:  # noqa: ANN401
    """Return the annotation of *part* inside *kind*: a field, an item of a tuple, or a value of a mapping."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _inside(args[0], part)
    if origin in {Union, types.UnionType}:
        lists = [one for one in args if not _is_record(one) and one is not type(None)]
        return _inside(lists[0] if isinstance(part, int) and lists else _record(kind), part)
    if origin in {tuple, dict}:
        return args[0 if origin is tuple else 1]
    return _record(kind).model_fields[str(part)].annotation
