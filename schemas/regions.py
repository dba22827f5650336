"""Which market a locale is for, as far as licences and laws ask."""

import re
from functools import cache

from babel.core import get_global

EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 (a table)
)
"""Member states of the European Union on 2026-01-01, ISO 3166-1."""


_PARTS = {"150": ("EU",)}
"""Parts of the world, UN M49, that hold such markets."""


@cache
def regions_of(locale: str) -> tuple[str, ...]:
    """Return the codes under which a licence may name the market of *locale*: its territory, and ``EU``.

    A locale without a territory is for where most of its speakers live (CLDR, likely subtags); one for a part
    of the world, such as Latin America, or for all of it is for no market that a licence names.
    """
    territory = _territory(locale) or _territory(_likely(locale))
    if not territory.isalpha():
        return _PARTS.get(territory, ())
    if territory == "GB":
        return "GB", "UK"
    return (territory, "EU") if territory in EU else (territory,)


def _territory(tag: str) -> str:
    """Return the territory of *tag*: two letters (ISO 3166-1) or three digits (UN M49); empty for none."""
    parts = tag.replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if re.fullmatch("[A-Za-z]{2}|[0-9]{3}", part)), "")


def _likely(locale: str) -> str:
    subtags = get_global("likely_subtags")
    language = locale.split("-", maxsplit=1)[0]
    return str(subtags.get(locale.replace("-", "_")) or subtags.get(language, ""))
