"""What a template is, and what it is told of a product and its copy."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from schemas.brief import Brief, Camera, Copy, Objective, Product, Scene, Variant
from schemas.template import COPY_FIELDS

Need = Literal["features", "quote", "before", "after", "pictures", "sale_price"]
"""What a template cannot do without: texts of the copy, two pictures of the product, or a sale."""

FEATURES_MIN = 2
"""One feature is no list."""
PICTURES_MIN = 2
_COLUMNS_A_SECOND = 15
"""How fast a text is read: subtitles of adults' programmes may have 17 Latin letters a second, or 9 Chinese
ones, which are two columns wide (Netflix, Timed Text Style Guides, 2024)."""
_READING = 2.5, 6.0
"""Least and most seconds that one text stands."""
_CAMERAS: tuple[Camera, ...] = ("orbit", "pull_out", "parallax", "pan")


class Facts(NamedTuple):
    """What there is to tell of a product, in every locale in which it is told."""

    said: frozenset[str]
    """Names of the texts that every locale has."""
    features: int
    """How many features every locale has."""
    quote_columns: int
    """Width of the longest quote; a Chinese character is two wide."""
    images: tuple[str, ...]
    priced: bool
    on_sale: bool

    def has(self, need: Need) -> bool:
        """Tell whether *need* is met."""
        match need:
            case "features":
                return self.features >= FEATURES_MIN
            case "pictures":
                return len(self.images) >= PICTURES_MIN
            case "sale_price":
                return self.on_sale
        return need in self.said

    def field(self, *names: str) -> str:
        """Return the first of the fields *names* that has a text everywhere, in braces; empty for none."""
        return next((f"{{{name}}}" for name in names if name in self.said), "")


class Story(NamedTuple):
    """A template: a ready storyboard, made of what the copy has."""

    needs: tuple[Need, ...]
    objectives: tuple[Objective, ...]
    """Those that it suits; empty for all."""
    seconds_least: float
    """Least of the lengths that a placement allows at most, for which ``auto`` takes it."""
    seconds_most: float
    """Most of them."""
    scenes: Callable[[Facts], tuple[Scene, ...]]

    def suits(self, objective: Objective, seconds: float, facts: Facts) -> bool:
        """Tell whether ``auto`` may take it where an ad lasts *seconds* at most."""
        return (
            self.seconds_least <= seconds <= self.seconds_most
            and (not self.objectives or objective in self.objectives)
            and all(facts.has(need) for need in self.needs)
        )


def copy_of(brief: Brief, locale: str, variant: Variant) -> Copy:
    """Return the locale's copy with what the variant replaces."""
    changes = variant.locales.get(locale)
    if changes is None:
        return brief.locales[locale]
    return Copy(**(brief.locales[locale].model_dump() | changes.model_dump(exclude_unset=True)))


def facts_of(product: Product, copies: Sequence[Copy]) -> Facts:
    """Return what there is to tell of *product* in the locales of *copies*."""
    return Facts(
        said=frozenset(name for name in COPY_FIELDS if all(getattr(copy, name) for copy in copies)),
        features=min(len(copy.features) for copy in copies),
        quote_columns=max(_columns(copy.quote) for copy in copies),
        images=product.images,
        priced=product.price is not None,
        on_sale=product.sale_price is not None,
    )


def hook(facts: Facts, seconds: float = 2.5) -> Scene:
    """Open with the product and the hook; every template does, in the same shot."""
    return Scene(id="hero", show="product", camera="push_in", seconds=seconds, caption=facts.field("hook"))


def view(facts: Facts, number: int, seconds: float = 2.0) -> Scene:
    """Show the next picture of the product after *number* others, each with another camera."""
    image = facts.images[(number + 1) % len(facts.images)]
    return Scene(id=f"view-{number + 1}", image=image, camera=_CAMERAS[number % 4], seconds=seconds)


def card(facts: Facts) -> Scene:
    """Close with title, price and button."""
    price = " {sale_price}" if facts.priced else ""
    return Scene(id="offer", show="end_card", seconds=2.0, caption="{title}" + price)


def reading_seconds(columns: int) -> float:
    """Return how long a text of *columns* has to stand, to the tenth of a second."""
    least, most = _READING
    return round(min(max(columns / _COLUMNS_A_SECOND + 0.5, least), most), 1)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
