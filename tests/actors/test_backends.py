"""The contract of the table's models: every row keeps it, without a network."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from actors.backends import VIDEO_MODELS, Entry, VideoModel, find_video_model, load_video_model, task_of
from schemas.brief import Palette
from schemas.errors import GenerationError
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Shot
from tests.models import DREAM

DrawStill = Callable[..., Path]
PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D")
ROWS = pytest.mark.parametrize("name", [name for name, entry in VIDEO_MODELS.items() if not entry.gpus])


@pytest.fixture
def draw_still(tmp_path: Path) -> DrawStill:
    """Draws a still: a white ball on a grey ground with a lighter stripe."""

    def draw(*, matte: bool = True, size: tuple[int, int] = (180, 120)) -> Path:
        picture = Image.new("RGB", size, (90, 80, 70))
        ImageDraw.Draw(picture).rectangle((0, 0, size[0], 20), fill=(120, 110, 90))
        opacity = Image.new("L", size, 0)
        for canvas in (picture, opacity):
            fill = 255 if canvas is opacity else (250, 250, 250)
            ImageDraw.Draw(canvas).ellipse((60, 40, 119, 99), fill=fill)
        if matte:
            picture.putalpha(opacity)
        path = tmp_path / f"still-{matte}-{size[0]}.png"
        picture.save(path)
        return path

    return draw


def a_shot(name: str, **changes: object) -> Shot:
    """Return a small shot of a product for the model *name*."""
    facts = {
        "show": "product",
        "still": "a" * 64,
        "prompt": "warm and calm",
        "camera": "push_in",
        "palette": PALETTE,
        "width": 108,
        "height": 192,
        "frames": 5,
        "seed": 7,
        "model": VIDEO_MODELS[name].revision,
    }
    return Shot.model_validate(facts | changes)


def render(model: VideoModel, shot: Shot, still: Path | None) -> NDArray[np.uint8]:
    """Return all frames, ``uint8 [frames, bytes]``."""
    return np.stack([frame.copy() for frame in model.render(shot, still, shrink=0)])


def asked_of(entry: Entry, draw_still: DrawStill) -> list[tuple[dict[str, str], Path | None]]:
    """What a row declares, as changes of a shot and its still."""
    asked: dict[str, tuple[dict[str, str], Path | None]] = {
        "image": ({}, draw_still()),
        "text": ({"show": "text", "still": ""}, None),
    }
    return [asked[task] for task in entry.tasks if task in asked]


@ROWS
def test_a_model_makes_as_many_frames_of_the_size_as_asked(name: str, draw_still: DrawStill) -> None:
    """The encoder takes nothing else."""
    model = load_video_model(name)
    for changes, still in asked_of(VIDEO_MODELS[name], draw_still):
        frames = render(model, a_shot(name, **changes), still)

        assert frames.shape == (5, 108 * 192 * 3 // 2)
        assert frames.dtype == np.uint8
        assert frames[:, : 108 * 192].std() > 1


@ROWS
def test_the_same_shot_gives_the_same_frames_and_they_move(name: str, draw_still: DrawStill) -> None:
    """A shot is keyed by its content, so its pixels must follow from it."""
    for changes, still in asked_of(VIDEO_MODELS[name], draw_still):
        shot = a_shot(name, frames=12, **changes)
        first = render(load_video_model(name), shot, still)
        second = render(load_video_model(name), shot, still)

        assert np.array_equal(first, second)
        assert not np.array_equal(first[0], first[-1])


@ROWS
def test_a_row_and_its_loaded_model_pickle(name: str) -> None:
    """Both cross Ray."""
    assert pickle.loads(pickle.dumps(VIDEO_MODELS[name])) == VIDEO_MODELS[name]  # noqa: S301 (our own bytes)
    assert pickle.loads(pickle.dumps(load_video_model(name)))  # noqa: S301


@ROWS
def test_a_shot_is_refused_for_what_its_model_does_not_declare(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names the task and what the model can do."""
    shot = a_shot(name)
    assert find_video_model(shot) == name
    others = tuple(task for task in VIDEO_MODELS[name].tasks if task != task_of(shot)) or ("long",)
    monkeypatch.setitem(VIDEO_MODELS, name, VIDEO_MODELS[name].model_copy(update={"tasks": others}))

    with pytest.raises(GenerationError, match=f"cannot do 'image'; it does: {others[0]}"):
        find_video_model(shot)


@pytest.mark.parametrize(("model", "message"), [("dream/1", "known: motion"), ("motion/0", "plan again")])
def test_a_shot_for_another_model_is_refused(model: str, message: str) -> None:
    """Its key promises the pixels of that very revision."""
    with pytest.raises(GenerationError, match=message):
        find_video_model(a_shot("motion", model=model))


def test_reading_the_table_loads_no_torch() -> None:
    """`reelmill models` and `--help` stay quick."""
    code = "import sys, actors.backends; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@ROWS
@pytest.mark.parametrize("show", ["product", "image"])
def test_a_missing_or_broken_still_is_a_generation_error(name: str, show: str, tmp_path: Path) -> None:
    """Such a shot fails for good; the others go on."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")

    for still in (None, broken):
        with pytest.raises(GenerationError):
            render(load_video_model(name), a_shot(name, show=show), still)


def luma(frames: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return the Y planes, ``uint8 [frames, height, width]``."""
    return frames[:, : width * height].reshape(-1, height, width)


@pytest.mark.parametrize("size", [(108, 192), (108, 108), (192, 108), (108, 136), (108, 162)])
@pytest.mark.parametrize("matte", [True, False])
def test_stills_of_any_shape_fill_frames_of_any_shape(
    size: tuple[int, int], draw_still: DrawStill, *, matte: bool
) -> None:
    """No black bar: where the photo ends, its surroundings go on."""
    for still in (draw_still(matte=matte), draw_still(matte=matte, size=(130, 400))):
        shot = a_shot("motion", camera="orbit", width=size[0], height=size[1])
        picture = luma(render(load_video_model("motion"), shot, still), *size)

        assert picture.min() > 40


@pytest.mark.parametrize("still", ["cut out", "plain", "none"])
def test_end_cards_show_the_product_if_there_is_one(still: str, draw_still: DrawStill) -> None:
    """The ball, brighter than anything else of the card, arrives within the entrance."""
    path = None if still == "none" else draw_still(matte=still == "cut out")
    shot = a_shot("motion", show="end_card", still="a" * 64 if path else "", frames=30)
    picture = luma(render(load_video_model("motion"), shot, path), 108, 192)

    assert (picture[-1].max() > 200) == (path is not None)
    assert picture[0].max() < 180


def test_the_mood_of_a_text_changes_its_background() -> None:
    """Night is darker than morning, and another seed places the lights elsewhere."""
    model = load_video_model("motion")
    text = {"show": "text", "still": ""}
    night, day, other = (
        render(model, a_shot("motion", prompt=prompt, seed=seed, **text), None)
        for prompt, seed in (("dark night", 7), ("bright fresh morning", 7), ("dark night", 8))
    )

    assert luma(night, 108, 192).mean() + 20 < luma(day, 108, 192).mean()
    assert not np.array_equal(night, other)


def test_odd_sizes_are_refused() -> None:
    """A chroma sample covers two pixels each way."""
    with pytest.raises(GenerationError, match="even"):
        render(load_video_model("motion"), a_shot("motion", width=107, show="text", still=""), None)


@pytest.mark.parametrize("name", VIDEO_MODELS)
@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda placement: placement.name)
def test_a_models_own_size_suits_every_placement(name: str, placement: Placement) -> None:
    """Even, of the model's multiple, and so near the placement's ratio that hardly anything is cut away."""
    entry = VIDEO_MODELS[name]

    width, height = entry.own_size(placement.width, placement.height)

    assert entry.multiple % 2 == width % entry.multiple == height % entry.multiple == 0
    assert width / height == pytest.approx(placement.width / placement.height, rel=0.05)
    assert (
        entry.any_size == (entry.short_side == 0) == ((width, height) == (placement.width, placement.height))
    )


@pytest.mark.parametrize(
    ("size", "own"),
    [
        ((1080, 1920), (480, 864)),
        ((1920, 1080), (864, 480)),
        ((1080, 1080), (480, 480)),
        ((540, 960), (480, 864)),
    ],
)
def test_a_model_of_one_size_keeps_the_ratio(size: tuple[int, int], own: tuple[int, int]) -> None:
    """Placements of one ratio get one size, so they share what is generated."""
    entry = DREAM.model_copy(update={"short_side": 480, "multiple": 32})

    assert entry.own_size(*size) == own
