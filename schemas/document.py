"""Reads the text of a brief, YAML or JSON, as plain data; briefs come from strangers."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from schemas.errors import BriefError
from schemas.record import Record

BYTES_MAX = 256 * 1024
DEPTH_MAX = 24

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


class Problem(Record):
    """One thing that is wrong in a brief."""

    where: str
    """Path in the brief, for example ``storyboard[1].seconds``."""
    what: str
    """The value and what is wrong with it."""
    cure: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.what}; {self.cure}" if self.where else f"{self.what}; {self.cure}"


class Document:
    """Plain data with the line where each part stands."""

    def __init__(self, data: dict[str, Any], lines: dict[str, int]) -> None:
        self.data = data
        self.lines = lines

    def select(self, pattern: str) -> Iterator[tuple[str, Any]]:
        """Yield (path, value) for each value at *pattern*, such as ``products[].images[]``.

        ``[]`` stands for each item of a list, ``*`` for each name of a mapping. Parts that are absent or of
        another kind are passed over: their shape is somebody else's duty.
        """
        yield from _select(self.data, "", pattern.replace("[]", ".[]").split("."))


def read_document(text: str) -> Document:
    """Read *text* as one mapping.

    The rules are those of YAML 1.2's core schema, so ``no`` stays a word and a date stays a text. Aliases,
    duplicate names, tags, deep nesting and long texts are refused with a BriefError that names the line.
    """
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise _refusal(
            f"the brief is longer than {BYTES_MAX // 1024} kB", "split it, or move products to a feed"
        )
    try:
        _refuse_bombs(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it cannot be read"
        raise _refusal(f"not valid YAML{place}: {reason}", "mend the line") from error
    if not isinstance(node, yaml.MappingNode):
        raise _refusal("the brief is not a mapping", "begin with 'campaign: <name>'")
    lines: dict[str, int] = {}
    return Document(_plain(node, "", lines), lines)


def join(where: str, part: str | int) -> str:
    """Return the path of *part* inside *where*."""
    if isinstance(part, int):
        return f"{where}[{part}]"
    return f"{where}.{part}" if where else part


def _refusal(what: str, cure: str) -> BriefError:
    return BriefError(str(Problem(where="", what=what, cure=cure)))


def _refuse_bombs(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(f"line {line} uses an anchor or alias", "write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                raise _refusal(f"line {line} is nested more than {DEPTH_MAX} deep", "a brief needs about 6")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, where: str, lines: dict[str, int]) -> Any:  # noqa: ANN401 (plain data)
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, join(where, n), lines) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, lines)
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101 (the three kinds there are)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, where: str, lines: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            raise _refusal(f"line {line} has a name that is no text", "use plain names")
        if name.value in found:
            raise _refusal(
                f"line {line} gives {join(where, name.value)} a second time", "keep one of the two"
            )
        found[name.value] = _plain(value, join(where, name.value), lines)
    return found


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _select(data: Any, where: str, parts: list[str]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if not parts:
        yield where, data
    elif parts[0] == "[]":
        for n, item in enumerate(data if isinstance(data, list) else ()):
            yield from _select(item, join(where, n), parts[1:])
    elif isinstance(data, dict):
        for name in data if parts[0] == "*" else (parts[0],):
            if name in data:
                yield from _select(data[name], join(where, name), parts[1:])
