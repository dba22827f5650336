"""Tests of Wan on tiny checkpoints: each thing that a shot is given shows where it should."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from actors.backends import Materials
from actors.backends.diffusion.takes import Take
from schemas.errors import GenerationError, StoppedError
from schemas.plan import Given, Shot
from tests.tiny.runs import Counting, Pictures, apart, draw_shot, draw_still, draw_video, load, render

FPS = 16
TEXT, VACE, BOTH, IMAGE = "wan-t2v-1.3b", "wan-vace-1.3b", "wan-ti2v-5b", "wan-i2v-a14b"


@pytest.fixture(scope="module")
def models(tiny: Callable[[str], Path]) -> dict[str, Any]:
    """The tiny models, loaded once."""
    return {name: load(name, tiny) for name in (TEXT, VACE, BOTH, IMAGE)}


@pytest.fixture
def vace(models: dict[str, Any]) -> Any:
    """A tiny VACE."""
    return models[VACE]


@pytest.fixture
def stills(tmp_path: Path) -> list[Path]:
    """Three pictures."""
    return [draw_still(tmp_path / f"{n}.png", n) for n in range(3)]


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    """Two videos of two seconds."""
    return [draw_video(tmp_path / f"{n}.mp4", n, 2 * FPS, fps=FPS) for n in (1, 2)]


def asked(task: str, frames: int = 17, **changes: Any) -> Shot:
    """Return a shot for VACE that asks for *task*."""
    wants: dict[str, dict[str, Any]] = {
        "text": {},
        "image": {"show": "image", "still": "a"},
        "first_last": {"show": "image", "still": "a", "given": Given(until="b")},
        "subjects": {"show": "subjects", "given": Given(subjects=("a", "b"))},
        "keep": {"given": Given(follows="c")},
    }
    if task not in wants:
        wants[task] = {"show": "video", "given": Given.model_validate({"video": "v", "task": task})}
    return draw_shot(VACE, frames, **wants[task], **changes)


def drawn(model: Any, shot: Shot, **given: Any) -> Pictures:
    """Return what *model* makes of *shot* before it becomes frames of video."""
    return np.stack(list(model._pictures(shot, Materials(**given), 0, Counting())))


# Everything that VACE is given shows.


@pytest.mark.parametrize("change", [{"prompt": "a blue bird"}, {"seed": 8}, {"negative": "a red car"}])
@pytest.mark.parametrize("name", [TEXT, VACE, BOTH])
def test_words_and_seed_show(models: dict[str, Any], name: str, change: dict[str, Any]) -> None:
    """Each reaches the model."""
    plain, other = draw_shot(name, 9), draw_shot(name, 9, **change)

    assert apart(render(models[name], plain), render(models[name], other)) > 1


def test_a_still_shows(vace: Any, stills: list[Path]) -> None:
    """It is the first frame, which stays; all others are drawn."""
    one, other = (render(vace, asked("image"), still=still) for still in stills[:2])
    led = vace.inputs(asked("image"), Materials(still=stills[0]), Take(0, 0, 17, 0, last=True), [])

    assert apart(one, other) > 1
    assert [mask.getpixel((0, 0)) for mask in led["mask"]] == [0] + [255] * 16


def test_a_last_frame_shows_most_where_the_clip_ends(vace: Any, stills: list[Path]) -> None:
    """The first is as it was."""
    shot = asked("first_last")
    one, other = (render(vace, shot, still=stills[0], until=until) for until in stills[1:])

    assert apart(one[-4:], other[-4:]) > apart(one[:4], other[:4])


def test_a_clip_with_a_last_frame_ends_nearer_to_it(vace: Any, stills: list[Path]) -> None:
    """Than one without, in the pixels of the decoder."""
    from actors.backends.motion.first_frame import fit_still  # noqa: PLC0415 (loads torch)

    shot = asked("first_last")
    target = fit_still(stills[1], shot)
    led = render(vace, shot, still=stills[0], until=stills[1])
    free = render(vace, asked("image"), still=stills[0])

    assert apart(led[-1], target) < apart(free[-1], target)


@pytest.mark.parametrize("place", [0, 1])
def test_each_subject_shows(vace: Any, stills: list[Path], place: int) -> None:
    """None is dropped."""
    others = list(stills[:2])
    others[place] = stills[2]
    one, other = (render(vace, asked("subjects"), subjects=tuple(found)) for found in (stills[:2], others))

    assert apart(one, other) > 0.5


def test_what_is_kept_shows(vace: Any, videos: list[Path]) -> None:
    """The clip that a shot follows leads its look."""
    one, other, free = (
        render(vace, asked("keep"), follows=videos[0]),
        render(vace, asked("keep"), follows=videos[1]),
        render(vace, asked("text")),
    )

    assert apart(one, other) > 0.5
    assert apart(one, free) > 0.5


@pytest.mark.parametrize("count", [1, 2])
def test_references_are_not_part_of_the_clip(vace: Any, stills: list[Path], count: int) -> None:
    """VACE draws them in front of it; what is left is what the pipeline itself would decode."""
    shot = asked("subjects")
    given = Materials(subjects=tuple(stills[:count]))
    take = Take(0, 0, shot.frames, 0, last=True)
    theirs = vace.pipe(
        **vace.words(shot.prompt, shot.negative),
        **vace.inputs(shot, given, take, []),
        width=shot.width,
        height=shot.height,
        num_frames=shot.frames,
        num_inference_steps=2,
        guidance_scale=vace.weights.guidance,
        generator=torch.Generator().manual_seed(shot.seed),
        output_type="pt",
    ).frames[0]
    ours = drawn(vace, shot, subjects=given.subjects)

    assert np.array_equal(ours, np.stack(vace._read(theirs, shot)))


def test_words_show_beside_subjects_and_videos(vace: Any, stills: list[Path], videos: list[Path]) -> None:
    """What leads does not drown what is said."""
    for task, given in (("subjects", {"subjects": (stills[0],)}), ("restyle", {"video": videos[0]})):
        one, other = (render(vace, asked(task, prompt=p), **given) for p in ("a red car", "a blue bird"))

        assert apart(one, other) > 0.5, task


# Video to video.


@pytest.mark.parametrize("name", [TEXT, VACE])
def test_a_restyled_video_shows_the_video(models: dict[str, Any], name: str, videos: list[Path]) -> None:
    """Another one gives another clip."""
    shot = asked("restyle").model_copy(update={"model": f"{name}/1"})
    one, other = (render(models[name], shot, video=video) for video in videos)

    assert one.shape == (17, 32, 48, 3)
    assert apart(one, other) > 1


@pytest.mark.parametrize("name", [TEXT, VACE])
def test_a_video_too_short_to_restyle_is_refused(models: dict[str, Any], name: str, tmp_path: Path) -> None:
    """Nothing is repeated to fill a shot."""
    video = draw_video(tmp_path / "v.mp4", 1, 8, fps=FPS)

    with pytest.raises(GenerationError, match=r"the video has 0\.5 s, the shot takes 1\.1 s of it"):
        render(models[name], asked("restyle"), video=video)


def test_a_long_restyled_video_goes_on_from_what_was_drawn(vace: Any, tmp_path: Path) -> None:
    """The second take is shown the end of the first as it is, not as it was."""
    video = draw_video(tmp_path / "v.mp4", 1, 50, fps=FPS)
    shot = asked("restyle", 45)
    before = [np.full((32, 48, 3), 200, np.uint8)] * 5
    led = vace.inputs(shot, Materials(video=video), Take(1, 20, 25, 5, last=True), before)

    assert [mask.getpixel((0, 0)) for mask in led["mask"]] == [0] * 5 + [255] * 20
    assert led["video"][4].getpixel((0, 0)) == (200, 200, 200)
    assert np.ptp(np.asarray(led["video"][5]), axis=-1).max() == 0
    assert render(vace, shot, video=video).shape[0] == 45


def test_an_extension_begins_where_the_video_ends(vace: Any, videos: list[Path]) -> None:
    """With its very pictures, out of which it dissolves; and another video goes on otherwise."""
    one, other = (drawn(vace, asked("extend"), video=video) for video in videos)
    tail = list(vace.footage(videos[0], asked("extend")))[-5:]

    assert np.array_equal(one[0], tail[0])
    assert apart(one[1], tail[1]) < apart(one[4], tail[4])
    assert apart(one[6:], other[6:]) > 0.5


def test_an_extension_backward_ends_where_the_video_begins(vace: Any, videos: list[Path]) -> None:
    """The same, the other way round."""
    one, other = (drawn(vace, asked("extend_back"), video=video) for video in videos)
    head = list(vace.footage(videos[0], asked("extend_back")))[:5]

    assert np.array_equal(one[-1], head[4])
    assert apart(one[-2], head[3]) < apart(one[-5], head[0])
    assert apart(one[:-6], other[:-6]) > 0.5


def test_an_extension_backward_is_led_from_its_end(vace: Any, videos: list[Path]) -> None:
    """VACE sees time as it runs: grey, then the beginning of the video."""
    shot = asked("extend_back")
    head = list(vace.footage(videos[0], shot))[:5]
    take = Take(0, 0, 17, 5, last=True)
    led = vace.inputs(shot, Materials(video=videos[0]), take, head[::-1])

    assert [mask.getpixel((0, 0)) for mask in led["mask"]] == [255] * 12 + [0] * 5
    assert all(np.array_equal(np.asarray(a), b) for a, b in zip(led["video"][12:], head, strict=True))


def test_an_extension_backward_is_made_at_once_or_not(vace: Any, videos: list[Path]) -> None:
    """Its takes would be made from the last; also where memory is short it is not cut."""
    with pytest.raises(GenerationError, match="extends backward by 25 frames at once, not more"):
        render(vace, asked("extend_back", 29), video=videos[0])

    assert len(render(vace, asked("extend_back", 25), shrink=3, video=videos[0])) == 25


# Long shots.


def test_a_later_take_is_shown_the_end_of_the_one_before(vace: Any, stills: list[Path]) -> None:
    """Black masks keep it; the last frame of the shot is given to the last take alone."""
    before = [np.full((32, 48, 3), n, np.uint8) for n in range(5)]
    given = Materials(still=stills[0], until=stills[1])
    middle, last = (
        vace.inputs(asked("first_last", 65), given, Take(n, 20 * n, 25, 5, last=n == 2), before)
        for n in (1, 2)
    )

    assert [mask.getpixel((0, 0)) for mask in middle["mask"]] == [0] * 5 + [255] * 20
    assert [mask.getpixel((0, 0)) for mask in last["mask"]] == [0] * 5 + [255] * 19 + [0]
    assert [frame.getpixel((0, 0)) for frame in middle["video"][:6]] == [
        *((n, n, n) for n in range(5)),
        (128, 128, 128),
    ]


@pytest.mark.parametrize("name", [VACE, BOTH, IMAGE])
def test_a_long_shot_is_as_long_as_asked(models: dict[str, Any], name: str, stills: list[Path]) -> None:
    """Made in takes that none is as long as."""
    shot = draw_shot(name, 41, show="image", still="a")

    assert len(render(models[name], shot, still=stills[0])) == 41


# The families beside VACE.


@pytest.mark.parametrize("name", [BOTH, IMAGE])
def test_a_still_leads_the_other_families_too(models: dict[str, Any], name: str, stills: list[Path]) -> None:
    """It reaches the model, and words do beside it."""
    shot = draw_shot(name, 9, show="image", still="a")
    one, other, said = (
        render(models[name], shot, still=stills[0]),
        render(models[name], shot, still=stills[1]),
        render(models[name], shot.model_copy(update={"prompt": "a blue bird"}), still=stills[0]),
    )

    assert apart(one, other) > 1
    assert apart(one, said) > 0.5


def test_a_still_makes_a_difference_to_words_alone(models: dict[str, Any], stills: list[Path]) -> None:
    """One checkpoint does both, one after the other, and neither changes the other."""
    words, pictured = draw_shot(BOTH, 9), draw_shot(BOTH, 9, show="image", still="a")
    first = render(models[BOTH], words)
    led = render(models[BOTH], pictured, still=stills[0])

    assert apart(first, led) > 1
    assert np.array_equal(render(models[BOTH], words), first)


def test_a_last_frame_shows_in_an_image_model(models: dict[str, Any], stills: list[Path]) -> None:
    """The checkpoint hears of both ends."""
    shot = draw_shot(IMAGE, 9, show="image", still="a", given=Given(until="b"))
    one, other = (render(models[IMAGE], shot, still=stills[0], until=until) for until in stills[1:])

    assert apart(one, other) > 0.5


def test_an_image_model_without_an_image_says_so(models: dict[str, Any]) -> None:
    """The shot was planned wrongly."""
    with pytest.raises(GenerationError, match="shows 'text' and needs a still"):
        render(models[IMAGE], draw_shot(IMAGE, 9))


def test_an_image_that_is_stopped_leaves_the_text_pipeline_in_place(
    models: dict[str, Any], stills: list[Path]
) -> None:
    """They share all parts but are two."""
    model, shot = models[BOTH], draw_shot(BOTH, 9, show="image", still="a")
    made = model.render(shot, Materials(still=stills[0]), shrink=0, watch=Counting(patience=2))
    with pytest.raises(StoppedError):
        list(made.frames)

    assert type(model.pipe).__name__ == "WanPipeline"


# A GPU that is full when the clip is decoded.


@pytest.mark.parametrize("name", [TEXT, VACE, BOTH])
def test_what_does_not_fit_while_it_is_decoded_is_decoded_in_tiles(
    tiny: Callable[[str], Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is denoised again, and what the first try had made is gone before the second."""
    model, shot = load(name, tiny), draw_shot(name, 9)
    clean, watch = render(model, shot), Counting()
    vae, decode = model.pipe.vae, model.pipe.vae.decode
    left: list[Any] = []
    tiled: list[bool] = []

    def cramped(latents: Any, **asked: Any) -> Any:
        tiled.append(vae.use_tiling)
        if not left:
            half = torch.zeros(10)
            left.append(weakref.ref(half))
            vae._feat_map = [half]
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.")
        gc.collect()
        assert left[0]() is None
        return decode(latents, **asked)

    monkeypatch.setattr(vae, "decode", cramped)
    made = list(model.render(shot, Materials(), shrink=0, watch=watch).frames)

    assert tiled == [False, True]
    assert len(made) == 9
    assert watch.heard == [(0, 2), (1, 2), (2, 2)]
    assert np.array_equal(render(model, shot), clean), "the next clip is decoded at once again"


def test_what_does_not_fit_in_tiles_either_is_told(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt asks for less; nothing half-decoded stays in the memory."""
    model, shot = load(TEXT, tiny), draw_shot(TEXT, 9)
    vae = model.pipe.vae

    def full(*_: Any, **__: Any) -> Any:
        vae._feat_map = [torch.zeros(10)]
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.")

    monkeypatch.setattr(vae, "decode", full)
    with pytest.raises(torch.OutOfMemoryError):
        render(model, shot)

    assert not any(isinstance(part, torch.Tensor) for part in vae._feat_map)


def test_large_clips_are_decoded_in_tiles_that_join(tiny: Callable[[str], Path]) -> None:
    """Pixels change a little where a tile ends, and nowhere much."""
    model = load(TEXT, tiny)
    shot = draw_shot(TEXT, 5, size=(320, 288))
    whole, tiled = render(model, shot), render(model, shot, shrink=1)

    assert whole.shape == tiled.shape == (5, 288, 320, 3)
    assert 0 < apart(whole, tiled) < 10


def test_masks_and_pictures_are_of_the_size_of_the_shot(vace: Any, tmp_path: Path) -> None:
    """Whatever the size of what was given."""
    shot = asked("image")
    big = draw_still(tmp_path / "big.png", 1, (640, 400))
    led = vace.inputs(shot, Materials(still=big), Take(0, 0, 17, 0, last=True), [])
    sizes = {image.size for image in [*led["video"], *led["mask"]] if isinstance(image, Image.Image)}

    assert sizes == {(48, 32)}
