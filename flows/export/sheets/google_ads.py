"""Google Ads: video ads in bulk, as a CSV file for Google Ads Editor.

Editor knows columns by their English headers and leaves alone what a blank cell stands for
(support.google.com/google-ads/editor/answer/57747, read 2026-11-23). A video ad names a video on YouTube, so
the videos are uploaded there first. Editor states no limit of rows; 10,000 is ours.
"""

from flows.export.sheets.sheet import Column, Platform, SheetAd, always, beginning, blank

_TYPES = {
    "youtube_bumper": "Bumper ad",
    "youtube_non_skippable": "Non-skippable in-stream ad",
    "youtube_in_stream": "Skippable in-stream ad",
}
"""Types of ads, by how the placement's name begins."""


def _type(row: SheetAd) -> str:
    return next((kind for name, kind in _TYPES.items() if row.ad.placement.startswith(name)), "Video ad")


def _campaign_type(row: SheetAd) -> str:
    return "Video - Bumper ad" if row.ad.placement.startswith("youtube_bumper") else "Video"


PLATFORM = Platform(
    sheet="google-ads",
    placements=beginning("youtube_", "google_"),
    columns=(
        Column("Campaign", lambda row: row.campaign),
        Column("Campaign type", _campaign_type),
        Column("Ad group", lambda row: row.group),
        Column("Ad type", _type),
        Column("Ad name", lambda row: row.name),
        Column("Video ID", blank),
        Column("Final URL", lambda row: row.link),
        Column("Headline 1", lambda row: row.headline),
        Column("Long headline 1", lambda row: row.text),
        Column("Description 1", lambda row: row.description or row.text),
        Column("Business name", lambda row: row.brand),
        Column("Call to action", lambda row: row.button),
        Column("Status", always("Paused")),
    ),
    rows_max=10_000,
    marked=True,
    note="upload the videos to YouTube and fill Video ID: Ad name is the file's name without .mp4",
)
