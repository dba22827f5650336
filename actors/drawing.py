"""Reads the text of an SVG drawing and refuses what Skia cannot draw, or could be brought down by.

Skia's SVG module crashes on drawings nested some thousand deep, follows references without a limit, and
leaves out texts, style sheets, pictures and symbols without a word (skia-python 144, tried 2026-12).
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from io import StringIO

BYTES_MAX = 1_000_000
DEPTH_MAX = 64
PARTS_MAX = 20_000
SIDE_MAX = 100_000.0

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_DRAWN = frozenset(
    {"svg", "g", "a", "defs", "use", "clipPath", "mask", "title", "desc", "metadata"}
    | {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
    | {"linearGradient", "radialGradient", "stop"}
)
_CURES = {
    "text": "turn the text into paths",
    "style": "export with presentation attributes in place of a style sheet",
    "image": "save the logo as PNG",
    "symbol": "draw its parts where they are used",
}
_LENGTH = re.compile(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*(px|pt|pc|mm|cm|in)?\s*")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_UNITS = {None: 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)")


def measure_drawing(data: bytes) -> tuple[float, float]:
    """Return width and height, CSS pixels, of the SVG in *data*.

    Raises ValueError with ``what; cure`` for a drawing that is broken, has no size, loads or runs something,
    or needs what Skia lacks.
    """
    root = _parse(_text(data))
    if root.tag not in {"svg", f"{_SVG}svg"}:
        raise ValueError("is not an SVG drawing; save it as plain SVG")
    parts = list(root.iter())
    for part in parts:
        _refuse_undrawn(part)
    named: dict[str, list[ET.Element]] = {}
    for part in parts:
        named.setdefault(part.get("id", ""), []).append(part)
    if _cost(root, named, 0, PARTS_MAX) > PARTS_MAX:
        raise ValueError(f"draws more than {PARTS_MAX} shapes; simplify it")
    return _size(root)


def _text(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise ValueError(f"has {len(data)} bytes; {BYTES_MAX} are read at most, simplify it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; save it as plain SVG") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("has a DOCTYPE or entities; save it as plain SVG")
    return text


def _parse(text: str) -> ET.Element:
    """Parse *text*, watching the depth before the tree of it is built."""
    depth = 0
    root: ET.Element | None = None
    try:
        for event, part in ET.iterparse(StringIO(text), events=("start", "end")):  # noqa: S314 (no DTD here)
            root = part if root is None else root
            depth += 1 if event == "start" else -1
            if depth > DEPTH_MAX:
                raise ValueError(f"is nested more than {DEPTH_MAX} deep; ungroup it")
    except (ET.ParseError, LookupError) as error:
        raise ValueError(f"is not valid XML, {error}; save it as plain SVG") from error
    if root is None:
        raise ValueError("is empty; save it as plain SVG")
    return root


def _refuse_undrawn(part: ET.Element) -> None:
    tag = str(part.tag)
    name = tag.removeprefix(_SVG)
    if "{" in name:
        return  # an editor's own notes
    if name not in _DRAWN:
        raise ValueError(f"uses <{name[:30]}>, which is not drawn; {_CURES.get(name, 'turn it into paths')}")
    if part.get("class"):
        raise ValueError(f"styles <{name}> by a class; {_CURES['style']}")
    if name == "use" and part.get("href"):
        raise ValueError("has <use href>, which is not drawn; write xlink:href")


def _references(part: ET.Element) -> Iterator[str]:
    for name, value in part.attrib.items():
        if name == _HREF:
            yield value.strip().removeprefix("#")
        yield from _REFERENCE.findall(value)


def _cost(part: ET.Element, named: dict[str, list[ET.Element]], depth: int, left: int) -> int:
    """Return how many parts are drawn for *part*, references followed, counted little beyond *left*."""
    if depth > DEPTH_MAX:
        raise ValueError("has references that run in a circle; draw the parts out")
    cost = 1
    referred = [shape for name in _references(part) for shape in named.get(name, ())]
    for inside in (*part, *referred):
        if cost > left:
            break
        cost += _cost(inside, named, depth + 1, left - cost)
    return cost


def _size(root: ET.Element) -> tuple[float, float]:
    box = [float(number) for number in _NUMBER.findall(root.get("viewBox", ""))[:4]]
    if len(box) != 4:  # noqa: PLR2004 (left, top, width, height)
        box = [0.0, 0.0, 0.0, 0.0]
    width, height = _length(root.get("width"), box[2]), _length(root.get("height"), box[3])
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise ValueError("has no size; give it width and height, or a viewBox")
    return width, height


def _length(text: str | None, otherwise: float) -> float:
    match = _LENGTH.fullmatch(text or "")
    return float(match[1]) * _UNITS[match[2]] if match else otherwise
