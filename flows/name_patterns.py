"""Patterns of file names, as teams write them: checked, before they are used."""

import re
from string import Formatter

from schemas.errors import BriefError
from schemas.wording import shown, suggestion

FIELDS = (
    "brand",
    "campaign",
    "product",
    "locale",
    "market",
    "placement",
    "ratio",
    "seconds",
    "variant",
    "revision",
    "hash",
)
DEFAULT_PATTERN = "{brand}_{campaign}_{product}_{locale}_{placement}_{ratio}_{seconds}s_v{variant}_{hash}"
_LITERALS_MAX = 40
_FIELDS_MAX = 20


def read_pattern(text: str) -> str:
    """Return *text* if it is a pattern of names. Raises BriefError with the fault and the cure."""
    try:
        parts = [*Formatter().parse(text)]
    except ValueError as error:
        raise _refused(text, f"is no pattern ({error})", "write fields as {brand}") from None
    names = [name for _, name, _, _ in parts if name is not None]
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise _refused(text, "tells how a field is written", "write the name alone, as {seconds}")
    for name in names:
        if name not in FIELDS:
            raise _refused(text, f"has the unknown field {shown(name)}", suggestion(name, FIELDS))
    literal = "".join(part for part, *_ in parts)
    if wrong := re.search(r"[^A-Za-z0-9._-]", literal):
        cure = "between fields use A-Z, a-z, 0-9 and . _ -"
        raise _refused(text, f"has the character {shown(wrong[0])}", cure)
    if names.count("hash") != 1:
        cure = "give {hash} once: without it two ads may have one name"
        raise _refused(text, f"has {{hash}} {names.count('hash')} times", cure)
    if len(literal) > _LITERALS_MAX or len(names) > _FIELDS_MAX:
        cure = f"use {_LITERALS_MAX} characters between fields and {_FIELDS_MAX} fields at most"
        raise _refused(text, "is too long", cure)
    return text


def _refused(pattern: str, fault: str, cure: str) -> BriefError:
    return BriefError(f"--name: {shown(pattern)} {fault}; {cure}")
