"""Shots become clips in the store."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

import actors.models
from actors.backends import Entry, Materials, Rendering, Site, VideoModel, Watch
from actors.generator import Generator
from actors.models import Means
from actors.probing import probe_video
from actors.sound import read_sound
from actors.video import Frame, ffmpeg_path
from actors.watch import CallWatch
from schemas.brief import Palette
from schemas.errors import GenerationError, GpuMemoryError, StoppedError, StorageError
from schemas.plan import Shot
from storage.blobs import BlobStore, open_blobs

TEXT = Shot(
    show="text",
    still="",
    prompt="calm",
    camera="hold",
    palette=Palette(primary="#224466", accent="#FFAA00"),
    width=64,
    height=96,
    frames=6,
    seed=1,
    model="motion/2",
)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """An empty folder of blobs."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def generator(store: BlobStore, tmp_path: Path) -> Generator:
    """A generator with a scratch folder of its own."""
    (tmp_path / "scratch").mkdir()
    return Generator(store, tmp_path / "scratch", ffmpeg_path(None), Means())


def test_a_shot_becomes_a_clip_in_the_store(generator: Generator, store: BlobStore, tmp_path: Path) -> None:
    """The clip tells the truth about its file, and scratch is left empty."""
    clip = generator.generate(TEXT, 0, CallWatch())
    facts = probe_video(store.local(f"clips/{TEXT.key}.mp4", tmp_path))

    assert (facts.width, facts.height, facts.frames, facts.fps) == (64, 96, 6, 30)
    assert clip.file == store.find(f"clips/{TEXT.key}.mp4")
    assert (clip.shot, clip.frames, clip.fps) == (TEXT.key, 6, 30)
    assert clip.cpu_seconds > 0
    assert not list((tmp_path / "scratch").iterdir())


def test_the_still_of_a_shot_is_fetched_from_the_store(
    generator: Generator, store: BlobStore, tmp_path: Path
) -> None:
    """It lies there under its key."""
    shot = TEXT.model_copy(update={"show": "product", "still": "b" * 64})
    with pytest.raises(StorageError):
        generator.generate(shot, 0, CallWatch())

    Image.new("RGB", (60, 40), (200, 30, 30)).save(tmp_path / "still.png")
    store.put(f"stills/{shot.still}.png", tmp_path / "still.png")

    assert generator.generate(shot, 0, CallWatch()).frames == 6


def test_an_orphan_of_a_dead_run_is_replaced(generator: Generator, store: BlobStore, tmp_path: Path) -> None:
    """A file without a row binds nobody."""
    (tmp_path / "orphan").write_bytes(b"half a clip")
    store.put(f"clips/{TEXT.key}.mp4", tmp_path / "orphan")

    clip = generator.generate(TEXT, 0, CallWatch())

    assert store.find(f"clips/{TEXT.key}.mp4") == clip.file
    assert clip.file.bytes > 100


def test_the_same_shot_gives_the_same_bytes(generator: Generator) -> None:
    """Frames and encoder are both deterministic."""
    assert generator.generate(TEXT, 0, CallWatch()).file == generator.generate(TEXT, 0, CallWatch()).file


def pretend(monkeypatch: pytest.MonkeyPatch, render: Callable[..., Iterator[Frame]]) -> None:
    """Let *render*, which is called with what motion draws and the number of halvings, make all frames."""
    load = actors.models.load_video_model

    def pretender(entry: Entry, site: Site) -> VideoModel:
        true = load(entry, site)

        class Pretender:
            def render(self, shot: Shot, materials: Materials, *, shrink: int, watch: Watch) -> Rendering:
                drawn = true.render(shot, materials, shrink=shrink, watch=watch).frames
                return Rendering(render(drawn, shrink))

        return cast("VideoModel", Pretender())

    monkeypatch.setattr(actors.models, "load_video_model", pretender)


def test_a_model_is_loaded_once(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading may take minutes for others than the built-in one."""
    loads: list[str] = []
    load = actors.models.load_video_model
    monkeypatch.setattr(
        actors.models,
        "load_video_model",
        lambda entry, site: loads.append(entry.name) or load(entry, site),
    )

    generator.generate(TEXT, 0, CallWatch())
    generator.generate(TEXT.model_copy(update={"seed": 2}), 0, CallWatch())

    assert loads == ["motion"]


def test_a_model_that_miscounts_is_found_out(
    generator: Generator, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short clip would put every later cut out of place; it is not stored."""
    pretend(monkeypatch, lambda frames, _: islice(frames, 5))

    with pytest.raises(GenerationError, match="5 frames where 6"):
        generator.generate(TEXT, 0, CallWatch())
    assert store.find(f"clips/{TEXT.key}.mp4") is None


def test_an_unknown_model_is_refused(generator: Generator) -> None:
    """The shot was planned by another installation."""
    with pytest.raises(GenerationError, match="known: motion"):
        generator.generate(TEXT.model_copy(update={"model": "dream/3"}), 0, CallWatch())


def test_a_shot_that_is_stopped_is_not_stored(generator: Generator, store: BlobStore) -> None:
    """Not even in part; the same worker goes on with others."""
    watch = CallWatch()
    watch.stop()

    with pytest.raises(StoppedError, match="stopped after 0 of 6"):
        generator.generate(TEXT, 0, watch)

    assert store.find(f"clips/{TEXT.key}.mp4") is None
    assert generator.generate(TEXT, 0, CallWatch()).frames == 6


def test_what_does_not_fit_is_rendered_in_smaller_pieces(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model hears how often to halve; its error names the shot and how it was tried."""

    def cramped(frames: Iterator[Frame], shrink: int) -> Iterator[Frame]:
        if shrink < 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nLong advice.")
        yield from frames

    pretend(monkeypatch, cramped)
    told = rf"shot {TEXT.key[:12]} \(64x96, 6 frames\) by motion/2, halved 1 times: .*allocate 9 GiB.$"
    with pytest.raises(GpuMemoryError, match=told):
        generator.generate(TEXT, 1, CallWatch())

    assert generator.generate(TEXT, 2, CallWatch()).frames == 6


def test_an_error_of_another_kind_is_left_as_it_is(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing smaller would help against it."""

    def broken(frames: Iterator[Frame], _: int) -> Iterator[Frame]:
        yield next(frames)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    pretend(monkeypatch, broken)

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        generator.generate(TEXT, 0, CallWatch())


def test_sound_comes_along_with_the_clip(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without loss, as a second stream; enlarging and composing take it from there."""
    tone = np.sin(np.arange(9600) / 20)[:, None].repeat(2, axis=1).astype(np.float32) / 2
    load = actors.models.load_video_model

    def sounding(entry: Entry, site: Site) -> VideoModel:
        true = load(entry, site)

        class Sounding:
            def render(self, *asked: Any, **more: Any) -> Rendering:
                return true.render(*asked, **more)._replace(sound=tone)

        return cast("VideoModel", Sounding())

    monkeypatch.setattr(actors.models, "load_video_model", sounding)

    clip = generator.generate(TEXT, 0, CallWatch())

    heard = read_sound(generator._blobs.local(clip.file.name, generator._scratch))
    assert clip.sound
    assert np.abs(heard[:9600] - tone).max() < 1e-3


def test_an_encoder_that_is_killed_does_not_condemn_the_shot(
    generator: Generator, tmp_path: Path, store: BlobStore
) -> None:
    """The kernel kills the largest process when memory runs out; the next attempt may succeed."""
    killed = tmp_path / "ffmpeg"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)

    with pytest.raises(ChildProcessError, match="killed by SIGKILL"):
        Generator(store, tmp_path / "scratch", str(killed), Means()).generate(TEXT, 0, CallWatch())
    assert list((tmp_path / "scratch").iterdir()) == []
    assert generator.generate(TEXT, 0, CallWatch()).frames == 6
