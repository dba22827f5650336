"""Prices and locales."""

from decimal import Decimal

import pytest

from schemas.money import Money, parse_locale, parse_money


def price(value: object) -> Money:
    """Read a price."""
    money = parse_money(value)
    assert isinstance(money, Money)
    return money


def test_a_price_is_exact() -> None:
    """Decimals, never floats."""
    assert price("12.90 EUR") == Money(amount=Decimal("12.90"), currency="EUR")
    assert str(price(" 0.10 USD ")) == "0.10 USD"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("16,50 EUR", "'16,50 EUR' has a decimal comma"),
        ("1.234,50 EUR", "decimal comma"),
        ("16.50", "has no currency"),
        (16.5, "16.5 has no currency"),
        ("-2 EUR", "below zero"),
        ("12.90 XYZ", "no ISO 4217 currency"),
        ("EUR 12.90", "is not a price"),
        ("12.90 eur", "is not a price"),
        ("١٢ EUR", "is not a price"),
        (None, "an empty value is not a price"),
        ([], "a list is not a price"),
        ("9" * 500, "has no currency"),
    ],
)
def test_a_wrong_price_is_told_what_is_wrong_with_it(text: object, words: str) -> None:
    """The value, the fault and the cure."""
    with pytest.raises(ValueError, match=r"for example 12\.90 EUR") as caught:
        price(text)

    assert words in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en-US", "€12.90"),
        ("de-DE", "12,90\xa0€"),
        ("ja-JP", "€12.90"),
        ("ar-EG", "\u200f\u0661\u0662\u066b\u0669\u0660\xa0€"),
        ("bn-BD", "১২.৯০€"),
    ],
)
def test_a_price_is_written_as_the_locale_writes_it(tag: str, text: str) -> None:
    """Separators, side of the sign, and digits."""
    assert price("12.90 EUR").in_locale(tag) == text


def test_a_yen_has_no_decimals() -> None:
    """The currency decides how many there are."""
    assert price("1290 JPY").in_locale("ja-JP") == "\N{FULLWIDTH YEN SIGN}1,290"


@pytest.mark.parametrize("tag", ["xx-YY", "en_US", "en-XX", "", "no way", "../etc", "a" * 5000, "\x00"])
def test_unknown_locales_are_none(tag: str) -> None:
    """Whatever Babel raises for them."""
    assert parse_locale(tag) is None
    with pytest.raises(ValueError, match="unknown locale"):
        price("1 EUR").in_locale(tag)


@pytest.mark.parametrize(
    ("full", "sale", "tag", "text"),
    [
        ("12.90", "8.90", "en-US", "-31%"),
        ("12.90", "8.90", "de-DE", "-31\xa0%"),
        ("12.90", "8.90", "tr-TR", "-%31"),
        ("12.90", "8.90", "ar-EG", "-\u0663\u0661\u066a"),
        ("200", "199", "en-US", "-1%"),
        ("1000", "995.01", "en-US", ""),
        ("1000", "1", "en-US", "-99%"),
        ("40", "35", "en-US", "-13%"),
    ],
)
def test_a_discount_is_rounded_half_up_and_written_as_the_locale_does(
    full: str, sale: str, tag: str, text: str
) -> None:
    """12.5 % are 13; what rounds to nothing is not told, and nothing that costs is free."""
    assert price(f"{full} EUR").lowered_to(price(f"{sale} EUR"), tag) == text
