"""TikTok: ads in bulk, as a CSV file for TikTok Ads Manager.

It must be UTF-8, under the headers of the account's own template, with at most 999 rows
(ads.tiktok.com/help/article/troubleshooting-bulk-import-export, read 2026-11-23). The headers here are those
of the usual template, of low certainty.
"""

from flows.export.sheets.sheet import Column, Platform, SheetAd, always, beginning, blank
from schemas.brief import Objective

_BUTTONS: dict[Objective, str] = {
    "sales": "Shop now",
    "leads": "Sign up",
    "app_installs": "Download now",
}
"""TikTok's own buttons, by objective; it takes no other words."""


def _button(row: SheetAd) -> str:
    return _BUTTONS.get(row.objective, "Learn more")


PLATFORM = Platform(
    sheet="tiktok-ads",
    placements=(*beginning("tiktok_"), *beginning("pangle")),
    columns=(
        Column("Campaign Name", lambda row: row.campaign),
        Column("Ad Group Name", lambda row: row.group),
        Column("Ad Name", lambda row: row.name),
        Column("Ad Format", always("Single video")),
        Column("Video Name", lambda row: row.video),
        Column("Thumbnail", lambda row: row.thumbnail),
        Column("Text", lambda row: row.text),
        Column("Call to Action", _button),
        Column("Click-through URL", lambda row: row.link),
        Column("Identity", blank),
        Column("Status", always("Off")),
    ),
    rows_max=999,
    marked=True,
    note="upload the videos to the library, fill Identity, and set the headers to those of your template",
)
