"""The shape of a brief."""

import json

import pytest
from pydantic import ValidationError

from schemas.brief import Brief, Copy, in_locale

PRODUCT = {"id": "A-1", "title": "Beans", "images": ["a.png"]}
LEAST: dict[str, object] = {
    "campaign": "spring",
    "brand": {"name": "Kaffi", "colors": {"primary": "#000000", "accent": "#FFFFFF"}},
    "products": [PRODUCT],
    "locales": {"en-US": {}},
    "placements": ["meta_reels"],
}


def with_hook(text: str) -> dict[str, object]:
    """Return the least brief with *text* as its hook."""
    return LEAST | {"locales": {"en-US": {"hook": text}}}


def test_little_is_needed() -> None:
    """Everything else has a good default."""
    brief = Brief.model_validate(LEAST)

    assert [variant.id for variant in brief.variants] == ["a"]
    assert brief.video.model == "auto"
    assert brief.storyboard == ()


def test_a_brief_comes_back_from_json_as_it_was() -> None:
    """The catalog keeps briefs as JSON."""
    brief = Brief.model_validate(LEAST | {"products": [PRODUCT | {"price": "12.90 EUR"}]})

    assert Brief.model_validate_json(brief.model_dump_json()) == brief
    assert json.loads(brief.model_dump_json())["products"][0]["price"] == "12.90 EUR"


def test_the_json_schema_lets_a_brand_be_a_path() -> None:
    """Editors complete briefs by it."""
    schema = Brief.model_json_schema()

    assert {"type": "string"}.items() <= schema["properties"]["brand"]["anyOf"][1].items()
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "text",
    [
        "Profitez-en\xa0!",
        "全角\u3000空白",
        "می\u200cخواهم",  # noqa: RUF001 (Persian)
        "👩\u200d🚀 ☕\ufe0f",
        "two\nlines",
        "\u2068x\u2069",
    ],
)
def test_the_marks_that_writing_needs_are_kept(text: str) -> None:
    """No-break and ideographic spaces, joiners and isolates are no control characters."""
    assert Brief.model_validate(with_hook(text)).locales["en-US"] == Copy(hook=text)


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x1b[31m", "a\x85b", "a\u202eb", "a\u2028b", "a\ue000b", "a\tb"]
)
def test_control_characters_are_refused(text: str) -> None:
    """They would break a log, a terminal or the layout of a line."""
    with pytest.raises(ValidationError, match=r"control character U\+"):
        Brief.model_validate(with_hook(text))


def test_a_sale_is_below_the_price_whoever_makes_the_product() -> None:
    """Not only ingest makes products."""
    product = PRODUCT | {"price": "5 EUR", "sale_price": "6 EUR"}

    with pytest.raises(ValidationError, match="6 EUR is not below 5 EUR"):
        Brief.model_validate(LEAST | {"products": [product]})


def test_the_nearest_text_serves_a_locale() -> None:
    """Its own, its language's, the one for all, or nothing."""
    texts = {"de-AT": "Servus", "de": "Hallo", "": "Hello"}

    assert in_locale(texts, "de-AT") == "Servus"
    assert in_locale(texts, "de-CH") == "Hallo"
    assert in_locale(texts, "fr-FR") == "Hello"
    assert in_locale({}, "fr-FR") == ""


def test_editors_are_told_what_every_field_of_a_scene_is_for() -> None:
    """Names alone do not say what `keep` keeps."""
    scene = Brief.model_json_schema()["$defs"]["Scene"]["properties"]

    untold = {name for name, field in scene.items() if not field.get("description")}
    assert untold == {"id", "camera"}
    assert "later scenes with the same name" in scene["keep"]["description"]
