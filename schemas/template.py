"""Texts with fields in braces, such as ``{hook}`` or ``Now {sale_price}``."""

from collections.abc import Mapping
from string import Formatter

PRODUCT_FIELDS = ("id", "title", "description", "price", "sale_price", "brand")
"""Fields that any text may use; ``sale_price`` is the price to pay now, on sale or not."""
COPY_FIELDS = ("hook", "benefit", "cta")
"""Fields that captions may use besides."""
PRICE_FIELDS = ("price", "sale_price")


def fields_of(template: str) -> tuple[str, ...]:
    """Return the names of the fields in *template*, in order; raises ValueError for a bad brace."""
    names = []
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError("a field is a name in braces and nothing else")
        names.append(name)
    return tuple(names)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return *template* with every field replaced, and white space tidied; unknown fields raise KeyError."""
    parts = [
        text + (values[name] if name is not None else "") for text, name, _, _ in Formatter().parse(template)
    ]
    return " ".join("".join(parts).split())
