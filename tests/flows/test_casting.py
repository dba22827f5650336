"""Who makes what: models are chosen by task, weights and GPUs, and where none can the brief is told why."""

from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.casting import cast_scenes, casting_problems, footage_problems, missing_weights
from flows.equipment import Equipment
from schemas.brief import Brief
from tests.briefs import PICTURE, WORDS, ask, here, taken

VACE, T2V, LTX2, TI2V = "wan-vace-1.3b", "wan-t2v-1.3b", "ltx-2", "wan-ti2v-5b"
VIDEO = {"id": "made", "video": "ball.mp4", "seconds": 2}


def made_by(brief: Brief, equipment: Equipment) -> list[str]:
    """Return the model of each scene, in order."""
    return [entry.name for entry in cast_scenes(brief, equipment).models.values()]


def told(brief: Brief, equipment: Equipment) -> list[str]:
    """Return what is wrong."""
    return [str(problem) for problem in casting_problems(brief, cast_scenes(brief, equipment), equipment)]


def by(model: str) -> dict[str, Any]:
    """Return what names *model* in a brief."""
    return {"video": {"model": model}}


def test_auto_takes_the_first_model_of_the_table_that_can() -> None:
    """Whichever of those whose weights are here: words, pictures, sound each their own."""
    brief = ask(WORDS, PICTURE, {**WORDS, "id": "loud", "sound": True}, placements=["meta_reels"])

    assert made_by(brief, here(LTX2, VACE, T2V)) == [T2V, VACE, LTX2]
    assert not told(brief, here(LTX2, VACE, T2V))


@pytest.mark.parametrize(
    "equipment",
    [Equipment(), Equipment(gpus=True), here(VACE, T2V, gpus=False)],
    ids=["nothing", "GPUs without weights", "weights without GPUs"],
)
def test_auto_falls_back_to_the_built_in_renderer(equipment: Equipment) -> None:
    """A laptop makes the same brief."""
    assert made_by(ask(WORDS, PICTURE), equipment) == ["motion", "motion"]
    assert not told(ask(WORDS, PICTURE), equipment)


def test_auto_never_takes_a_service() -> None:
    """It costs money: that is asked for by name."""
    equipment = Equipment(models={name: entry.revision for name, entry in VIDEO_MODELS.items()})
    brief = ask({**PICTURE, "until": "box.png"})

    assert made_by(ask(WORDS, PICTURE), equipment) == ["motion", "motion"]
    assert "runway-veo3.1 (paid for, so only by its name)" in told(brief, equipment)[0]


@pytest.mark.parametrize(
    ("scene", "model", "asked"),
    [
        (PICTURE, T2V, "image"),
        ({**PICTURE, "until": "box.png"}, TI2V, "first_last"),
        ({**VIDEO, "task": "restyle"}, TI2V, "restyle"),
        ({**VIDEO, "task": "extend"}, T2V, "extend"),
        ({**VIDEO, "task": "extend_back"}, LTX2, "extend_back"),
        ({"id": "both", "subjects": ["a.png", "b.png"]}, LTX2, "subjects"),
        ({**WORDS, "sound": True}, VACE, "sound"),
        ({"id": "talk", "show": "presenter", "portrait": "face.png"}, VACE, "presenter"),
        ({**WORDS, "still": "z-image"}, T2V, "image"),
        (WORDS, "z-image", "text"),
    ],
)
def test_a_named_model_that_cannot_is_refused(scene: dict[str, Any], model: str, asked: str) -> None:
    """With the place, the task, and the models that can: those first of which nothing is said are here."""
    (problem,) = told(ask(scene, **by(model)), here(VACE, model))

    assert problem.startswith(f"storyboard[0]: asks '{model}' for {asked}, which it does not do; write")
    able = problem.partition("one that can: ")[2].split(", ")
    can = [name for name, entry in VIDEO_MODELS.items() if asked in entry.tasks]
    assert [name.partition(" ")[0] for name in able] == can
    assert [name for name in able if "(" not in name] == [name for name in can if name in {VACE, "motion"}]


def test_all_that_is_asked_counts() -> None:
    """A look that is kept, on top of a picture."""
    brief = ask({**WORDS, "keep": "anna"}, {**PICTURE, "keep": "anna"}, **by(LTX2))

    (problem,) = told(brief, here(LTX2))

    assert problem.startswith("storyboard[1]: asks 'ltx-2' for keep, which it does not do")
    assert "; write one that can: wan-vace-1.3b (not here yet), wan-vace-14b (not here yet)" in problem


def test_what_no_model_can_is_said_so() -> None:
    """Sound with a video that is restyled is nobody's."""
    (problem,) = told(ask({**VIDEO, "task": "restyle", "sound": True}), here(VACE, LTX2))

    assert problem == (
        "storyboard[0]: asks for restyle and sound, 2.3 s long, and no model here can make that; "
        "no model of this version can; take it out of the storyboard, or make it shorter"
    )


def test_a_name_that_auto_passes_over_says_why() -> None:
    """No weights, no key, no GPU."""
    (problem,) = told(ask({**PICTURE, "until": "box.png"}), here(VACE, gpus=False))

    assert "wan-vace-1.3b (needs a GPU), wan-vace-14b (not here yet)" in problem
    assert "runway-veo3.1 (its key is not set)" in problem


def test_long_scenes_go_to_models_that_make_long_ones() -> None:
    """T2V makes five seconds at once; VACE goes on from what it made."""
    brief = ask({**WORDS, "seconds": 20}, placements=["meta_reels"])

    assert made_by(brief, here(T2V, VACE)) == [VACE]
    (problem,) = told(
        brief.model_copy(update={"video": brief.video.model_copy(update={"model": T2V})}), here()
    )
    assert "for long, which it does not do (the scene takes 20.3 s, it makes 5.1 s at once)" in problem
    assert VACE in problem
    assert "motion" in problem
    assert "runway" not in problem


def test_the_longest_ad_decides_what_is_long() -> None:
    """Four seconds are not, but the 12 s of an in-stream ad stretch them to nine."""
    one = ask({**WORDS, "seconds": 4}, placements=["youtube_bumper", "youtube_in_stream"])

    assert cast_scenes(one, here(T2V)).roles["words"].frames == 280
    assert made_by(one, here(T2V)) == ["motion"]


def test_nothing_long_is_extended_backward() -> None:
    """Pieces would have to be made from the end."""
    back = {**VIDEO, "task": "extend_back", "seconds": 20}
    brief = ask(back, placements=["meta_reels"])

    (problem,) = told(brief, here(VACE))

    assert "asks for extend_back, 20.3 s long, and no model here can make that; no model of this" in problem
    assert not told(ask({**back, "task": "extend"}, placements=["meta_reels"]), here(VACE))


def test_a_size_that_loses_most_of_its_picture_is_refused() -> None:
    """CogVideoX makes 720x480 alone: upright, 38 % of it would be seen."""
    brief = ask(WORDS, placements=["youtube_bumper", "meta_reels"], **by("cogvideox-2b"))

    (problem,) = told(brief, here("cogvideox-2b", T2V))

    assert problem.startswith(
        "storyboard[0]: cogvideox-2b makes 720x480 at best, most of which meta_reels (1080x1920) would cut "
        "away; write model: auto, or one that can: motion, wan-t2v-1.3b, "
    )
    assert not told(ask(WORDS, **by("cogvideox-2b")), here("cogvideox-2b"))


def test_auto_passes_over_a_size_that_loses_most_of_its_picture() -> None:
    """The next model of the table gets the scene."""
    assert made_by(ask(WORDS, placements=["meta_reels"]), here("cogvideox-2b")) == ["motion"]
    assert made_by(ask(WORDS), here("cogvideox-2b")) == ["cogvideox-2b"]


@pytest.mark.parametrize(
    ("excluded", "locale", "region"),
    [
        (("EU", "GB", "KR"), "de", "EU"),
        (("EU", "UK", "KR"), "en-GB", "UK"),
        (("EU", "GB", "KR"), "ko", "KR"),
        (("EU", "GB", "KR"), "es-419", ""),
        (("EU", "GB", "KR"), "en-US", ""),
    ],
)
def test_a_licence_keeps_clips_out_of_a_market(
    monkeypatch: pytest.MonkeyPatch, excluded: tuple[str, ...], locale: str, region: str
) -> None:
    """A named model is refused at the locale; auto takes another."""
    entry = VIDEO_MODELS[VACE].model_copy(update={"excludes": excluded})
    monkeypatch.setitem(VIDEO_MODELS, VACE, entry)
    locales: dict[str, Any] = {"en-US": {}, locale: {}}

    said = told(ask(PICTURE, locales=locales, **by(VACE)), here(VACE))

    place = (
        f"locales.{locale}: the licence of {VACE} (Apache-2.0) does not let its clips be shown in {region}"
    )
    assert said == ([f"{place}; choose another model, or drop the locale"] if region else [])
    assert made_by(ask(PICTURE, locales=locales), here(VACE)) == ["motion" if region else VACE]


def test_the_licence_of_a_painter_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it draws is in the clip."""
    entry = VIDEO_MODELS["z-image"].model_copy(update={"excludes": ("US",)})
    monkeypatch.setitem(VIDEO_MODELS, "z-image", entry)

    (problem,) = told(ask({**WORDS, "still": "z-image"}), here("z-image"))

    assert problem.startswith("locales.en-US: the licence of z-image")


def test_missing_weights_and_keys_are_told_with_their_cures() -> None:
    """The brief is right; all that the environment lacks is named at once."""
    brief = ask({**WORDS, "still": "z-image"}, **by(VACE))

    said = "{}: {!r} cannot be used yet: its weights are not in REELMILL_MODELS: `reelmill models fetch {}`"
    assert missing_weights(brief, here()).splitlines() == [
        said.format("video.model", VACE, VACE),
        said.format("storyboard[0].still", "z-image", "z-image"),
    ]
    assert not missing_weights(brief, here(VACE, "z-image"))
    assert "set RUNWAYML_API_SECRET to your key" in missing_weights(ask(**by("runway-gen4.5")), here())


def test_closing_cards_are_the_renderers() -> None:
    """Whatever model the brief names: they are set, not generated."""
    cast = cast_scenes(ask(WORDS, **by(VACE)), here(VACE))

    assert list(cast.models) == ["words"]
    assert cast.renderer.name == "motion"


def test_a_leader_that_no_ad_has_room_for_is_cast_all_the_same() -> None:
    """Its look is kept by another."""
    brief = ask(
        WORDS,
        {**WORDS, "id": "second"},
        {**WORDS, "id": "leads", "keep": "anna"},
        {**PICTURE, "id": "follows", "keep": "anna"},
    )

    cast = cast_scenes(brief, here(VACE))

    assert cast.leaders == {"follows": "leads"}
    assert cast.models["leads"].name == VACE


@pytest.mark.parametrize(
    ("task", "seconds", "needs"),
    [("restyle", 2.0, "2.31"), ("extend", 0.4, "0.56"), ("extend_back", 0.4, "0.56")],
)
def test_a_video_that_is_too_short_is_told_before_the_run(task: str, seconds: float, needs: str) -> None:
    """A restyled scene takes as much of it as it lasts, one that goes on from it a few frames."""
    brief = ask({**VIDEO, "task": task}, **by(VACE))
    wanted = here(VACE)

    (problem,) = footage_problems(cast_scenes(brief, wanted), taken(brief, seconds=seconds).sources)

    said = f"storyboard[0].video: 'ball.mp4' lasts {seconds:.2f} s, {VACE} needs {needs} s; give a longer"
    assert str(problem).startswith(said)
    assert not list(footage_problems(cast_scenes(brief, wanted), taken(brief, seconds=float(needs)).sources))
