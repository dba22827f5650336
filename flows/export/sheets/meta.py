"""Meta: ads in bulk, by Ads Manager's import of a spreadsheet with the videos beside it.

Headers and values as in Ads Manager's own export (anchors of 2026-11-22, certainty medium); a file imports
into campaigns and ad sets of these names. Meta publishes no limit of rows; 5,000 ads is what an account of
the usual kind may hold.
"""

from flows.export.sheets.sheet import Column, Platform, SheetAd, always, beginning, blank
from schemas.brief import Objective

_BUTTONS: dict[Objective, str] = {
    "sales": "SHOP_NOW",
    "leads": "SIGN_UP",
    "app_installs": "INSTALL_MOBILE_APP",
}
"""Meta's own buttons, by objective; it takes no other words."""


def _button(row: SheetAd) -> str:
    return _BUTTONS.get(row.objective, "LEARN_MORE")


PLATFORM = Platform(
    sheet="meta-ads",
    placements=beginning("meta_"),
    columns=(
        Column("Campaign Name", lambda row: row.campaign),
        Column("Ad Set Name", lambda row: row.group),
        Column("Ad Name", lambda row: row.name),
        Column("Ad Status", always("PAUSED")),
        Column("Creative Type", always("Video Page Post Ad")),
        Column("Title", lambda row: row.headline),
        Column("Body", lambda row: row.text),
        Column("Link Description", lambda row: row.description),
        Column("Link", lambda row: row.link),
        Column("Call to Action", _button),
        Column("Video File Name", lambda row: row.video),
        Column("Video Thumbnail File Name", lambda row: row.thumbnail),
        Column("Link Object ID", blank),
        Column("Instagram Account ID", blank),
        Column("URL Tags", always("utm_source=meta&utm_medium=paid&utm_content={{ad.id}}")),
    ),
    rows_max=5000,
    marked=True,
    note="fill Link Object ID (the page) and Instagram Account ID, then import the sheet with the videos",
)
