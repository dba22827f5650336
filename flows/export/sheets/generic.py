"""Any platform: every placement, with all that a sheet of its own may need."""

from flows.export.sheets.sheet import Column, Platform
from flows.naming import market_of
from schemas.placements import PLACEMENTS

PLATFORM = Platform(
    sheet="ads",
    placements=tuple(PLACEMENTS),
    columns=(
        Column("key", lambda row: row.ad.key),
        Column("name", lambda row: row.name),
        Column("video", lambda row: row.video),
        Column("thumbnail", lambda row: row.thumbnail),
        Column("captions", lambda row: row.captions),
        Column("archive", lambda row: row.archive),
        Column("campaign", lambda row: row.ad.campaign),
        Column("product", lambda row: row.ad.product),
        Column("locale", lambda row: row.ad.locale),
        Column("market", lambda row: market_of(row.ad.locale)),
        Column("placement", lambda row: row.ad.placement),
        Column("ratio", lambda row: PLACEMENTS[row.ad.placement].ratio),
        Column("seconds", lambda row: f"{row.ad.composition.seconds:g}"),
        Column("variant", lambda row: row.ad.variant),
        Column("title", lambda row: row.title),
        Column("text", lambda row: row.text),
        Column("description", lambda row: row.description),
        Column("button", lambda row: row.ad.composition.button),
        Column("price", lambda row: row.ad.composition.price),
        Column("old price", lambda row: row.ad.composition.old_price),
        Column("link", lambda row: row.link),
    ),
    rows_max=50_000,
    marked=True,
    note="",
)
