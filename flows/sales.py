"""Which sales are on."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from schemas.brief import Brief, Product

_TOLD_MAX = 5
"""Products that are named; a feed may have thousands."""


def priced_at(brief: Brief, now: datetime) -> Brief:
    """Return *brief* with the sales that are on at *now*; what is not on sale costs its full price."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    if not any(map(partial(_is_off, now=now), products)):
        return brief
    full = {"sale_price": None, "sale_starts": None, "sale_ends": None}
    priced = tuple(one.model_copy(update=full) if _is_off(one, now) else one for one in products)
    return brief.model_copy(update={"products": priced})


def sale_notes(brief: Brief, now: datetime) -> Iterator[str]:
    """Yield the products whose sale is over at *now*, or has not begun."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    off = [product for product in products if _is_off(product, now)]
    for product in off[:_TOLD_MAX]:
        when = _when(product, now)
        yield f"{product.id}: the sale {when}; its ads show the full price, {product.price}"
    if (more := len(off) - _TOLD_MAX) > 0:
        yield f"{more:,} more products have a sale that is not on; their ads show the full price"


def is_on(product: Product, now: datetime) -> bool:
    """Tell whether *product* costs its sale price at *now*."""
    return (
        product.sale_price is not None
        and (product.sale_starts is None or product.sale_starts <= now)
        and (product.sale_ends is None or now < product.sale_ends)
    )


def _is_off(product: Product, now: datetime) -> bool:
    return product.sale_price is not None and not is_on(product, now)


def _when(product: Product, now: datetime) -> str:
    if product.sale_starts is not None and now < product.sale_starts:
        return f"starts on {product.sale_starts:%Y-%m-%d %H:%M %Z}"
    return f"ended on {product.sale_ends:%Y-%m-%d %H:%M %Z}"
