"""The ad platforms: what each takes, a module and a table line each."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from flows.export.sheets.sheet import Platform

PLATFORMS = {
    "meta": "flows.export.sheets.meta",
    "google_ads": "flows.export.sheets.google_ads",
    "tiktok": "flows.export.sheets.tiktok",
    "dv360": "flows.export.sheets.dv360",
    "generic": "flows.export.sheets.generic",
}
"""By name; each module has a PLATFORM."""


@cache
def platform_of(name: str) -> "Platform":
    """Return what is known of the platform *name*, which must be in the table."""
    return cast("Platform", import_module(PLATFORMS[name]).PLATFORM)
