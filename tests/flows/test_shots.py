"""What shots there are: each generated once, for all placements of a size, and given what the brief says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.equipment import Equipment
from flows.planner import make_plan
from schemas.brief import Brief
from schemas.plan import Ad, Drawing, Plan, Shot, Still
from tests.briefs import CARD, PICTURE, WORDS, ask, here, taken

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VACE = "wan-vace-1.3b"
TALK = {"id": "talk", "show": "presenter", "portrait": "face.png", "seconds": 2}
TWO = {"en-US": {"voiceover": "This is it."}, "de-DE": {"voiceover": "Das ist es."}}


def plan(brief: Brief, equipment: Equipment | None = None, **facts: Any) -> Plan:
    """Return the plan of *brief*, of which no file is read."""
    return make_plan(taken(brief, **facts), equipment or here(VACE, "ltx-2", "z-image"), now=NOW)


def generated(one: Plan) -> list[Shot]:
    """Return what models make, closing cards left out."""
    return [shot for shot in one.shots if not shot.base and shot.show != "end_card"]


def shown(one: Plan, ad: Ad) -> list[Shot]:
    """Return the shots of *ad*, each as its model made it."""
    by_key = {shot.key: shot for shot in one.shots}
    return [by_key[by_key[key].base or key] for key in ad.shots]


def test_a_scene_is_generated_once_for_all_placements_of_one_size() -> None:
    """As long as the longest ad shows it; each placement cuts its own part of it."""
    made = plan(
        ask(PICTURE, placements=["meta_reels", "meta_stories", "youtube_shorts", "meta_feed_vertical"])
    )

    (upright, tall) = generated(made)
    enlarged = [shot for shot in made.shots if shot.base == upright.key]
    assert (upright.width, upright.height, upright.fps) == (480, 832, 16)
    assert (tall.width, tall.height) == (544, 704)
    assert {(shot.width, shot.height) for shot in enlarged} == {(1080, 1920)}
    longest = max(shot.frames for shot in enlarged)
    assert upright.frames % 4 == 1
    assert 0 <= upright.frames / 16 - longest / 30 < 4 / 16


def test_an_enlarged_shot_has_delivery_s_rate_and_says_how() -> None:
    """30 fps of 16, by RIFE where its weights are; a model of 30 fps needs none."""
    equipment = here(VACE, rife="rife@e", spanx4="spanx4@b", spanx2="spanx2@a")

    with_rife, without = plan(ask(PICTURE), equipment), plan(ask(PICTURE))

    (large,) = [shot for shot in with_rife.shots if shot.base]
    assert (large.fps, large.interpolator, large.upscaler) == (30, "rife@e/2", "spanx4@b/2")
    (plain,) = [shot for shot in without.shots if shot.base]
    assert (plain.fps, plain.interpolator, plain.upscaler) == (30, "repeat/2", "lanczos/2")
    assert {shot.interpolator for shot in with_rife.shots if not shot.base} == {""}


def test_products_have_shots_of_their_own_and_share_words() -> None:
    """A scene of a product shows another picture; one of words says the product's name."""
    cups = [{"id": name, "title": "Red cup", "images": [f"{name}.png"]} for name in ("A", "B")]

    made = plan(ask(PICTURE, WORDS, products=cups))

    assert [shot.show for shot in generated(made)] == ["product", "text", "product"]


def test_a_follower_names_what_its_leader_became() -> None:
    """The generated shot, in every size; the first scene of a look follows nobody."""
    scenes = {**PICTURE, "id": "leads", "keep": "anna"}, {**WORDS, "id": "follows", "keep": "anna"}

    made = plan(ask(*scenes, placements=["meta_reels", "youtube_bumper"]))

    by_key = {shot.key: shot for shot in made.shots}
    for ad in made.ads:
        leader, follower, _ = shown(made, ad)
        assert follower.given.follows == leader.key
        assert (leader.width, leader.height) == (follower.width, follower.height)
    assert {shot.given.follows for shot in made.shots if shot.show == "product"} == {""}
    assert all(not by_key[shot.given.follows].base for shot in made.shots if shot.given.follows)


def test_a_leader_that_is_dropped_by_the_fit_is_made_all_the_same() -> None:
    """By the model that can, and before its follower; where an ad shows it too, both follow the same shot."""
    scenes = (
        WORDS,
        {**WORDS, "id": "second", "prompt": "a cliff"},
        {**WORDS, "id": "leads", "prompt": "a woman", "keep": "anna"},
        {**WORDS, "id": "follows", "prompt": "she sails", "keep": "anna"},
    )

    short = plan(ask(*scenes))
    both = plan(ask(*scenes, placements=["youtube_bumper", "youtube_in_stream"]))

    assert len(short.ads[0].shots) == 4
    follower = next(shot for shot in generated(short) if shot.given.follows)
    order = [shot.key for shot in short.shots]
    leader = short.shots[order.index(follower.given.follows)]
    assert leader.prompt.startswith("A woman")
    assert leader.model.startswith(VACE)
    assert order.index(leader.key) < order.index(follower.key)
    assert leader.key not in short.ads[0].shots
    followed = {shot.given.follows for shot in generated(both) if shot.given.follows}
    assert followed <= {shot.key for shot in shown(both, both.ads[1])}


def test_a_variant_s_follower_keeps_the_variant_s_leader() -> None:
    """Another prompt is another person."""
    scenes = {**WORDS, "id": "leads", "keep": "anna"}, {**PICTURE, "id": "follows", "keep": "anna"}
    variants = [{"id": "a"}, {"id": "b", "storyboard": [{"id": "leads", "prompt": "an old man"}]}]

    made = plan(ask(*scenes, variants=variants))

    a, b = (shown(made, ad) for ad in made.ads)
    assert a[0].key != b[0].key
    assert [shots[1].given.follows for shots in (a, b)] == [a[0].key, b[0].key]


def test_a_presenter_speaks_every_language_and_the_rest_is_shared() -> None:
    """One shot for each text; other scenes are made once."""
    made = plan(ask(WORDS, TALK, locales=TWO))

    said = {shot.given.speech for shot in generated(made) if shot.show == "presenter"}
    assert said == {"This is it.", "Das ist es."}
    assert len([shot for shot in generated(made) if shot.show == "text"]) == 1
    assert all(shot.given.sound for shot in generated(made) if shot.given.speech)
    assert [[cut.sound for cut in ad.composition.cuts] for ad in made.ads] == [[False, True, False]] * 2


def test_locales_that_say_the_same_share_a_presenter() -> None:
    """What is said decides, not where."""
    locales = {"en-US": TWO["en-US"], "en-GB": TWO["en-US"]}

    assert len([shot for shot in generated(plan(ask(TALK, locales=locales))) if shot.given.speech]) == 1


def test_a_voice_over_without_presenter_changes_no_shot() -> None:
    """Nobody in the picture says it."""
    one, other = (plan(ask(WORDS, locales={"en-US": {"voiceover": text}})) for text in ("One.", "Two."))

    assert [shot.key for shot in one.shots] == [shot.key for shot in other.shots]


def test_a_drawn_still_has_the_ratio_of_its_shot_at_the_painter_s_size() -> None:
    """So that nothing of it is cut away; one still for each size of shot."""
    scene = {**WORDS, "still": "z-image"}

    made = plan(ask(scene, placements=["meta_reels", "youtube_bumper", "meta_stories"]))

    drawings = [still.drawing for still in made.stills if still.drawing]
    assert sorted((one.width, one.height) for one in drawings) == [(1024, 1776), (1776, 1024)]
    assert {one.model for one in drawings} == {"z-image/1@0123456789ab"}
    stills = {still.key: still for still in made.stills}
    for shot in generated(made):
        still = stills[shot.still].drawing
        assert still is not None
        assert still.width / still.height == pytest.approx(shot.width / shot.height, rel=0.02)
        assert "camera" not in still.prompt.lower()
        assert "camera" in shot.prompt.lower()


def test_the_built_in_renderer_moves_over_what_is_drawn() -> None:
    """At the size of delivery."""
    made = plan(ask({**WORDS, "still": "z-image"}, video={"model": "motion"}))

    (shot,) = generated(made)
    (still,) = [still for still in made.stills if still.key == shot.still]
    assert still.drawing is not None
    assert (still.drawing.width, still.drawing.height) == (1824, 1024)
    assert (shot.width, shot.height, shot.model) == (1920, 1080, "motion/2")


def test_every_picture_becomes_a_still() -> None:
    """A last frame, subjects and a portrait are prepared like a product's picture."""
    scenes = (
        {**PICTURE, "until": "end.png"},
        {"id": "both", "subjects": ["left.png", "right.png"], "seconds": 2},
        TALK,
        {"id": "photo", "image": "photo.png", "seconds": 2},
    )

    made = plan(ask(*scenes, placements=["x_feed"]))

    names = {still.key: still.source for still in made.stills}
    first, both, talk, photo = generated(made)
    assert (names[first.still], names[first.given.until]) == ("inputs/cup.png", "inputs/end.png")
    assert [names[key] for key in both.given.subjects] == ["inputs/left.png", "inputs/right.png"]
    assert (both.still, both.show) == ("", "subjects")
    assert names[talk.still] == "inputs/face.png"
    assert (names[photo.still], photo.show) == ("inputs/photo.png", "image")


@pytest.mark.parametrize("task", ["restyle", "extend", "extend_back"])
def test_a_video_is_given_by_its_content(task: str) -> None:
    """With what is done to it."""
    (shot,) = generated(plan(ask({"id": "made", "video": "ball.mp4", "task": task, "seconds": 2})))

    assert (shot.given.video, shot.given.task, shot.show) == ("inputs/ball.mp4", task, "video")


def test_the_closing_card_stays_the_renderer_s() -> None:
    """At the size of delivery, with the product's picture."""
    made = plan(ask(WORDS))
    (card,) = [shot for shot in made.shots if shot.show == "end_card"]

    assert (card.model, card.width, card.base, card.given.follows) == ("motion/2", 1920, "", "")


SCENES = PICTURE, {"id": "made", "video": "ball.mp4", "task": "restyle", "prompt": "in oil", "seconds": 2}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], bool]] = {
    # what changes of the brief, of the equipment and of the files, and whether all shots of models change
    "a prompt": ({"storyboard": [{**scene, "prompt": "else"} for scene in SCENES] + [CARD]}, {}, {}, True),
    "a seed": ({"video": {"seed": 9}}, {}, {}, True),
    "the weights": ({}, {"mark": "ba9876543210"}, {}, True),
    "the content of files": ({}, {}, {"content": "b"}, True),
    "the tone": (
        {"brand": {"name": "Kaffi", "tone": "wild", "colors": {"primary": "#123456", "accent": "#FFB020"}}},
        {}, {}, True,
    ),
    "a price": (
        {"products": [{"id": "P-1", "title": "Red cup", "price": "6.00 USD", "images": ["cup.png"]}]},
        {}, {}, False,
    ),
    "captions": (
        {"storyboard": [{**scene, "caption": "{hook}"} for scene in SCENES] + [CARD]}, {}, {}, False,
    ),
    "a locale": ({"locales": {"de-DE": {"hook": "Schau"}}}, {}, {}, False),
    "the length of a file": ({}, {}, {"seconds": 70.0}, False),
    "music": ({"audio": {"voice": "none", "music": "calm"}}, {}, {}, False),
}  # fmt: skip


@pytest.mark.parametrize(("brief", "equipment", "files", "changed"), CHANGES.values(), ids=CHANGES)
def test_keys_change_with_what_changes_pixels(
    brief: dict[str, Any],
    equipment: dict[str, Any],
    files: dict[str, Any],
    changed: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    """And with nothing else: what is there already is found again."""
    before = generated(plan(ask(*SCENES), here(VACE)))

    after = generated(plan(ask(*SCENES, **brief), here(VACE, **equipment), **files))

    assert len(after) == len(before) == 2
    same = {shot.key for shot in before} & {shot.key for shot in after}
    assert len(same) == (0 if changed else 2)


def test_shared_values_are_planned_once_each() -> None:
    """No still and no shot stands in a plan twice, and each is behind what it is made from."""
    made = plan(ask(*SCENES, TALK, placements=["meta_reels", "x_feed"], locales=TWO))
    keys = [one.key for one in (*made.stills, *made.shots)]

    assert len(keys) == len(set(keys))
    for shot in made.shots:
        needs = (shot.still, shot.base, shot.given.until, shot.given.follows, *shot.given.subjects)
        assert all(keys.index(key) < keys.index(shot.key) for key in needs if key)


def test_a_service_is_named_without_fingerprint() -> None:
    """Nobody here knows its weights."""
    brief = ask(PICTURE, video={"model": "runway-gen4-turbo"})

    (shot,) = generated(plan(brief, Equipment(models={"runway-gen4-turbo": "runway-gen4-turbo/1"})))

    rule = VIDEO_MODELS["runway-gen4-turbo"].frames
    assert (shot.model, shot.fps, shot.width, shot.height) == ("runway-gen4-turbo/1", 24, 1280, 720)
    assert (shot.frames % rule.step, shot.frames >= rule.least) == (0, True)


def test_stills_tell_drawings_from_pictures() -> None:
    """A drawing has no source, and is never enlarged by the still's own means."""
    made = plan(ask({**WORDS, "still": "z-image"}, PICTURE))

    drawn = [still for still in made.stills if still.drawing]
    assert [(still.source, still.source_sha256, still.scale, still.upscaler) for still in drawn] == [
        ("", "", 1, "none")
    ]
    assert all(isinstance(still, Still) and isinstance(still.drawing, Drawing) for still in drawn)
