"""Tests of what all open-weights models share: words, seeds, counting, caches, memory; on a tiny Wan."""

import gc
import hashlib
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from actors.backends import VIDEO_MODELS, Entry, Materials, Site, diffusion
from actors.backends.diffusion import Diffusion, Words, loading, room, seed_of
from actors.backends.diffusion.room import Level
from actors.backends.diffusion.takes import Picture, Take
from actors.backends.wan import Wan
from actors.generator import Generator
from actors.models import Means
from actors.probing import probe_video
from actors.video import ffmpeg_path
from actors.watch import CallWatch
from schemas.errors import GenerationError, GpuMemoryError, StoppedError
from schemas.plan import Given, Shot
from storage.blobs import open_blobs
from tests.tiny.rows import Notebook, folder_of, shrunk
from tests.tiny.runs import Counting, apart, draw_shot, draw_still, draw_video, load, render

VACE, TEXT = "wan-vace-1.3b", "wan-t2v-1.3b"
FULL = "CUDA out of memory. Tried to allocate 9 GiB."


class Plain(Diffusion):
    """The least that a family can be."""

    pipeline = "WanPipeline"
    words_max = 512

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return nothing: words alone."""
        del shot, materials, take, before
        return {}


@pytest.fixture(scope="module")
def vace(tiny: Callable[[str], Path]) -> Any:
    """A tiny VACE."""
    return load(VACE, tiny)


@pytest.fixture
def plain(tiny: Callable[[str], Path]) -> Plain:
    """A tiny text-to-video model."""
    return make(tiny)


def make(tiny: Callable[[str], Path], **weights: Any) -> Plain:
    """Load a Plain whose table line says *weights*."""
    entry = shrunk(VIDEO_MODELS[TEXT])
    assert entry.weights is not None
    entry = entry.model_copy(update={"weights": entry.weights.model_copy(update=weights)})
    return Plain(entry, Site("cpu", folder_of(entry, tiny), Notebook()))


def faked(model: Diffusion, made: Any) -> None:
    """Let the pipeline of *model* return the pictures *made*, and do nothing."""
    model.words("a red car", "blurred")

    class Fake:
        vae = SimpleNamespace()

        def __call__(self, **_: Any) -> Any:
            return SimpleNamespace(frames=[made])

        def maybe_free_model_hooks(self) -> None:
            pass

    model.pipe = Fake()


# What was asked for, and nothing else.


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"width": 40}, "makes sides that are a multiple of 16: 40x32, 9 frames at 16 fps"),
        ({"frames": 10}, r"makes 4 k \+ 1 frames at 16 fps: .* 10 frames .*; plan again"),
        ({"fps": 30}, "9 frames at 30 fps; plan again"),
    ],
)
def test_what_the_checkpoint_would_change_is_refused(
    plain: Plain, changes: dict[str, Any], told: str
) -> None:
    """Diffusers would round it, and at best log a line."""
    shot = draw_shot(TEXT, 9).model_copy(update=changes)

    with pytest.raises(GenerationError, match=told):
        plain.render(shot, Materials(), shrink=0, watch=Counting())


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((9, 3, 32, 32), "made 32x32 where 48x32 was asked for"),
        ((8, 3, 32, 48), "8 pictures came where 9 were asked for"),
        ((13, 3, 32, 48), "13 pictures came where 9 were asked for"),
    ],
)
def test_pictures_are_counted_and_measured(plain: Plain, shape: tuple[int, ...], told: str) -> None:
    """What comes back is not believed."""
    faked(plain, torch.zeros(shape))

    with pytest.raises(GenerationError, match=told):
        render(plain, draw_shot(TEXT, 9))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_pixels_that_are_no_numbers_are_refused(plain: Plain, value: float) -> None:
    """They would be black, or anything."""
    made = torch.zeros(9, 3, 32, 48)
    made[4, 1, 7, 7] = value
    faked(plain, made)

    with pytest.raises(GenerationError, match="made pixels that are no numbers"):
        render(plain, draw_shot(TEXT, 9))


def test_a_row_without_weights_is_refused() -> None:
    """The table is wrong."""
    with pytest.raises(GenerationError, match="motion: its table line names no checkpoint"):
        Plain(VIDEO_MODELS["motion"], Site("cpu", None, Notebook()))


def test_a_shot_that_goes_on_from_a_video_needs_one(vace: Any, tmp_path: Path) -> None:
    """And one that is long enough."""
    shot = draw_shot(VACE, 17, show="video", given=Given(video="v", task="extend"))
    video = draw_video(tmp_path / "v.mp4", 1, 2, fps=16)

    with pytest.raises(GenerationError, match="needs a video"):
        render(vace, shot)
    with pytest.raises(GenerationError, match="the video has 2 frames, 5 are needed to go on from"):
        render(vace, shot, video=video)


# Seeds.


def test_a_seed_gives_the_same_frames_over_two_loads(tiny: Callable[[str], Path]) -> None:
    """Whichever worker makes the shot."""
    shot = draw_shot(TEXT, 9)
    first, second = (render(make(tiny), shot) for _ in range(2))

    assert np.array_equal(first, second)
    assert apart(first, render(make(tiny), shot.model_copy(update={"seed": 8}))) > 1


def test_every_take_and_attempt_has_a_seed_of_its_own() -> None:
    """The first has the shot's; neighbours of a seed do not share theirs."""
    takes = [
        Take(number, 0, 9, 0, last=False, attempt=attempt) for number in range(4) for attempt in range(2)
    ]
    seeds = [seed_of(seed, take) for seed in (7, 8) for take in takes]

    assert seed_of(7, takes[0]) == 7
    assert len({*seeds}) == len(seeds)


# Words.


def counted(model: Diffusion) -> list[tuple[str, str]]:
    """Return a list that grows with every prompt that is encoded."""
    heard: list[tuple[str, str]] = []
    encode = model.encode

    def listening(prompt: str, negative: str) -> Words:
        heard.append((prompt, negative))
        return encode(prompt, negative)

    model.encode = listening  # type: ignore[method-assign]
    return heard


def test_a_prompt_is_encoded_once_and_kept(plain: Plain) -> None:
    """A campaign says the same of many shots."""
    heard = counted(plain)
    shot = draw_shot(TEXT, 9)
    for other in (
        shot,
        shot.model_copy(update={"seed": 8}),
        shot.model_copy(update={"prompt": "a bird"}),
        shot,
    ):
        render(plain, other)

    assert heard == [("a red car", "blurred"), ("a bird", "blurred")]


def test_only_the_last_prompts_are_kept(plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of thousands does not fill the memory; kept words wait on the CPU."""
    monkeypatch.setattr(diffusion, "_WORDS_KEPT", 2)
    heard = counted(plain)
    for prompt in ("a", "b", "a", "c", "a", "b"):
        plain.words(prompt, "")

    assert [prompt for prompt, _ in heard] == ["a", "b", "c", "b"]
    assert {t.device.type for w in plain._words.values() for t in w.values()} == {"cpu"}


def test_the_text_encoder_is_not_in_the_pipeline_while_it_denoises(plain: Plain) -> None:
    """It is larger than the model itself, and stays on the CPU once it has read."""
    there: list[Any] = []

    class Looking(Counting):
        def step(self, done: int, of: int) -> None:
            there.append(plain.pipe.text_encoder)
            super().step(done, of)

    made = plain.render(draw_shot(TEXT, 9), Materials(), shrink=0, watch=Looking())
    list(made.frames)

    assert there == [None] * 3


def test_a_text_encoder_for_which_there_is_no_room_reads_on_the_cpu(
    plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is slow, and works."""
    monkeypatch.setattr(diffusion, "free_bytes", lambda _: 0)
    plain.words("a", "b")

    assert plain.reading == torch.device("cpu")


def test_encoded_words_give_what_the_words_give(plain: Plain) -> None:
    """The pipeline would encode them the same way."""
    shot = draw_shot(TEXT, 9)
    ours = render(plain, shot)
    plain.pipe.text_encoder = plain._read_by["text_encoder"]
    theirs = plain.pipe(
        prompt=shot.prompt,
        negative_prompt=shot.negative,
        width=shot.width,
        height=shot.height,
        num_frames=9,
        num_inference_steps=2,
        guidance_scale=plain.weights.guidance,
        generator=torch.Generator().manual_seed(shot.seed),
        output_type="pt",
    ).frames[0]

    faked(plain, theirs)
    assert np.array_equal(ours, render(plain, shot))


# Progress and stopping.


def test_every_step_of_every_take_is_told(vace: Any) -> None:
    """Progress goes from nothing to all, over all takes."""
    watch = Counting()
    list(vace.render(draw_shot(VACE, 45), Materials(), shrink=0, watch=watch).frames)

    assert watch.heard == [(0, 4), (1, 4), (2, 4), (2, 4), (3, 4), (4, 4)]


def test_nothing_runs_before_the_first_frame_is_asked_for(vace: Any) -> None:
    """Frames are made as the encoder takes them, a take at a time."""
    watch = Counting()
    frames = vace.render(draw_shot(VACE, 45), Materials(), shrink=0, watch=watch).frames
    before = len(watch.heard)
    next(frames)

    assert (before, watch.heard[-1]) == (0, (2, 4))


def forwards(model: Diffusion, run: Callable[[], object]) -> int:
    """Return how often the second block of the transformer works while *run* does."""
    calls: list[None] = []
    hook = model.pipe.transformer.blocks[1].ffn.register_forward_hook(lambda *_: calls.append(None))
    run()
    hook.remove()
    return len(calls)


def test_a_step_cache_saves_work_and_a_stopped_clip_leaves_nothing_in_it(tiny: Callable[[str], Path]) -> None:
    """Without its being freed the next clip would begin with what the stopped one had in mind."""
    shot = draw_shot(TEXT, 9)
    slow, quick = make(tiny, steps=8), make(tiny, steps=8, cache="first_block:9")
    clean = render(quick, shot)

    assert forwards(quick, lambda: render(quick, shot)) < forwards(slow, lambda: render(slow, shot))

    def stopped() -> None:
        other = shot.model_copy(update={"seed": 9, "prompt": "a blue bird"})
        with pytest.raises(StoppedError):
            list(quick.render(other, Materials(), shrink=0, watch=Counting(patience=5)).frames)

    stopped()
    assert np.array_equal(render(quick, shot), clean)
    free, quick.pipe.maybe_free_model_hooks = quick.pipe.maybe_free_model_hooks, lambda: None
    stopped()
    quick.pipe.maybe_free_model_hooks = free
    assert not np.array_equal(render(quick, shot), clean), "the leak is mended upstream: free hooks no more"


# Memory.


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the pipeline before was gone already, for each that is loaded."""
    told: list[bool] = []
    last: list[Callable[[], object]] = []
    true = loading.load_pipeline

    def watched(*asked: Any, **more: Any) -> Any:
        told.append(all(find() is None for find in last))
        pipe = true(*asked, **more)
        last[:] = [weakref.ref(pipe.transformer), weakref.ref(pipe.vae)]
        return pipe

    monkeypatch.setattr(diffusion, "load_pipeline", watched)
    return told


def test_a_pipeline_is_loaded_anew_only_where_it_has_to_take_less(
    loads: list[bool], tiny: Callable[[str], Path]
) -> None:
    """It stays as small as it had to become, and it is gone before the next is loaded."""
    model, shot = make(tiny), draw_shot(TEXT, 9)
    levels = []
    for shrink in (0, 0, 1, 0, 2, 0, 1, 2, 3, 0, 3):
        render(model, shot, shrink=shrink)
        levels.append((model._level, model.pipe.vae.use_tiling))

    assert levels == [
        ("whole", False),
        ("whole", False),
        ("whole", True),
        ("whole", False),
        ("turns", True),
        ("turns", False),
        ("turns", True),
        ("turns", True),
        ("blocks", True),
        ("blocks", False),
        ("blocks", True),
    ]
    assert loads == [True, True, True]


def test_a_step_cache_gives_the_same_pixels_with_less_memory(tiny: Callable[[str], Path]) -> None:
    """Both hook into the same blocks."""
    model, shot = make(tiny, steps=6, cache="first_block:9"), draw_shot(TEXT, 9)
    whole, blocks = render(model, shot), render(model, shot, shrink=3)

    assert model._level == "blocks"
    assert np.array_equal(whole, blocks)


def test_weights_that_do_not_fit_take_turns(
    loads: list[bool], tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the table says of memory may be wrong; no attempt is lost for it."""
    settle = room.settle

    def cramped(pipe: Any, level: Level, *where: Any) -> None:
        if level != "blocks":
            raise torch.OutOfMemoryError(FULL)
        settle(pipe, level, *where)

    monkeypatch.setattr(diffusion, "settle", cramped)
    model = make(tiny)

    assert model._level == "blocks"
    assert loads == [True, True, True]
    assert render(model, draw_shot(TEXT, 9)).shape == (9, 32, 48, 3)


def test_weights_that_fit_nowhere_are_tried_again_the_next_time(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may have filled the GPU; nothing half-loaded stays."""
    model, shot = make(tiny), draw_shot(TEXT, 9)

    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError(FULL)

    with monkeypatch.context() as patch:
        patch.setattr(diffusion, "settle", full)
        with pytest.raises(torch.OutOfMemoryError):
            render(model, shot, shrink=2)
        held = model.pipe

    assert held is None
    assert render(model, shot).shape == (9, 32, 48, 3)


def test_a_dropped_model_leaves_nothing_behind(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Neither its weights nor its words are kept by anything else."""
    model = load(VACE, tiny)
    render(model, draw_shot(VACE, 9, show="image", still="a"), still=draw_still(tmp_path / "a.png", 1))
    parts = [weakref.ref(model.pipe.transformer), weakref.ref(model.pipe.vae)]
    del model
    gc.collect()

    assert [part() for part in parts] == [None, None]


def test_takes_become_smaller_only_where_they_join(vace: Any, tiny: Callable[[str], Path]) -> None:
    """Cut into parts that see nothing of each other, a clip would jump."""
    watches = [Counting(), Counting()]
    joining = vace.render(draw_shot(VACE, 25), Materials(), shrink=3, watch=watches[0])
    lone = load(TEXT, tiny).render(draw_shot(TEXT, 25), Materials(), shrink=3, watch=watches[1])

    assert [sum(1 for _ in made.frames) for made in (joining, lone)] == [25, 25]
    assert [watch.heard[-1] for watch in watches] == [(6, 6), (2, 2)]


@pytest.fixture
def studio(tiny: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """A generator with a tiny VACE among its checkpoints."""
    monkeypatch.setitem(VIDEO_MODELS, VACE, shrunk(VIDEO_MODELS[VACE]))
    shutil.copytree(tiny("wan_vace"), tmp_path / "models" / VACE)
    (tmp_path / "scratch").mkdir()
    means = Means(models=str(tmp_path / "models"), cache=tmp_path / "cache", device="cpu")
    return Generator(open_blobs(str(tmp_path / "blobs")), tmp_path / "scratch", ffmpeg_path(None), means)


def test_a_gpu_that_is_full_gets_smaller_takes_and_gives_the_same_size_and_length(
    studio: Generator, tiny: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt asks for less at a time; the clip is what was asked for."""
    sums = (tiny("wan_vace") / "SHA256SUMS").read_bytes()
    shot = draw_shot(VACE, 25, model=f"{VIDEO_MODELS[VACE].revision}@{hashlib.sha256(sums).hexdigest()[:12]}")
    call = Wan.call

    def cramped(self: Wan, arguments: dict[str, Any]) -> Any:
        if arguments["num_frames"] > 13:
            raise torch.OutOfMemoryError(FULL)
        return call(self, arguments)

    monkeypatch.setattr(Wan, "call", cramped)
    for shrink in range(3):
        with pytest.raises(GpuMemoryError, match=rf"25 frames\) by wan-vace-1.3b.*, halved {shrink} times"):
            studio.generate(shot, shrink, CallWatch())
    clip = studio.generate(shot, 3, CallWatch())
    facts = probe_video(studio._blobs.local(clip.file.name, tmp_path))

    assert (facts.width, facts.height, facts.frames, facts.fps) == (48, 32, 25, 16)


def test_no_entry_of_the_table_makes_endless_takes() -> None:
    """Each take shows something new, also where takes are halved."""
    rows: list[Entry] = [
        entry for entry in VIDEO_MODELS.values() if entry.frames.context and entry.frames.most
    ]

    assert all(row.frames.legal(row.frames.most // 2) > row.frames.context for row in rows)
