"""The contract of the table's models: every row keeps it, on tiny checkpoints and without a network."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from actors.backends import (
    VIDEO_MODELS,
    Entry,
    Materials,
    Site,
    VideoModel,
    find_video_model,
    load_image_model,
    load_video_model,
    tasks_of,
)
from actors.video import BASE, ffmpeg_path
from actors.video_writer import VideoWriter
from actors.watch import CallWatch
from schemas.errors import GenerationError, StoppedError
from schemas.placements import PLACEMENTS
from schemas.plan import Drawing, Given, Shot, Task
from tests.compositions import PALETTE
from tests.models import DREAM
from tests.runway_server import RunwayServer
from tests.tiny.rows import Notebook, folder_of, shrunk

VIDEO_TASKS = ("text", "image", "first_last", "restyle", "extend", "extend_back", "subjects", "presenter")
EXTRAS = ("long", "keep", "sound")
RENDERERS = [name for name, entry in VIDEO_MODELS.items() if "still" not in entry.tasks]
PAINTERS = [name for name, entry in VIDEO_MODELS.items() if "still" in entry.tasks]
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


class Stopper(CallWatch):
    """Stops a call after so many steps, and counts those that came."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after, self.steps = after, 0

    def step(self, done: int, of: int) -> None:
        self.steps += 1
        if self.steps > self.after:
            self.stop()
        super().step(done, of)


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Shot], Materials]:
    """Draws what shots are given: balls of different colours, and a video of one that moves."""
    folder = tmp_path_factory.mktemp("materials")
    stills = [_draw_ball(folder / f"{n}.png", color) for n, color in enumerate(("white", "red", "blue"))]
    video = _film_ball(folder / "ball.mp4")

    def find(shot: Shot) -> Materials:
        given = shot.given
        return Materials(
            still=stills[0] if shot.still else None,
            until=stills[1] if given.until else None,
            video=video if given.video else None,
            subjects=tuple(stills[1 : 1 + len(given.subjects)]),
            follows=video if given.follows else None,
        )

    return find


def _draw_ball(path: Path, color: str) -> Path:
    picture = Image.new("RGB", (180, 120), (90, 80, 70))
    ImageDraw.Draw(picture).rectangle((0, 0, 180, 20), fill=(120, 110, 90))
    opacity = Image.new("L", picture.size, 0)
    ImageDraw.Draw(picture).ellipse((60, 40, 119, 99), fill=color)
    ImageDraw.Draw(opacity).ellipse((60, 40, 119, 99), fill=255)
    picture.putalpha(opacity)
    picture.save(path)
    return path


def _film_ball(path: Path) -> Path:
    size = {"width": 128, "height": 128, "fps": 24, "encoding": BASE, "ffmpeg_exe": ffmpeg_path(None)}
    with VideoWriter(path, **size) as writer:
        for n in range(96):
            luma = Image.new("L", (128, 128), 60)
            ImageDraw.Draw(luma).ellipse((n, 40, n + 40, 80), fill=200)
            chroma = np.full(128 * 128 // 2, 118, np.uint8)
            writer.write(np.concatenate([np.asarray(luma).reshape(-1), chroma]))
    return path


@pytest.fixture
def model_of(
    tiny: Callable[[str], Path], request: pytest.FixtureRequest, loaded: dict[str, VideoModel]
) -> Callable[..., VideoModel]:
    """Loads the model of a row: tiny where it has weights, on the local server where it is a service."""

    def load(name: str, device: str = "cpu") -> VideoModel:
        entry = shrunk(VIDEO_MODELS[name])
        if entry.service is not None:
            server: RunwayServer = request.getfixturevalue("runway_server")
            assert server.url
            return load_video_model(entry, Site(device, None, Notebook()))
        key = f"{name}@{device}"
        if key not in loaded:
            loaded[key] = load_video_model(entry, Site(device, folder_of(entry, tiny), Notebook()))
        return loaded[key]

    return load


@pytest.fixture(scope="module")
def loaded() -> dict[str, VideoModel]:
    """Models that are loaded already."""
    torch.set_num_threads(1)
    return {}


def a_shot(entry: Entry, task: Task = "image", **changes: Any) -> Shot:
    """Return a small shot that asks *entry* for *task*."""
    given = {
        "first_last": Given(until="b" * 64),
        "restyle": Given(video="inputs/v.mp4", task="restyle"),
        "extend": Given(video="inputs/v.mp4", task="extend"),
        "extend_back": Given(video="inputs/v.mp4", task="extend_back"),
        "subjects": Given(subjects=("b" * 64, "c" * 64)),
        "presenter": Given(speech="Good coffee, now for less.", sound=True),
        "keep": Given(follows="d" * 64),
        "sound": Given(sound=True),
    }
    wordy = task in {"text", "restyle", "extend", "extend_back", "subjects", "keep"}
    width, height = entry.own_size(108, 192) if not entry.any_size else (108, 192)
    rule = entry.frames
    facts = {
        "show": "text" if wordy else "product",
        "still": "" if wordy else "a" * 64,
        "prompt": "a red cup on a table, warm and calm",
        "camera": "push_in",
        "palette": PALETTE,
        "width": width,
        "height": height,
        "frames": rule.legal(min(rule.most or 5, 2 * rule.step + rule.offset if rule.step > 1 else 5)),
        "fps": rule.fps,
        "seed": 7,
        "model": entry.revision,
        "given": given.get(task, Given()),
    }
    return Shot.model_validate(facts | changes)


def asked_of(name: str) -> Iterator[tuple[Task, Shot]]:
    """Yield a shot for everything that the row *name* declares."""
    entry = shrunk(VIDEO_MODELS[name])
    for task in entry.tasks:
        if task in VIDEO_TASKS or task == "keep":
            yield task, a_shot(entry, task)
        elif task == "sound":
            yield task, a_shot(entry, "sound") if "image" in entry.tasks else a_shot(entry, "text")
        elif task == "long":
            base: Task = "image" if "image" in entry.tasks else "text"
            longer = 2 * (entry.frames.most or entry.frames.step)
            yield task, a_shot(entry, base, frames=entry.frames.legal(longer))


def render(model: VideoModel, shot: Shot, materials: Materials) -> NDArray[np.uint8]:
    """Return all frames, ``uint8 [frames, bytes]``."""
    made = model.render(shot, materials, shrink=0, watch=CallWatch())
    return np.stack([frame.copy() for frame in made.frames])


CASES = [(name, task) for name in RENDERERS for task, _ in asked_of(name)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_model_makes_what_it_declares(
    name: str,
    task: Task,
    device: str,
    model_of: Callable[..., VideoModel],
    materials: Callable[[Shot], Materials],
) -> None:
    """As many frames of the size as asked, and the same ones for the same shot; sound as long as they are."""
    _need(device)
    shot = dict(asked_of(name))[task]
    entry = shrunk(VIDEO_MODELS[name])
    assert task in tasks_of(shot, entry) or (task == "long" and not entry.frames.most)
    model = model_of(name, device)

    frames = render(model, shot, materials(shot))
    made = model.render(shot, materials(shot), shrink=0, watch=CallWatch())

    assert frames.shape == (shot.frames, shot.width * shot.height * 3 // 2)
    assert frames.dtype == np.uint8
    assert frames[:, : shot.width * shot.height].std() > 1
    assert all(np.array_equal(a, b) for a, b in zip(made.frames, frames, strict=True))
    if shot.given.sound:
        assert made.sound is not None
        assert made.sound.shape[1] == 2
        assert len(made.sound) / 48_000 == pytest.approx(shot.frames / shot.fps, abs=1 / shot.fps)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", RENDERERS)
def test_a_model_stops_within_a_step_and_the_next_clip_is_as_ever(
    name: str,
    device: str,
    model_of: Callable[..., VideoModel],
    materials: Callable[[Shot], Materials],
) -> None:
    """A cancelled campaign waits for no clip, and leaves nothing behind in the worker."""
    _need(device)
    _, shot = next(asked_of(name))
    model = model_of(name, device)
    before = render(model, shot, materials(shot))
    watch = Stopper(after=1)

    with pytest.raises(StoppedError):
        list(model.render(shot, materials(shot), shrink=0, watch=watch).frames)

    assert watch.steps == 2, "it went on"
    assert np.array_equal(render(model, shot, materials(shot)), before)


@pytest.mark.parametrize("name", VIDEO_MODELS)
def test_a_row_pickles(name: str) -> None:
    """It crosses Ray."""
    assert pickle.loads(pickle.dumps(VIDEO_MODELS[name])) == VIDEO_MODELS[name]  # noqa: S301 (our own bytes)


@pytest.mark.parametrize("name", RENDERERS)
def test_a_loaded_model_survives_a_pickled_trip(
    name: str, model_of: Callable[..., VideoModel], materials: Callable[[Shot], Materials]
) -> None:
    """Whoever sends one gets the same clips from it."""
    _, shot = next(asked_of(name))
    model = model_of(name)

    again = pickle.loads(pickle.dumps(model))  # noqa: S301 (our own bytes)

    assert np.array_equal(render(again, shot, materials(shot)), render(model, shot, materials(shot)))


@pytest.mark.parametrize("name", RENDERERS)
def test_a_shot_is_refused_for_what_its_model_does_not_declare(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names the task and what the model can do."""
    entry = shrunk(VIDEO_MODELS[name])
    monkeypatch.setitem(VIDEO_MODELS, name, entry)
    undone = [task for task in VIDEO_TASKS if task not in entry.tasks]
    done = next(asked_of(name))[1]

    assert find_video_model(done).name == name
    for task in undone:
        with pytest.raises(GenerationError, match=f"cannot do '{task}'; it does: {entry.tasks[0]}"):
            find_video_model(a_shot(entry, task))


@pytest.mark.parametrize("name", PAINTERS)
def test_a_painter_draws_the_size_that_is_asked_and_the_same_again(
    name: str, tiny: Callable[[str], Path]
) -> None:
    """A drawing is a still: other words, or another seed, another picture."""
    torch.set_num_threads(1)
    entry = shrunk(VIDEO_MODELS[name])
    painter = load_image_model(entry, Site("cpu", folder_of(entry, tiny), Notebook()))
    width, height = entry.own_size(108, 192)
    drawing = Drawing(
        prompt="a red cup", negative="", width=width, height=height, seed=7, model=entry.revision
    )

    first, second, words, seed = (
        painter.draw(one, shrink=0, watch=CallWatch())
        for one in (
            drawing,
            drawing,
            drawing.model_copy(update={"prompt": "a blue hat"}),
            drawing.model_copy(update={"seed": 8}),
        )
    )

    assert first.shape == (height, width, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, words)
    assert not np.array_equal(first, seed)
    with pytest.raises(StoppedError):
        painter.draw(drawing, shrink=0, watch=Stopper(after=0))


@pytest.mark.parametrize(("model", "message"), [("dream/1", "known: motion"), ("motion/0", "plan again")])
def test_a_shot_for_another_model_is_refused(model: str, message: str) -> None:
    """Its key promises the pixels of that very revision."""
    with pytest.raises(GenerationError, match=message):
        find_video_model(a_shot(VIDEO_MODELS["motion"], model=model))


def test_reading_the_table_loads_no_torch() -> None:
    """`reelmill models`, `plan` and a rerun of what is finished stay quick."""
    code = "import sys, flows.preflight; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", VIDEO_MODELS)
@pytest.mark.parametrize("size", sorted({(place.width, place.height) for place in PLACEMENTS.values()}))
def test_a_models_own_size_suits_every_placement(name: str, size: tuple[int, int]) -> None:
    """Even, of the model's multiple, and as near the placement's ratio as its sizes let it be."""
    entry = VIDEO_MODELS[name]

    width, height = entry.own_size(*size)

    assert entry.multiple % 2 == width % entry.multiple == height % entry.multiple == 0
    if size[0] != size[1] and len(entry.sizes) != 1:
        assert (width > height) == (size[0] > size[1])
    if not entry.sizes:
        assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    assert not entry.any_size or (width, height) == size


@pytest.mark.parametrize(
    ("size", "own"),
    [
        ((1080, 1920), (480, 864)),
        ((1920, 1080), (864, 480)),
        ((1080, 1080), (480, 480)),
        ((540, 960), (480, 864)),
    ],
)
def test_a_model_of_one_side_keeps_the_ratio(size: tuple[int, int], own: tuple[int, int]) -> None:
    """Placements of one ratio get one size, so they share what is generated."""
    entry = DREAM.model_copy(update={"short_side": 480, "multiple": 32})

    assert entry.own_size(*size) == own


@pytest.mark.parametrize("name", VIDEO_MODELS)
def test_a_row_names_its_licence_and_its_weights(name: str) -> None:
    """Nobody is to find out later what may be shown where, or what a model is."""
    entry = VIDEO_MODELS[name]

    assert entry.name == name
    assert entry.licence
    assert entry.note
    assert (entry.gpus > 0) == (entry.weights is not None)
    if entry.weights is not None:
        assert "/" in entry.weights.repo
        assert entry.weights.commit == "" or len(entry.weights.commit) == 40
        assert entry.weights.gpu_bytes["offload"] <= entry.weights.gpu_bytes["bf16"]
        assert entry.frames.legal(entry.frames.most) == max(entry.frames.most, entry.frames.least)


@pytest.mark.parametrize(("frames", "legal"), [(1, 5), (5, 5), (6, 9), (81, 81), (82, 85)])
def test_a_frame_rule_gives_the_next_legal_length(frames: int, legal: int) -> None:
    """Wan makes 4 k + 1 frames, five at least."""
    assert VIDEO_MODELS["wan-vace-1.3b"].frames.legal(frames) == legal


def _need(device: str) -> None:
    if device != "cpu" and not torch.cuda.is_available():
        if os.environ.get("FAIL_WITHOUT_GPU"):
            pytest.fail("FAIL_WITHOUT_GPU is set and torch sees no GPU")
        pytest.skip("no GPU here")
