"""Templates: what they show, when they are taken, and what they need."""

from datetime import UTC, datetime
from typing import Any

import pytest

from flows.brief_templates import template_notes, template_problems
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.sales import priced_at
from flows.storyboard import fit, storyboard_of, template_of
from flows.templates import TEMPLATES
from schemas.brief import NOTED, Brief
from schemas.placements import PLACEMENTS
from schemas.plan import Plan
from schemas.template import CAPTION_FIELDS, fields_of, fill
from tests.briefs import ask, taken

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SALE = {"price": "10.00 USD", "sale_price": "6.50 USD", "sale_ends": "2026-12-25T00:00:00+01:00"}
FULL = {
    "hook": "Look",
    "benefit": "It keeps warm",
    "cta": "Buy",
    "features": ["Light", "Warm", "Red"],
    "quote": "The best cup I had",
    "author": "Ann",
    "before": "Old",
    "after": "New",
}


def told(locales: dict[str, dict[str, Any]] | None = None, **changes: Any) -> Brief:
    """Return a brief without a storyboard, with all that any template needs; *changes* replace its fields."""
    product = {"id": "P-1", "title": "Red cup", "images": ["a.png", "b.png", "c.png"], **SALE}
    fields = {"storyboard": [], "products": [product], "locales": locales or {"en-US": FULL, "de-DE": FULL}}
    return ask(**(fields | changes))


def without(*names: str) -> dict[str, Any]:
    """Return a copy that lacks *names*."""
    return {name: text for name, text in FULL.items() if name not in names}


def chosen(brief: Brief, placement: str = "meta_reels") -> str:
    """Return the template of the first product and variant."""
    return template_of(brief, brief.products[0], brief.variants[0], PLACEMENTS[placement])  # type: ignore[index]


def plan(brief: Brief) -> Plan:
    """Plan *brief* as if its files were there."""
    return make_plan(taken(brief), Equipment(), now=NOW)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("images", [["a.png", "b.png"], [f"{n}.png" for n in range(6)]], ids=len)
def test_every_template_is_a_whole_storyboard(name: str, images: list[str]) -> None:
    """It closes with the card, says only what the copy says, and fits every placement to the frame."""
    brief = told(template=name, products=[{"id": "P-1", "title": "Red cup", "images": images, **SALE}])
    scenes = storyboard_of(brief, brief.products[0], brief.variants[0], PLACEMENTS["meta_reels"])  # type: ignore[index]
    texts = [text for scene in scenes for text in (scene.caption, scene.note)]

    assert [scene.show == "end_card" for scene in scenes] == [False] * (len(scenes) - 1) + [True]
    assert len({scene.id for scene in scenes}) == len(scenes)
    assert all(scene.seconds >= 1.5 for scene in scenes)
    assert {field for text in texts for field in fields_of(text)} <= {*CAPTION_FIELDS}
    assert {fill(text, dict.fromkeys(CAPTION_FIELDS, "")) for text in texts} == {""}
    assert all(scene.layout in NOTED for scene in scenes if scene.note)
    for placement in PLACEMENTS.values():
        frames = sum(fit(scenes, placement).frames)
        assert placement.seconds_min <= frames / placement.fps <= placement.seconds_max


@pytest.mark.parametrize(
    ("objective", "lacking", "placement", "name"),
    [
        ("sales", (), "meta_reels", "offer_countdown"),
        ("sales", (), "youtube_bumper", "bumper"),
        ("awareness", (), "snapchat_commercial", "bumper"),
        ("leads", (), "meta_reels", "feature_list"),
        ("traffic", (), "amazon_olv", "feature_list"),
        ("awareness", (), "meta_reels", "before_after"),
        ("awareness", ("before",), "meta_reels", "testimonial"),
        ("leads", ("features", "before", "quote"), "meta_reels", "product_hero"),
    ],
)
def test_auto_chooses_by_objective_length_and_copy(
    objective: str, lacking: tuple[str, ...], placement: str, name: str
) -> None:
    """What one locale lacks is lacking: all show the same shots."""
    brief = told({"en-US": FULL, "de-DE": without(*lacking)}, objective=objective)

    assert chosen(brief, placement) == name


def test_a_sale_that_is_over_is_no_offer() -> None:
    """Nor is a product without one; a named template then lacks its sale."""
    later = datetime(2027, 1, 1, tzinfo=UTC)

    assert chosen(priced_at(told(), NOW)) == "offer_countdown"
    assert chosen(priced_at(told(), later)) == "feature_list"
    (problem,) = template_problems(priced_at(told(template="offer_countdown"), later))
    assert str(problem) == (
        "products[0].sale_price: the template offer_countdown needs a sale that is on; "
        "give one, or a later sale_ends, or choose another template"
    )


@pytest.mark.parametrize(
    ("name", "changes", "where"),
    [
        ("feature_list", {"locales": {"en-US": FULL, "ar": without("features")}}, "locales.ar.features"),
        ("feature_list", {"locales": {"ar": FULL | {"features": ["One"]}}}, "locales.ar.features"),
        ("testimonial", {"locales": {"ar": without("quote")}}, "locales.ar.quote"),
        ("before_after", {"locales": {"ar": without("after")}}, "locales.ar.after"),
        ("before_after", {"products": [{"id": "P", "title": "C", "images": ["a.png"]}]},
         "products[0].images"),
        ("offer_countdown", {"products": [{"id": "P", "title": "C", "images": ["a.png"]}]},
         "products[0].sale_price"),
        ("product_hero", {"variants": [{"id": "a"}, {"id": "b", "template": "testimonial", "locales":
         {"en-US": {"quote": ""}}}]}, "variants[1].locales.en-US.quote"),
    ],
)  # fmt: skip
def test_a_named_template_says_what_it_lacks(name: str, changes: dict[str, Any], where: str) -> None:
    """The field, the locale, and what to do."""
    (problem,) = template_problems(told(template=name, **changes))

    assert problem.where == where
    assert problem.cure.endswith(", or choose another template")


def test_a_bumper_shares_its_shots_with_the_longer_ads() -> None:
    """Of one size, opening and card are the same clips."""
    made = plan(told(objective="awareness", template="product_hero", placements=["youtube_non_skippable"]))
    both = plan(
        told(
            {"en-US": without("before", "quote", "features")},
            objective="awareness",
            placements=["youtube_non_skippable", "youtube_bumper"],
        )
    )
    hero, bumper = (
        next(ad for ad in both.ads if ad.placement == name)
        for name in ("youtube_non_skippable", "youtube_bumper")
    )

    assert {shot.key for shot in made.shots} < {shot.key for shot in both.shots}
    assert (hero.shots[0], hero.shots[-1]) == (bumper.shots[0], bumper.shots[-1])
    assert bumper.composition.seconds == 6


def test_a_variant_may_take_another_template() -> None:
    """The other variants keep the brief's."""
    variants = [{"id": "a"}, {"id": "b", "template": "testimonial"}, {"id": "c", "template": "auto"}]
    made = plan(
        told(template="feature_list", variants=variants, placements=["meta_reels"], locales={"ar": FULL})
    )
    layouts = [{cut.layout for cut in ad.composition.cuts} for ad in made.ads]

    assert layouts == [{"headline", "feature"}, {"headline", "quote"}, {"headline", "offer"}]
    assert [cut.note for cut in made.ads[1].composition.cuts] == ["", "Ann", ""]


def test_features_that_a_locale_lacks_are_left_out_everywhere() -> None:
    """And that is told."""
    brief = told({"en-US": FULL, "ar": FULL | {"features": ["One", "Two"]}}, template="feature_list")
    captions = [cut.caption for cut in plan(brief).ads[0].composition.cuts]

    assert captions == ["Look", "Light", "Warm", "Red cup"]
    assert [*template_notes(brief)] == ["features of variant a: 2 can be shown, for ar has no more"]


def test_a_quote_stands_as_long_as_it_takes_to_read() -> None:
    """A Chinese character takes the time of two letters."""
    lengths = [
        storyboard_of(brief, brief.products[0], brief.variants[0], PLACEMENTS["meta_reels"])[1].seconds  # type: ignore[index]
        for quote in ("Good", "x" * 60, "\u597d" * 30, "x" * 300)
        for brief in [told({"en-US": FULL | {"quote": quote}}, template="testimonial")]
    ]

    assert lengths == [2.5, 4.5, 4.5, 6.0]
