"""Readable file names of ads, after a pattern that the team sets: ASCII, bounded, never colliding."""

import re
from functools import cache

from anyascii import anyascii

from flows.name_patterns import DEFAULT_PATTERN
from schemas.placements import PLACEMENTS
from schemas.plan import Ad
from schemas.regions import regions_of

STEM_MAX = 120
"""Characters of a name without its suffix; what people upload stays under 128 with it."""
HASH_DIGITS = 8
_ANYWHERE = "world"
"""The market of a locale that is for no territory."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Names of devices, which Windows takes for them whatever suffix stands behind."""


def file_stem(ad: Ad, pattern: str = DEFAULT_PATTERN, *, revision: int = 1, digits: int = HASH_DIGITS) -> str:
    """Return the name of the files of *ad*, without suffix, after *pattern*.

    The hash is the start of the ad's key; with as many *digits* as tell them apart, two ads never share a
    name, also where A and a are one. Where a name would be too long, its longest fields are shortened.
    """
    fields = _fields(ad, revision)
    longest = max(map(len, fields.values()))
    for most in range(longest, 0, -1):
        short = {name: value[:most] for name, value in fields.items()}
        stem = pattern.format(**short, hash=ad.key[:digits]).strip("._-")
        if len(stem) <= STEM_MAX:
            break
    return f"x-{stem}" if stem.partition(".")[0].lower() in _RESERVED else stem


def campaign_prefix(campaign: str) -> str:
    """Return how the names of all ads of *campaign*, ``brand/name``, begin after the default pattern."""
    return "_".join(_plain(part) for part in campaign.split("/"))


def market_of(locale: str) -> str:
    """Return the territory that *locale* is for (ISO 3166-1), by CLDR's likely one where it names none."""
    return next(iter(regions_of(locale)), _ANYWHERE)


def _fields(ad: Ad, revision: int) -> dict[str, str]:
    brand, _, campaign = ad.campaign.partition("/")
    fields = {
        "brand": brand,
        "campaign": campaign,
        "product": ad.product,
        "locale": ad.locale,
        "market": market_of(ad.locale),
        "placement": ad.placement.replace("_", "-"),
        "ratio": PLACEMENTS[ad.placement].ratio.replace(":", "x"),
        "seconds": f"{ad.composition.seconds:g}",
        "variant": ad.variant,
        "revision": f"{revision:02d}",
    }
    return {name: _plain(value) for name, value in fields.items()}


@cache
def _plain(text: str) -> str:
    """Return *text* in letters, digits, dots and hyphens; other scripts are transliterated."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", anyascii(text)).strip("-.") or "x"
