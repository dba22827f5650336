"""How the scenes of an ad are written: one file a layout, and one line here."""

from actors.layouts.bumper import bumper
from actors.layouts.column import Layout as _Layout
from actors.layouts.feature import feature
from actors.layouts.headline import headline
from actors.layouts.label import label
from actors.layouts.offer import offer
from actors.layouts.quote import quote
from schemas.brief import Layout

LAYOUTS: dict[Layout, _Layout] = {
    "headline": headline,
    "feature": feature,
    "offer": offer,
    "quote": quote,
    "label": label,
    "bumper": bumper,
}
