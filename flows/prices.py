"""Reads again what the products of a brief cost now: a feed changes while ads of yesterday are exported."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from flows.feeds.expanding import feed_of, harvester_of
from flows.ingest import read_brief
from flows.places import Places
from flows.reach import reach_of
from schemas.brief import Product
from schemas.errors import BriefError, MediaError
from schemas.settings import Settings


def products_now(source: Path, settings: Settings) -> dict[str, Product] | None:
    """Return the products of the brief at *source* as they are now, by id; None where it cannot be read.

    Of a feed those that select still takes, whatever group and limit say; a feed from elsewhere is asked for
    again, and no picture is looked at. Sales are as written: whether one is on, `flows.sales` tells.
    """
    reach = reach_of(settings)
    try:
        document = read_brief(source)
        feed = feed_of(document)
        if feed is None:
            listed = TypeAdapter(tuple[Product, ...]).validate_python(document.data.get("products"))
        else:
            path = Places(source.parent.resolve(), reach).find(feed.path, reach.bytes, now=True)
            rows = harvester_of(feed, document, reach).candidates(path)
            listed = tuple(Product.model_validate(row.product) for row in rows)
    except (BriefError, MediaError, ValidationError, OSError):
        return None
    return {product.id: product for product in listed}
