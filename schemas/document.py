"""Reads the text of a brief, YAML or JSON, as plain data; briefs come from strangers."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from schemas.errors import BriefError
from schemas.record import Record
from schemas.wording import shown

BYTES_MAX = 256 * 1024
DEPTH_MAX = 24

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[\w.@+-]{1,60}")


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
    """Plain data with the place where each part stands."""

    def __init__(self, data: dict[str, Any], lines: dict[str, int], name: str = "brief") -> None:
        self.data = data
        self.lines = lines
        self.name = name
        """The file as messages call it."""
        self.parts: dict[str, str] = {}
        """Names of the files that were put in, by the path where they stand."""

    def select(self, pattern: str) -> Iterator[tuple[str, Any]]:
        """Yield (path, value) for each value at *pattern*, such as ``products[].images[]``.

        ``[]`` stands for each item of a list, ``*`` for each name of a mapping. Parts that are absent or of
        another kind are passed over: their shape is somebody else's duty.
        """
        yield from _select(self.data, "", pattern.replace("[]", ".[]").split("."))

    def put(self, field: str, part: "Document") -> "Document":
        """Return a document with *part*, read from a file of its own, in place of the value of *field*."""
        lines = {where: line for where, line in self.lines.items() if not _is_inside(where, field)}
        lines |= {_inside(field, where): line for where, line in part.lines.items()}
        whole = Document({**self.data, field: part.data}, lines, self.name)
        whole.parts = {**self.parts, field: part.name}
        return whole

    def put_rows(self, field: str, rows: list[Any], numbers: list[int], name: str) -> "Document":
        """Return a document with the list *rows*, which stand at the lines *numbers* of the file *name*."""
        whole = self.put(field, Document({}, {}, name))
        whole.data[field] = rows
        whole.lines |= {join(field, n): line for n, line in enumerate(numbers)}
        return whole

    def place(self, where: str) -> tuple[str, int]:
        """Return the file and the line of *where*, or of the nearest part around it."""
        name = next((part for field, part in self.parts.items() if _is_inside(where, field)), self.name)
        while where and where not in self.lines:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
        return name, self.lines.get(where, 1)


def read_document(text: str, name: str = "brief") -> Document:
    """Read *text* as one mapping; *name* is what messages call the file.

    The rules are those of YAML 1.2's core schema, so ``no`` stays a word and a date stays a text. Aliases,
    duplicate names, tags, deep nesting and long texts are refused with a BriefError that names the line.
    """
    try:
        return _read(text, name)
    except _RefusedError as refused:
        raise BriefError(f"{shown_name(name)}:{refused}") from refused
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        line = mark.line + 1 if mark else 1
        cure = _cure_of(text.splitlines()[: line + 1][-2:])
        raise BriefError(f"{shown_name(name)}:{line}: not valid YAML, {_one_line(reason)}; {cure}") from error


def join(where: str, part: str | int) -> str:
    """Return the path of *part* inside *where*; a name that is no plain word stands escaped and shortened."""
    if isinstance(part, int):
        return f"{where}[{part}]"
    name = part if _PLAIN_NAME.fullmatch(part) else shown(part)
    return f"{where}.{name}" if where else name


def shown_name(name: str) -> str:
    """Return a file's *name* on one line."""
    return name if name.isprintable() else shown(name)


class _RefusedError(Exception):
    """``line: what; cure``."""


def _refused(line: int, what: str, cure: str) -> _RefusedError:
    return _RefusedError(f"{line}: {what}; {cure}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:120]


def _cure_of(around: list[str]) -> str:
    if any("\t" in line for line in around):
        return "indent with spaces, not with tabs"
    if any(re.search(r":\s+#[0-9A-Fa-f]{3}", line) for line in around):
        return 'quote colours, for example "#5B2A1E", because # begins a comment'
    return "mend the line, or quote the text"


class _Loader(yaml.SafeLoader):
    """Composes nodes, and stops at the first thing that a brief may not hold."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, unless it is an alias, has an anchor or a tag, or lies too deep."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refused(line, "an anchor or alias stands here", "write the value out")
        if event.tag not in {None, "!"}:
            raise _refused(line, f"the tag {shown(event.tag)} stands here", "take it away")
        if self.depth >= DEPTH_MAX:
            raise _refused(line, f"nested more than {DEPTH_MAX} deep", "a brief needs about 6")
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _read(text: str, name: str) -> Document:
    if len(text) > BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise _refused(1, f"longer than {BYTES_MAX // 1024} kB", "split the brief")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, which YAML refuses
    node = _compose(text)
    if not isinstance(node, yaml.MappingNode):
        what = "the file is empty" if node is None else "not a mapping of names to values"
        raise _refused(1, what, "begin with 'campaign: <name>'")
    lines: dict[str, int] = {}
    return Document(_plain(node, "", lines), lines, name)


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


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
    for name_node, value in node.value:
        line = name_node.start_mark.line + 1
        if not isinstance(name_node, yaml.ScalarNode):
            raise _refused(line, f"a name in {where or 'the brief'} is no text", "use plain names")
        name = _text(name_node)
        inside = join(where, name)
        if name in found:
            raise _refused(line, f"{inside} is given a second time", "keep one of the two")
        found[name] = _plain(value, inside, lines)
        lines[inside] = line
    return found


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text = _text(node)
    if node.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _text(node: yaml.ScalarNode) -> str:
    text: str = node.value
    if not _SURROGATE.search(text):
        return text
    try:  # JSON writes one emoji as a pair of escapes
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        line = node.start_mark.line + 1
        raise _refused(line, f"{shown(text)} holds half a character", "write the character itself") from None


def _inside(field: str, where: str) -> str:
    return f"{field}.{where}" if where else field


def _is_inside(where: str, field: str) -> bool:
    return where == field or where.startswith((f"{field}.", f"{field}["))


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
