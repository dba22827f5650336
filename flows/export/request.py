"""What is asked of an export, checked before anything is looked up."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from flows.export.platforms import platform_of
from flows.name_patterns import DEFAULT_PATTERN, read_pattern
from schemas.errors import BriefError
from schemas.record import Record
from schemas.settings import Settings
from schemas.wording import shown, suggestion

Archive = Literal["", "zip", "tar"]

_SIZE = re.compile(r"(?P<number>[0-9]{1,9}(\.[0-9]{1,3})?) ?(?P<unit>B|[KMGT]i?B?)?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
SPLIT_MIN = 1_000_000
"""A part of less is no help to anyone, and there would be thousands."""
S3 = "s3://"


class Request(Record):
    """What is asked of an export."""

    campaigns: tuple[str, ...]
    to: str
    """An absolute folder, or ``s3://bucket/prefix``."""
    platform: str
    since: datetime | Literal["last", "all"] = "last"
    """``last``: what is new or changed since the last export there. ``all``: everything, exported before or
    not. Or what was made from then on, exported before or not."""
    placements: tuple[str, ...] = ()
    """Empty for all that the platform takes."""
    locales: tuple[str, ...] = ()
    approved_only: bool = False
    pattern: str = DEFAULT_PATTERN
    archive: Archive = ""
    split: int = 0
    """Most bytes of an archive; 0 for one archive of any size."""
    sidecars: bool = False
    dry: bool = False

    def wants(self, placement: str, locale: str) -> bool:
        """Tell whether ads of *placement* and *locale* are asked for."""
        placements = self.placements or platform_of(self.platform).placements
        return placement in placements and (not self.locales or locale in self.locales)


def read_request(
    campaigns: tuple[str, ...],
    to: str,
    platform: str,
    *,
    since: str = "LAST",
    placements: tuple[str, ...] = (),
    locales: tuple[str, ...] = (),
    approved_only: bool = False,
    pattern: str = DEFAULT_PATTERN,
    archive: str = "",
    split: str = "",
    sidecars: bool = False,
    dry: bool = False,
    settings: Settings,
) -> Request:
    """Return the request that a command line asks for. Raises BriefError with what is wrong in it."""
    if split and not archive:
        raise BriefError("--split: there is no archive to split; add --archive zip or --archive tar")
    _check_placements(placements, platform)
    return Request(
        campaigns=tuple(dict.fromkeys(campaigns)),
        to=_place(to, settings),
        platform=platform,
        since=_moment(since),
        placements=placements,
        locales=locales,
        approved_only=approved_only,
        pattern=read_pattern(pattern),
        archive="zip" if archive == "zip" else "tar" if archive else "",
        split=_size(split) if split else 0,
        sidecars=sidecars,
        dry=dry,
    )


def _place(text: str, settings: Settings) -> str:
    """Return the destination as the catalog knows it: whatever way leads there, it is one."""
    if not text.isprintable() or not text.strip():
        raise BriefError(f"--to: {shown(text)} is no place; give a folder or s3://bucket/prefix")
    if "://" not in text:
        place = str(Path(text).expanduser().resolve())
    elif text.startswith(S3) and text.removeprefix(S3).split("/")[0]:
        bucket, *prefix = (part for part in text.removeprefix(S3).split("/") if part)
        place = "/".join((f"{S3}{bucket}", *prefix))
    else:
        raise BriefError(f"--to: {shown(text)} is neither a folder nor s3://bucket/prefix")
    blobs = settings.blobs if settings.blobs.startswith(S3) else str(Path(settings.blobs).resolve())
    if f"{place}/".startswith(f"{blobs.rstrip('/')}/"):
        raise BriefError(f"--to: {shown(text)} lies in the blob store {blobs}; give a place of its own")
    return place


def _check_placements(placements: tuple[str, ...], platform: str) -> None:
    taken = platform_of(platform).placements
    for name in placements:
        if name not in taken:
            raise BriefError(
                f"--placement: {shown(name)} is no placement of {platform}; {suggestion(name, taken)}"
            )


def _moment(text: str) -> datetime | Literal["last", "all"]:
    match text.lower():
        case "last":
            return "last"
        case "all":
            return "all"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        cure = "give LAST, ALL, a date such as 2026-11-23, or a time such as 2026-11-23T08:00+01:00"
        raise BriefError(f"--since: {shown(text)} is no date; {cure}") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BriefError(f"--split: {shown(text)} is no size; give for example 500MB or 4GiB")
    unit = (match["unit"] or "").upper().removesuffix("B")
    base = 1024 if unit.endswith("I") else 1000
    size = int(float(match["number"]) * base ** _POWERS[unit.removesuffix("I")])
    if size < SPLIT_MIN:
        raise BriefError(f"--split: {shown(text)} is too small; give 1MB or more")
    return size
