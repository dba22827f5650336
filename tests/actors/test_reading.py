"""Reading prices from pictures: what is compared, and what the network reads where its weights are there."""

from decimal import Decimal

import numpy as np
import pytest
import skia

from actors.lettering import Style, set_text
from actors.reading import TextReader, agreement
from schemas.facts import Agreement
from schemas.money import Money
from tests.published import Published

PRICES = (("12.90", "EUR", "de-DE"), ("1299.00", "USD", "en-US"), ("45.67", "GBP", "en-GB"))


@pytest.mark.parametrize(
    ("wanted", "read", "found"),
    [
        ("€8.90", "€8.90", "equal"),
        ("8,90\xa0€", "8,90 €", "equal"),
        ("CHF\xa01\u2019299.00", "CHF 1'299.00", "equal"),
        ("€8.90", "Now €8.90 only", "equal"),
        ("8,90\xa0€", "18,90 €", "other"),
        ("\u200f8.90\xa0€", "€ 8.90", "equal"),
        ("\u200f8.90\xa0€", "$ 8.90", "other"),
        ("€8.90", "€8.99", "other"),
        ("€8.90", "$8.90", "other"),
        ("€8.90", "€89.0", "other"),
        ("8,90 €", "8.90 €", "other"),
        ("€8.90", "", "other"),
        ("₩12,900", "W12,900", "amount"),
        ("₩12,900", "W12,990", "other"),
        ("8,90 лв.", "8,90 .", "amount"),
        ("\u200f8.90\xa0\u200f₪", "N 8.90", "amount"),
        ("\u0668\u066b\u0669\u0660 €", "Λ,9. €", "unreadable"),
    ],
)
def test_a_reading_agrees_with_a_price_or_does_not(wanted: str, read: str, found: Agreement) -> None:
    """A digit too many, a comma for a point, or another currency is another price."""
    assert agreement(wanted, read) == found


@pytest.fixture(scope="module", name="reader")
def _reader(published: Published) -> TextReader:
    return TextReader(published("ppocr"))


@pytest.mark.parametrize(("amount", "currency", "locale"), PRICES)
def test_a_price_is_read_from_pixels(reader: TextReader, amount: str, currency: str, locale: str) -> None:
    """As it stands in an ad; one digit changed is another price."""
    price = Money(amount=Decimal(amount), currency=currency).in_locale(locale)
    other = Money(amount=Decimal(amount) + Decimal("0.01"), currency=currency).in_locale(locale)

    found = reader.read(_drawn(price, locale))

    assert agreement(price, found.text) == "equal"
    assert agreement(other, found.text) == "other"
    assert found.score > 0.9


def _drawn(text: str, locale: str) -> np.ndarray:
    letters = set_text(
        text,
        Style(family="Noto Sans", weight=900, color="#FFF6EC"),
        locale,
        width=900,
        height=300,
        size_max=90,
        size_min=30,
        lines_max=1,
    )
    pixels = np.full((int(letters.height) + 20, int(letters.width) + 40, 4), (91, 42, 30, 255), np.uint8)
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType)
    letters.paint(surface.getCanvas(), 20, 10)
    surface.flushAndSubmit()
    return np.ascontiguousarray(pixels[..., :3])
