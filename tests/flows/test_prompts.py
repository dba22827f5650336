"""What each family of models is sent for a scene."""

from typing import Any

import pytest

from actors.backends import VIDEO_MODELS, Entry
from flows.prompts import WRITERS, PromptFacts, family_of, write_prompt
from schemas.brief import Camera

CUP = PromptFacts(
    prompt="espresso cup on an oak table, morning light",
    camera="push_in",
    show="product",
    product="House Blend 250 g",
    brand="Kaffi",
    tone="warm, calm, early morning",
    subjects=0,
    speech="",
    task="",
    aspect=9 / 16,
)
SILENT = ("motion", "svd")
VIDEO = [name for name in WRITERS if name not in {*SILENT, "zimage", "flux2"}]
NEGATIVE = [name for name in VIDEO if name != "runway"]


def facts(**changes: Any) -> PromptFacts:
    """Return the facts of the cup, with some replaced."""
    return PromptFacts(**(CUP.model_dump() | changes))


def entry(path: str, revision: str) -> Entry:
    """Return a line of the table."""
    return VIDEO_MODELS["motion"].model_copy(update={"path": path, "revision": revision})


def test_the_built_in_renderer_is_sent_what_it_always_was() -> None:
    """Its shots keep their keys."""
    written = write_prompt(VIDEO_MODELS["motion"], CUP)

    assert written == ("espresso cup on an oak table, morning light, warm, calm, early morning", "")
    assert write_prompt(VIDEO_MODELS["motion"], facts(prompt="", tone="")) == ("", "")


@pytest.mark.parametrize(
    ("path", "revision", "family"),
    [
        ("actors.backends.wan:Wan", "wan-vace-1.3b/1", "wan"),
        ("actors.backends.ltx:Ltx", "ltx-2b-0.9.8/1", "ltx"),
        ("actors.backends.ltx2:Ltx2", "ltx-2.3/1", "ltx2"),
        ("actors.backends.zimage:ZImage", "z-image-turbo/1", "zimage"),
        ("actors.backends.stills:Stills", "flux.2-klein-4b/1", "flux2"),
        ("actors.backends.images:Images", "z-image-turbo/1", "zimage"),
        ("actors.backends.runway:Runway", "runway/1", "runway"),
        ("actors.backends.new:New", "mochi/1", "other"),
    ],
)
def test_a_line_of_the_table_finds_its_writer(path: str, revision: str, family: str) -> None:
    """By its file, or by its name where the file serves several families."""
    assert family_of(entry(path, revision)) == family


def test_a_long_description_names_all_that_is_known() -> None:
    """Wan reads sentences: scene, what must not change, camera, mood, look, framing."""
    written = WRITERS["wan"](CUP)

    assert written.prompt == (
        "Espresso cup on an oak table, morning light. The product keeps its exact shape, its colours and its "
        "label. The camera slowly pushes in towards the subject. The mood is warm, calm, early morning. A "
        "commercial film with natural light, fine detail and lifelike movement. A tall frame with the "
        "subject in the middle."
    )
    assert written.negative.startswith("subtitles, captions, watermark")


@pytest.mark.parametrize("family", WRITERS)
def test_the_same_facts_give_the_same_words(family: str) -> None:
    """A plan must be the same again."""
    assert WRITERS[family](facts()) == WRITERS[family](facts())


@pytest.mark.parametrize("family", VIDEO)
def test_each_camera_move_is_told_in_words_of_its_own(family: str) -> None:
    """A model knows no push_in."""
    cameras: tuple[Camera, ...] = ("push_in", "pull_out", "pan", "orbit", "parallax", "hold")

    prompts = {WRITERS[family](facts(camera=camera)).prompt for camera in cameras}

    assert len(prompts) == 6
    assert all("he camera" in prompt and "_" not in prompt for prompt in prompts)


@pytest.mark.parametrize("family", [*VIDEO, "zimage", "flux2"])
@pytest.mark.parametrize("show", ["product", "image", "text", "video", "subjects", "presenter"])
def test_a_scene_without_words_has_a_prompt_still(family: str, show: str) -> None:
    """Of the product, the kind of scene and the tone."""
    prompt = WRITERS[family](facts(prompt="", show=show)).prompt

    assert "House Blend 250 g" in prompt
    assert "warm, calm, early morning" in prompt
    assert "Kaffi" in WRITERS[family](facts(prompt="", product="", show=show)).prompt


@pytest.mark.parametrize("family", NEGATIVE)
def test_lettering_is_avoided(family: str) -> None:
    """The composer sets captions, prices and logos; models misspell."""
    negative = WRITERS[family](CUP).negative

    assert {"subtitles", "watermark", "invented logo"} <= {*negative.split(", ")}


@pytest.mark.parametrize("family", [*SILENT, "zimage", "flux2", "runway"])
def test_models_without_a_negative_prompt_are_sent_none(family: str) -> None:
    """It would be ignored, or refused."""
    assert WRITERS[family](CUP).negative == ""


def test_stills_are_pictures() -> None:
    """No camera moves in one."""
    prompt = WRITERS["zimage"](facts(aspect=1.0)).prompt

    assert "camera" not in prompt
    assert "A photograph" in prompt
    assert "A square frame" in prompt


def test_a_model_without_text_is_sent_none() -> None:
    """SVD sees the picture only."""
    assert WRITERS["svd"](CUP) == ("", "")


def test_a_held_camera_may_show_a_still_picture() -> None:
    """Nothing is asked and forbidden at once."""
    assert "frozen picture" in WRITERS["wan"](CUP).negative
    assert "frozen picture" not in WRITERS["wan"](facts(camera="hold")).negative


def test_speech_stands_in_quotes_with_the_sound_of_the_room() -> None:
    """LTX-2 makes voice and lips of what is in quotes, so none may stand inside."""
    spoken = WRITERS["ltx2"](facts(show="presenter", speech='Say "yes",\nnow.')).prompt
    silent = WRITERS["ltx2"](CUP).prompt

    assert "says, with natural gestures: \"Say 'yes', now.\" The voice is close and clear" in spoken
    assert "The sound is that of the place itself" in silent


@pytest.mark.parametrize("task", ["restyle", "extend", "extend_back"])
@pytest.mark.parametrize("family", VIDEO)
def test_what_is_done_with_a_video_is_said(family: str, task: str) -> None:
    """The words describe the result; this says how it hangs together with what is given."""
    plain, told = (WRITERS[family](facts(show="video", task=one)).prompt for one in ("", task))

    assert len(told) > len(plain)


def test_subjects_are_counted_and_kept_apart() -> None:
    """Two products must not become one."""
    assert "Each of the 3 subjects" in WRITERS["wan"](facts(show="subjects", subjects=3)).prompt


@pytest.mark.parametrize("family", ["cogvideox", "runway", "wan", "helios", "ltx", "ltx2", "zimage", "flux2"])
def test_the_longest_brief_fits(family: str) -> None:
    """Where there is room for less, whole sentences go; the scene's own words never do."""
    prompt = "🙂" * 300 + " end of the scene"

    written = WRITERS[family](facts(prompt=prompt, tone="t" * 600, product="p" * 600)).prompt

    assert "end of the scene" in written
    assert len(written.encode("utf-16-le")) // 2 <= {"cogvideox": 800, "runway": 1000}.get(family, 2400)


def test_a_sentence_ends_once() -> None:
    """Whatever the author's own last sign is."""
    assert WRITERS["runway"](facts(prompt="A cup!  Steam\nrises.", tone="")).prompt.startswith(
        "A cup! Steam rises. The camera"
    )
    assert "咖啡\u3002 The camera" in WRITERS["runway"](facts(prompt="咖啡\u3002")).prompt
