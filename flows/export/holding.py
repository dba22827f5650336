"""Holds ads back that must not go out: not made, rejected, no longer true."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from flows.prices import products_now
from flows.sales import is_on
from schemas.brief import Brief, Product
from schemas.days import last_day
from schemas.plan import Ad
from schemas.settings import Settings
from storage.rows import BriefRow, Candidate, DecisionRow
from storage.tables import DONE

Kind = Literal[
    "state",
    "check",
    "decision",
    "approval",
    "sale",
    "price",
    "product",
    "missing",
    "damaged",
    "marks",
    "size",
    "unwritten",
]
"""``state``: it is not made. ``approval``: nobody has approved it yet. ``product``: it is not sold any more.
``size``: it is larger than a part of the archive may be. ``unwritten``: what was written did not hold."""
_WORDS: dict[Kind, str] = {
    "state": "not made",
    "check": "breaking a rule",
    "decision": "rejected",
    "approval": "not approved",
    "sale": "with a sale that is not on",
    "price": "with an old price",
    "product": "not sold any more",
    "missing": "with files missing",
    "damaged": "damaged",
    "marks": "without valid marks",
    "size": "too large",
    "unwritten": "not written",
}
UNTRUE: frozenset[Kind] = frozenset({"check", "decision", "sale", "price", "product", "marks"})
"""Reasons for which an ad that was exported before is to be taken down."""


class Hold(NamedTuple):
    """Why an ad is held back."""

    kind: Kind
    reason: str


def in_words(kinds: Iterable[Kind]) -> str:
    """Return how many ads are held back for which reason: ``3 not approved, 1 with an old price``."""
    return ", ".join(f"{many:,} {_WORDS[kind]}" for kind, many in Counter(kinds).items())


class Shelf(NamedTuple):
    """What a campaign's ads are held against."""

    brief: Brief
    then: dict[str, Product]
    """Products when the ads were planned, by id."""
    now: dict[str, Product] | None
    """Products as they are now; None where nobody can tell."""


class Judge:
    """Knows what is true of campaigns, and says which ads are not."""

    def __init__(self, shelves: Mapping[str, Shelf], at: datetime, *, approved_only: bool) -> None:
        self._shelves = shelves
        self._at = at
        self._approved_only = approved_only

    def hold(self, candidate: Candidate, decision: DecisionRow | None) -> Hold | None:
        """Return why *candidate* is held back, as far as the catalog knows; None for no reason."""
        return (
            _not_made(candidate)
            or self._undecided(decision)
            or self._untrue(candidate.ad, self._shelves[candidate.ad.campaign])
        )

    def _undecided(self, decision: DecisionRow | None) -> Hold | None:
        if decision is not None and decision.decision == "rejected":
            said = f": {decision.comment}" if decision.comment else ""
            return Hold("decision", f"rejected by {decision.by} on {decision.at:%Y-%m-%d}{said}")
        if self._approved_only and (decision is None or decision.decision != "approved"):
            return Hold("approval", "nobody has approved it; `reelmill approve` does")
        return None

    def _untrue(self, ad: Ad, shelf: Shelf) -> Hold | None:
        known = shelf.then if shelf.now is None else shelf.now
        product = known.get(ad.product)
        if product is None:
            return Hold("product", f"{ad.product} is no longer among the products")
        planned = shelf.then.get(ad.product, product)
        if ad.composition.old_price and not is_on(product, self._at):
            return Hold("sale", f"it shows a sale that {_ended(product, planned, self._at)}")
        price, old_price = written_prices(product, ad.locale, self._at)
        if (ad.composition.price, ad.composition.old_price) != (price, old_price):
            shown = _prices(ad.composition.price, ad.composition.old_price)
            return Hold("price", f"it shows {shown}, and {ad.product} now costs {_prices(price, old_price)}")
        if ad.composition.until and ad.composition.until != (until := _until(product, ad.locale)):
            now = f"ends on {until}" if until else "has no end"
            return Hold("sale", f"it says that the sale ends on {ad.composition.until}, and now it {now}")
        return None


def open_shelf(row: BriefRow, settings: Settings) -> Shelf:
    """Return what ads of the campaign *row* are held against."""
    brief = Brief.model_validate_json(row.brief)
    products = brief.products if isinstance(brief.products, tuple) else ()
    now = products_now(Path(row.source), settings) if row.source else None
    return Shelf(brief, {product.id: product for product in products}, now)


def written_prices(product: Product, locale: str, at: datetime) -> tuple[str, str]:
    """Return the price to pay at *at* and the one struck out, as an ad in *locale* writes them."""
    full = product.price.in_locale(locale) if product.price else ""
    if product.sale_price is not None and is_on(product, at):
        return product.sale_price.in_locale(locale), full
    return full, ""


def _not_made(candidate: Candidate) -> Hold | None:
    asset = candidate.asset
    if asset is not None and (candidate.state == "rejected" or asset.rejected):
        return Hold("check", asset.objections or candidate.error or "it failed a check")
    if candidate.state not in DONE or asset is None:
        why = f": {candidate.error}" if candidate.error else ""
        return Hold("state", f"it is {candidate.state}{why}")
    return None


def _until(product: Product, locale: str) -> str:
    return last_day(product.sale_ends, locale) if product.sale_ends else ""


def _ended(product: Product, planned: Product, at: datetime) -> str:
    for ends in (product.sale_ends, planned.sale_ends):
        if ends is not None and ends <= at:
            return f"ended on {ends:%Y-%m-%d %H:%M %Z}"
    return "is not on now"


def _prices(price: str, old_price: str) -> str:
    if not price:
        return "no price"
    return f"{price} instead of {old_price}" if old_price else price
