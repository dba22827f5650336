"""Prices: an exact amount and an ISO 4217 currency, written as the locale writes them."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_percent, list_currencies

from schemas.record import Record
from schemas.wording import refusal, shown

_PRICE = re.compile(r"(?P<amount>[0-9]{1,12}(\.[0-9]{1,4})?) (?P<currency>[A-Z]{3})")

_COMMA = re.compile(r"[0-9.]*[0-9],[0-9]{1,2}( ?\S{1,3})?")
_CURE = "write amount and currency, for example 12.90 EUR"

_ZEROS = {"arab": 0x0660, "arabext": 0x06F0, "beng": 0x09E6, "deva": 0x0966, "mymr": 0x1040}
"""The digit zero of CLDR's numbering systems: Babel picks a locale's separators, but writes Latin digits."""


class Money(Record):
    """An amount in a currency; decimal, never a float."""

    amount: Decimal
    currency: str
    """ISO 4217."""

    def __str__(self) -> str:
        """Return it as feeds write it: ``12.90 EUR``."""
        return f"{self.amount} {self.currency}"

    def in_locale(self, tag: str) -> str:
        """Return it as people of the BCP 47 locale *tag* write it, digits included (CLDR)."""
        locale = parse_locale(tag)
        if locale is None:
            raise ValueError(f"unknown locale {tag!r}")
        text = format_currency(self.amount, self.currency, locale=locale, numbering_system="default")
        return in_digits_of(locale, text)

    def lowered_to(self, sale: "Money", tag: str) -> str:
        """Return how much lower *sale* is, in whole percent, rounded half up, as the locale *tag* writes it.

        ``-31%``; empty where it rounds to nothing. What still costs something is never 100 % lower.
        """
        locale = parse_locale(tag)
        if locale is None:
            raise ValueError(f"unknown locale {tag!r}")
        share = 100 * (self.amount - sale.amount) / self.amount
        percent = min(share.quantize(Decimal(1), ROUND_HALF_UP), Decimal(99))
        if percent <= 0:
            return ""
        text = format_percent(-percent / 100, locale=locale, numbering_system="default")
        return in_digits_of(locale, text)


def in_digits_of(locale: Locale, text: str) -> str:
    """Return *text* with its Latin digits, and its percent sign, in those that *locale* uses."""
    system = locale.default_numbering_system
    zero = _ZEROS.get(system)
    if zero is None:
        return text
    changed: dict[int, int] = {ord("0") + n: zero + n for n in range(10)}
    if system in {"arab", "arabext"}:
        changed[ord("%")] = 0x066A
    return text.translate(changed)


def parse_money(value: object) -> object:
    """Turn ``12.90 EUR`` into Money; raises ValueError with the value and the cure."""
    if isinstance(value, Money):
        return value
    text = value.strip() if isinstance(value, str) else ""
    match = _PRICE.fullmatch(text)
    if match is None:
        raise refusal(f"{shown(value)} {_fault(value)}", _CURE)
    if match["currency"] not in _currencies():
        raise refusal(f"{shown(value)} has no ISO 4217 currency", _CURE)
    return Money(amount=Decimal(match["amount"]), currency=match["currency"])


def _fault(value: object) -> str:
    text = str(value).strip()
    if _COMMA.fullmatch(text):
        return "has a decimal comma, and prices take a point"
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return "has no currency"
    if text.startswith("-"):
        return "is below zero"
    return "is not a price"


@cache
def parse_locale(tag: str) -> Locale | None:
    """Return the CLDR locale of a BCP 47 *tag*, or None where there is none."""
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return None
    if locale.territory and locale.territory not in Locale("en").territories:
        return None
    return locale


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())
