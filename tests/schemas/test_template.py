"""Texts with fields."""

import pytest

from schemas.template import fields_of, fill


def test_fields_are_named_in_order() -> None:
    """Doubled braces are braces."""
    assert fields_of("{title}, now {price} {{x}} {title}") == ("title", "price", "title")
    assert fields_of("plain") == ()


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9999999999}", "{a b}"]
)
def test_a_field_is_a_name_and_nothing_else(text: str) -> None:
    """Attributes and formats would let a text reach into the program."""
    with pytest.raises(ValueError, match=r"."):
        fields_of(text)


def test_filling_replaces_fields_and_tidies_space() -> None:
    """An empty field leaves no hole."""
    assert fill("Now  {sale_price} {x} only{{!}}", {"sale_price": "8 €", "x": ""}) == "Now 8 € only{!}"


def test_values_are_not_filled_again() -> None:
    """A title with braces is a title with braces."""
    assert fill("{title}", {"title": "{price}"}) == "{price}"


def test_an_unknown_field_is_an_error() -> None:
    """Ingest refuses it before; here it must not pass."""
    with pytest.raises(KeyError):
        fill("{x}", {})
