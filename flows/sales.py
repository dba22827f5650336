"""Which sales are on."""

from collections.abc import Iterator
from datetime import datetime

from schemas.brief import Brief, Product


def without_past_sales(brief: Brief, now: datetime) -> Brief:
    """Return *brief* without the sales that are over at *now*: their products cost the full price again."""
    if not isinstance(brief.products, tuple) or not any(_is_over(product, now) for product in brief.products):
        return brief
    ended = {"sale_price": None, "sale_ends": None}
    products = tuple(
        product.model_copy(update=ended) if _is_over(product, now) else product for product in brief.products
    )
    return brief.model_copy(update={"products": products})


def sale_notes(brief: Brief, now: datetime) -> Iterator[str]:
    """Yield the products whose sale is over at *now*."""
    for product in brief.products if isinstance(brief.products, tuple) else ():
        if product.sale_ends is not None and _is_over(product, now):
            ended = f"{product.sale_ends:%Y-%m-%d %H:%M %Z}"
            yield f"{product.id}: the sale ended on {ended}; its ads show the full price, {product.price}"


def _is_over(product: Product, now: datetime) -> bool:
    return product.sale_price is not None and product.sale_ends is not None and product.sale_ends <= now
