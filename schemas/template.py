"""Texts with fields in braces, such as ``{hook}`` or ``Now {sale_price}``."""

from collections.abc import Mapping
from string import Formatter

PRODUCT_FIELDS = ("id", "title", "description", "price", "sale_price", "brand")
"""Fields that any text may use; ``sale_price`` is the price to pay now, on sale or not."""
FEATURES_MAX = 5
"""Features of a copy; captions call them ``{feature1}`` and so on."""
COPY_FIELDS = ("hook", "benefit", "cta", "quote", "author", "before", "after")
"""Fields that captions may use besides, as the copy has them."""
FEATURE_FIELDS = tuple(f"feature{n}" for n in range(1, FEATURES_MAX + 1))
CAPTION_FIELDS = (*PRODUCT_FIELDS, *COPY_FIELDS, *FEATURE_FIELDS)
"""All fields that a caption or a note may use."""
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
