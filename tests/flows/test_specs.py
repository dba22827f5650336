"""What a plan alone tells: what things are made from, who makes them, and in which order."""

from typing import Any

import pytest

from flows.specs import CPU, Spec, crew_of, entry_of, in_order, lacking, needs_of, verb_of
from schemas.plan import Ad, Cut, Drawing, Given, Shot, Still
from tests.compositions import draw_ad, draw_shot


def _ad(frames: int, shot: str = "there") -> Ad:
    cut = Cut(shot=shot, frames=frames, caption="", end_card=False)
    return draw_ad(variant=f"v{frames}", cuts=(cut,))


def _frames(ads: list[Ad]) -> list[int]:
    return [ad.composition.frames for ad in ads]


TWENTY = [_ad(frames) for frames in range(60, 100, 2)]


def test_a_few_small_ads_come_first_and_the_largest_next() -> None:
    """Someone sees soon what is wrong with all, and nothing long is begun when others have no more to do."""
    ads = in_order(TWENTY, {"there"}, capped=False)

    assert _frames(ads[:2]) == [60, 62]
    assert _frames(ads[2:]) == list(range(98, 62, -2))


def test_under_a_cap_the_smallest_come_first() -> None:
    """The same GPU-seconds make more ads."""
    ads = in_order(reversed(TWENTY), {"there"}, capped=True)

    assert _frames(ads) == list(range(60, 100, 2))


def test_what_lacks_nothing_comes_before_all() -> None:
    """An ad that only has to be composed is there at once, however large it is."""
    large, small = _ad(900), _ad(30, shot="lacking")

    assert in_order([small, large], {"there"}, capped=False) == [large, small]


def test_ads_of_one_size_keep_the_order_of_the_plan() -> None:
    """So that two runs make the same ads first."""
    ads = [_ad(60, shot=f"shot {n}") for n in range(20)]

    assert in_order(ads, set(), capped=False) == ads


DRAWING = Drawing(
    prompt="a hill", negative="", width=1024, height=1776, seed=1, model="z-image/1@0123456789ab"
)
DRAWN = Still(source="", source_sha256="", scale=1, upscaler="none", matte="", recipe=1, drawing=DRAWING)
PHOTO = Still(source="inputs/a.png", source_sha256="a", scale=2, upscaler="spanx2@b", matte="", recipe=1)
WAN, RUNWAY = "wan-vace-1.3b/1@0123456789ab", "runway-gen4-turbo/1"


def _large(model: str, upscaler: str = "spanx2@b/2", **changes: Any) -> Shot:
    return draw_shot(model=model, base="base", upscaler=upscaler, **changes)


@pytest.mark.parametrize(
    ("spec", "crew", "verb"),
    [
        (PHOTO, CPU, "prepare"),
        (DRAWN, "z-image", "prepare"),
        (draw_shot(), CPU, "generate"),
        (draw_shot(model=WAN), "wan-vace-1.3b", "generate"),
        (_large(WAN), "wan-vace-1.3b", "enlarge"),
        (_large(WAN, "lanczos/2", interpolator="repeat/2"), CPU, "enlarge"),
        (draw_shot(model=RUNWAY), "runway-gen4-turbo", "generate"),
        (_large(RUNWAY), CPU, "enlarge"),
        (_large("motion/2"), CPU, "enlarge"),
        (draw_shot(model="of-another-version/7"), CPU, "generate"),
        (draw_ad(), CPU, "compose"),
    ],
)
def test_each_thing_has_its_crew_and_its_verb(spec: Spec, crew: str, verb: str) -> None:
    """A model with a GPU enlarges its own clips there; what a service made is enlarged here."""
    assert (crew_of(spec), verb_of(spec)) == (crew, verb)


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        (PHOTO, "still of inputs/a.png"),
        (DRAWN, "drawing 1024x1776 by z-image/1"),
        (draw_shot(), "shot text hold 64x96"),
        (draw_ad(), "HB-250 en-US meta_reels a"),
    ],
)
def test_people_are_told_what_a_thing_is(spec: Spec, label: str) -> None:
    """A drawing has no source; its model is told without the fingerprint."""
    assert spec.label == label


def test_the_model_of_a_thing_is_a_line_of_the_table() -> None:
    """Also of a drawing, and of a clip that is enlarged; pictures and ads have none."""
    found = [entry_of(spec) for spec in (DRAWN, draw_shot(model=WAN), _large(WAN), PHOTO, draw_ad())]

    names = [entry.name if entry else "" for entry in found]
    assert names == ["z-image", "wan-vace-1.3b", "wan-vace-1.3b", "", ""]


def test_a_shot_is_made_from_all_that_it_is_given() -> None:
    """Each once; an enlarged one from its base alone, whatever that was given; a video is a file, no work."""
    given = Given(until="end", subjects=("left", "right", "end"), follows="leader", video="inputs/a.mp4")

    assert needs_of(draw_shot(still="first", given=given)) == ("first", "end", "left", "right", "leader")
    assert needs_of(_large(WAN, still="first", given=given)) == ("base",)
    assert needs_of(draw_shot()) == needs_of(DRAWN) == ()


def test_what_an_ad_lacks_is_told_in_the_order_of_making() -> None:
    """The look to keep comes before what keeps it, though no ad shows it."""
    leader = draw_shot(prompt="she", still=DRAWN.key, model=WAN)
    follower = draw_shot(prompt="she sails", model=WAN, given=Given(follows=leader.key))
    large = _large(WAN, prompt="she sails").model_copy(update={"base": follower.key})
    parts: dict[str, Still | Shot] = {one.key: one for one in (large, follower, leader, DRAWN)}
    ad = draw_ad(cuts=(Cut(shot=large.key, frames=30, caption="", end_card=False),))

    assert list(lacking(ad, parts, ())) == [DRAWN.key, leader.key, follower.key, large.key]
    assert list(lacking(ad, parts, {leader.key})) == [follower.key, large.key]
