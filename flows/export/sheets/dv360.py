"""Display & Video 360: ads of YouTube and Demand Gen, as a structured data file of the type AdGroupAd.

Columns and values as in version 10.1
(developers.google.com/display-video/api/structured-data-file/v10-1/AdGroupAd, read 2026-11-23). New ad groups
are named by a custom identifier, ``ext[...]``, which the file AdGroup of the same upload must have too.
"""

from flows.export.sheets.sheet import Column, Platform, SheetAd, always, beginning, blank

_TYPES = {
    "youtube_bumper": "Bumper",
    "youtube_non_skippable": "Non skippable",
    "youtube_in_stream": "In-stream",
    "youtube_shorts": "In-feed video",
    "google_demand_gen": "Demand Gen video",
}
"""Types of ads, by how the placement's name begins."""


def _type(row: SheetAd) -> str:
    return next((kind for name, kind in _TYPES.items() if row.ad.placement.startswith(name)), "In-stream")


def _site(row: SheetAd) -> str:
    return row.link.partition("://")[2].partition("/")[0]


PLATFORM = Platform(
    sheet="SDF-AdGroupAds",
    placements=beginning("youtube_", "google_demand_gen_"),
    columns=(
        Column("Ad Id", blank),
        Column("Ad Group Id", lambda row: f"ext[{row.group}]"),
        Column("Ad Group Name", lambda row: row.group),
        Column("Name", lambda row: row.name),
        Column("Status", always("Paused")),
        Column("Ad Type", _type),
        Column("Video Id", blank),
        Column("Display URL", _site),
        Column("Landing Page URL", lambda row: row.link),
        Column("DCM Tracking - Placement Id", blank),
    ),
    rows_max=10_000,
    marked=False,
    note="upload the videos to YouTube and fill Video Id: Name is the file's name without .mp4",
)
