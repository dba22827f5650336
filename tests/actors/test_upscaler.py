"""Stills made ready: size, matte and place; with super-resolution where the weights can be fetched."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import actors.tiling
from actors import weights as manifest
from actors.probing import probe_video
from actors.rife import Rife
from actors.sound import Sound, read_sound, write_wav
from actors.subjects import noted_subject
from actors.upscaler import Upscaler
from actors.video import BASE, ffmpeg_path, planes, read_frames
from actors.video_writer import VideoWriter
from actors.weights import MANIFEST
from schemas.errors import GenerationError, GpuMemoryError, MediaError, ReelmillError
from schemas.media import Clip
from schemas.plan import Shot, Still
from storage.blobs import BlobStore, open_blobs
from tests.compositions import draw_shot
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """An empty store."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def upscaler(blobs: BlobStore, tmp_path: Path) -> Upscaler:
    """An upscaler, with no weights in its store."""
    (tmp_path / "scratch").mkdir()
    return Upscaler(blobs, tmp_path / "scratch", ffmpeg_path(None))


def store(blobs: BlobStore, tmp_path: Path, picture: Any, **changes: Any) -> Still:
    """Store a picture as an input; return a plain Still of it."""
    path = tmp_path / "source.png"
    Image.fromarray(picture).save(path)
    file = blobs.put("inputs/source.png", path, replace=True)
    values = {"scale": 2, "upscaler": "lanczos", "matte": "", "recipe": 1, **changes}
    return Still(source=file.name, source_sha256=file.sha256, **values)


def draw(height: int = 30, width: int = 40) -> Any:
    """Draw a red square on blue, uint8 [H, W, 3]."""
    picture = np.full((height, width, 3), (20, 30, 200), np.uint8)
    picture[8:22, 10:30] = (220, 40, 20)
    return picture


def opened(blobs: BlobStore, name: str, tmp_path: Path) -> Image.Image:
    """Open a picture of the store."""
    return Image.open(blobs.local(name, tmp_path))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_picture_is_enlarged_exactly(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, scale: int
) -> None:
    """Size, place and facts of the file agree; without a matte it is RGB."""
    still = store(blobs, tmp_path, draw(31, 17), scale=scale)

    made = upscaler.prepare(still, 0)

    picture = opened(blobs, made.file.name, tmp_path)
    assert made.file.name == f"stills/{still.key}.png"
    assert made.still == still.key
    assert (made.width, made.height) == picture.size == (17 * scale, 31 * scale)
    assert picture.mode == "RGB"
    assert not made.matted
    assert made.cpu_seconds >= 0
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_cut_out_keeps_its_own_alpha(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """No model is asked, and the black under the transparency does not reach the edge."""
    alpha = np.zeros((30, 40), np.uint8)
    alpha[8:22, 10:30] = 255
    picture = np.dstack([np.where(alpha[..., None] > 0, draw(), 0), alpha]).astype(np.uint8)
    still = store(blobs, tmp_path, picture, matte=MANIFEST["u2netp"].revision)

    made = upscaler.prepare(still, 0)

    large = np.asarray(opened(blobs, made.file.name, tmp_path))
    seen = large[large[..., 3] > 8][:, :3]
    assert made.matted
    assert large.shape == (60, 80, 4)
    assert np.array_equal(np.unique(seen, axis=0), [[220, 40, 20]])


def test_an_alpha_that_hides_nothing_is_no_matte(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path
) -> None:
    """Many PNG files are RGBA for no reason."""
    opaque = np.dstack([draw(), np.full((30, 40), 255, np.uint8)])

    made = upscaler.prepare(store(blobs, tmp_path, opaque), 0)

    assert not made.matted
    assert opened(blobs, made.file.name, tmp_path).mode == "RGB"


def test_the_same_still_gives_the_same_bytes(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """A worker that repeats another's work changes nothing."""
    still = store(blobs, tmp_path, draw())

    assert upscaler.prepare(still, 0).file == upscaler.prepare(still, 0).file


def test_the_orphan_of_a_dead_run_is_replaced(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """Other bytes under the name have no row that claims them."""
    still = store(blobs, tmp_path, draw())
    orphan = tmp_path / "orphan"
    orphan.write_bytes(b"half a picture")
    blobs.put(f"stills/{still.key}.png", orphan)

    made = upscaler.prepare(still, 0)

    assert blobs.find(made.file.name) == made.file


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"upscaler": MANIFEST["spanx2"].revision}, f"weights/{MANIFEST['spanx2'].place}"),
        ({"matte": MANIFEST["u2netp"].revision}, f"weights/{MANIFEST['u2netp'].place}"),
        ({"upscaler": "spanx2@000000000000"}, "unknown weights 'spanx2@000000000000'"),
        ({"upscaler": "magic"}, "unknown weights 'magic'"),
    ],
)
def test_weights_that_are_not_there_are_named(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    """The store lacks them, or this worker is of another version."""
    with pytest.raises(ReelmillError, match=reason):
        upscaler.prepare(store(blobs, tmp_path, draw(), **changes), 0)


def test_a_picture_that_would_be_too_large_is_refused(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path
) -> None:
    """A long banner passes the input's bound and not this one."""
    still = store(blobs, tmp_path, np.zeros((400, 26_000, 3), np.uint8), scale=4)

    with pytest.raises(GenerationError, match="26000 x 400 times 4 is over"):
        upscaler.prepare(still, 0)


def test_a_source_that_is_no_picture_is_refused(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """As every picture from strangers."""
    path = tmp_path / "page.png"
    path.write_text("<html>")
    blobs.put("inputs/page.png", path)
    still = store(blobs, tmp_path, draw()).model_copy(update={"source": "inputs/page.png"})

    with pytest.raises(MediaError):
        upscaler.prepare(still, 0)


def test_the_cup_is_enlarged_and_cut_out(blobs: BlobStore, tmp_path: Path, published: Published) -> None:
    """With the published weights, in one go."""
    upscaler = Upscaler(blobs, tmp_path, ffmpeg_path(None))
    for name in ("spanx4", "u2netp"):
        blobs.put(f"weights/{MANIFEST[name].place}", published(name))
    span, matte = MANIFEST["spanx4"].revision, MANIFEST["u2netp"].revision
    photo = np.asarray(Image.open(COFFEE).resize((300, 200)))

    made = upscaler.prepare(store(blobs, tmp_path, photo, scale=4, upscaler=span, matte=matte), 0)

    alpha = np.asarray(opened(blobs, made.file.name, tmp_path))[..., 3]
    assert made.matted
    assert (made.width, made.height) == (1200, 800)
    assert 0.4 < (alpha > 127).mean() < 0.55


def test_a_model_of_another_scale_is_refused(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, tiny_span: str
) -> None:
    """A still says both; they must agree."""
    still = store(blobs, tmp_path, draw(), scale=4, upscaler=tiny_span)

    with pytest.raises(GenerationError, match="enlarges 2 times, not 4 times"):
        upscaler.prepare(still, 0)


def a_base(
    blobs: BlobStore, tmp_path: Path, frames: int = 5, *, fps: int = 30, sound: Sound | None = None
) -> Clip:
    """Store a clip of a step of grey that moves from left to right; return it as the base of shots."""
    wav = None if sound is None else tmp_path / "base.wav"
    if wav is not None:
        write_wav(wav, sound)
    path = tmp_path / "base.mp4"
    with VideoWriter(
        path, width=48, height=80, fps=fps, encoding=BASE, sound=wav, ffmpeg_exe=ffmpeg_path(None)
    ) as writer:
        for number in range(frames):
            frame = np.full(48 * 80 * 3 // 2, 128, np.uint8)
            planes(frame, 48, 80)[0][:, : 10 + number] = 60
            writer.write(frame)
    file = blobs.put("clips/base.mp4", path)
    facts = {"width": 48, "height": 80, "fps": fps, "frames": frames, "cpu_seconds": 0}
    return Clip(shot="b" * 64, file=file, sound=sound is not None, **facts)


def enlarging(upscaler: str, **changes: Any) -> Shot:
    """Return a shot that enlarges that base."""
    values = {"width": 108, "height": 192, "frames": 5, "base": "b" * 64, "upscaler": f"{upscaler}/1"}
    return draw_shot(**(values | changes))


@pytest.mark.parametrize("method", ["lanczos", "span"])
def test_a_clip_is_enlarged_frame_by_frame(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, tiny_span: str, method: str
) -> None:
    """Size, number and rate of the frames are the shot's; scratch is left empty."""
    shot = enlarging(tiny_span if method == "span" else "lanczos")

    clip = upscaler.enlarge(shot, a_base(blobs, tmp_path), 0)

    facts = probe_video(blobs.local(clip.file.name, tmp_path))
    assert clip.file == blobs.find(f"clips/{shot.key}.mp4")
    assert (clip.shot, clip.width, clip.height, clip.frames, clip.fps) == (shot.key, 108, 192, 5, 30)
    assert (facts.width, facts.height, facts.frames, facts.fps) == (108, 192, 5, 30)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_an_enlarged_clip_shows_what_its_base_shows(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path
) -> None:
    """The step of grey is where it was, in every frame, times the enlargement."""
    clip = upscaler.enlarge(enlarging("lanczos"), a_base(blobs, tmp_path), 0)

    for number, frame in enumerate(read_frames(blobs.local(clip.file.name, tmp_path))):
        row = planes(frame, 108, 192)[0][96].astype(int)
        # 48 x 80 covers 108 x 192 by a factor of 2.4, which leaves 3.6 pixels beyond each side.
        assert int(np.argmax(row > 94)) == pytest.approx((10 + number) * 2.4 - 3.6, abs=1)


def a_base_with_a_thing(blobs: BlobStore, tmp_path: Path, left: int) -> Clip:
    """Store a wide clip of a bright thing on grey that begins *left* pixels from the left."""
    path = tmp_path / "base.mp4"
    with VideoWriter(
        path, width=160, height=90, fps=30, encoding=BASE, sound=None, ffmpeg_exe=ffmpeg_path(None)
    ) as writer:
        for _ in range(5):
            frame = np.full(160 * 90 * 3 // 2, 128, np.uint8)
            luma = planes(frame, 160, 90)[0]
            luma[...] = 90
            luma[30:60, left : left + 24] = 235
            writer.write(frame)
    file = blobs.put("clips/base.mp4", path, replace=True)
    return Clip(shot="b" * 64, file=file, width=160, height=90, fps=30, frames=5, cpu_seconds=0)


@pytest.mark.parametrize("left", [2, 68, 134])
def test_a_crop_follows_what_the_clip_is_of(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, left: int
) -> None:
    """Of a wide clip a tall frame shows a third: the third with the thing in it, wherever that is."""
    shot = enlarging("lanczos", framing="/1")

    clip = upscaler.enlarge(shot, a_base_with_a_thing(blobs, tmp_path, left), 0)

    frame = next(read_frames(blobs.local(clip.file.name, tmp_path)))
    columns = np.flatnonzero((planes(frame, 108, 192)[0] > 180).any(axis=0))
    assert np.ptp(columns) + 1 == pytest.approx(24 * 192 / 90, abs=3)


def test_a_still_tells_what_it_is_of(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """In its file and in its value alike."""
    picture = np.full((300, 400, 3), (90, 95, 100), np.uint8)
    picture[200:280, 20:120] = (220, 40, 20)
    file = upscaler.prepare(store(blobs, tmp_path, picture, scale=1, upscaler="none"), 0)

    noted = noted_subject(opened(blobs, file.file.name, tmp_path))

    assert noted == file.subject is not None
    assert (noted.left, noted.top) <= (20, 200)
    assert (noted.right, noted.bottom) >= (120, 280)


@pytest.mark.parametrize("method", ["lanczos", "span"])
def test_the_same_clip_is_enlarged_to_the_same_bytes(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, tiny_span: str, method: str
) -> None:
    """A worker that repeats another's work changes nothing."""
    shot, base = enlarging(tiny_span if method == "span" else "lanczos"), a_base(blobs, tmp_path)

    assert upscaler.enlarge(shot, base, 0).file == upscaler.enlarge(shot, base, 0).file


def test_a_base_that_ends_early_is_found_out(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """A short clip would put every later cut out of place; it is not stored."""
    shot = enlarging("lanczos", frames=6)

    with pytest.raises(GenerationError, match="ends after 5 frames at 30 fps, before frame 6 of 6"):
        upscaler.enlarge(shot, a_base(blobs, tmp_path), 0)
    assert blobs.find(f"clips/{shot.key}.mp4") is None


def test_another_shots_base_is_refused(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """The key promises the pixels of that very base."""
    with pytest.raises(GenerationError, match="enlarges cccccccccccc, not bbbbbbbbbbbb"):
        upscaler.enlarge(enlarging("lanczos", base="c" * 64), a_base(blobs, tmp_path), 0)


def test_what_does_not_fit_is_tried_in_smaller_tiles(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, tiny_span: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stills and clips alike; the error names the item, and the tile that was too large."""
    shot, base = enlarging(tiny_span), a_base(blobs, tmp_path)
    still = store(blobs, tmp_path, draw(), upscaler=tiny_span)
    forward = actors.tiling.enlarge

    def cramped(model: Any, picture: Any, *, tile: int) -> Any:
        if not 0 < tile <= 128:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nLong advice.")
        return forward(model, picture, tile=tile)

    monkeypatch.setattr(actors.tiling, "enlarge", cramped)
    with pytest.raises(GpuMemoryError, match=f"shot {shot.key[:12]}.*in whole frames.*allocate 9 GiB.$"):
        upscaler.enlarge(shot, base, 0)
    with pytest.raises(GpuMemoryError, match=f"shot {shot.key[:12]}.*tiles of 512"):
        upscaler.enlarge(shot, base, 1)
    with pytest.raises(GpuMemoryError, match=r"inputs/source.png times 2.*in tiles of 256"):
        upscaler.prepare(still, 1)

    assert upscaler.enlarge(shot, base, 3).frames == 5
    assert upscaler.prepare(still, 2).width == 80


@pytest.mark.parametrize(("fps", "base"), [(16, 4), (24, 6), (25, 6), (60, 15)])
def test_a_base_of_another_rate_becomes_exactly_the_shot(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, fps: int, base: int
) -> None:
    """Frames stand longer or are left out; what is over at the end is cut."""
    shot = enlarging("lanczos", frames=7, interpolator="repeat/1")

    clip = upscaler.enlarge(shot, a_base(blobs, tmp_path, base, fps=fps), 0)

    path = blobs.local(clip.file.name, tmp_path)
    steps = [int(np.argmax(planes(frame, 108, 192)[0][96].astype(int) > 94)) for frame in read_frames(path)]
    assert (clip.frames, clip.fps) == (probe_video(path).frames, probe_video(path).fps) == (7, 30)
    assert steps == pytest.approx([(10 + number * fps // 30) * 2.4 - 3.6 for number in range(7)], abs=1)


@pytest.mark.parametrize(("fps", "base", "enlarged"), [(15, 4, 3), (60, 9, 5)])
def test_a_frame_is_not_enlarged_twice(
    upscaler: Upscaler,
    blobs: BlobStore,
    tmp_path: Path,
    tiny_span: str,
    monkeypatch: pytest.MonkeyPatch,
    fps: int,
    base: int,
    enlarged: int,
) -> None:
    """It is repeated once it is large, and one that is left out is never enlarged."""
    counted = []
    forward = actors.tiling.enlarge

    def watched(*given: Any, **options: Any) -> Any:
        counted.append(1)
        return forward(*given, **options)

    monkeypatch.setattr(actors.tiling, "enlarge", watched)
    upscaler.enlarge(enlarging(tiny_span, interpolator="repeat/1"), a_base(blobs, tmp_path, base, fps=fps), 0)

    assert len(counted) == enlarged


@pytest.fixture
def tiny_rife(blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The revision of a RIFE with few channels that finds no motion; it lies in the store."""
    model = Rife((8, 6, 6, 4))
    for block in model.blocks:
        torch.nn.init.zeros_(block.lastconv.weight)
        torch.nn.init.zeros_(block.lastconv.bias)
    path = tmp_path / "rife.safetensors"
    save_file(model.state_dict(), path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    item = MANIFEST["rife"].model_copy(update={"sha256": sha256})
    monkeypatch.setattr(manifest, "MANIFEST", {**MANIFEST, "rife": item})
    blobs.put(f"weights/{item.place}", path)
    return item.revision


def test_frames_are_drawn_between_those_of_the_base(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, tiny_rife: str
) -> None:
    """Here by a network that mixes: every second frame shows the step of grey in two places."""
    shot = enlarging("lanczos", interpolator=f"{tiny_rife}/1")

    clip = upscaler.enlarge(shot, a_base(blobs, tmp_path, 3, fps=15), 0)

    frames = list(read_frames(blobs.local(clip.file.name, tmp_path)))
    before, drawn, after = (planes(frame, 108, 192)[0].astype(float) for frame in frames[:3])
    assert len(frames) == 5
    assert np.abs(drawn - (before + after) / 2).mean() < 0.5 * np.abs(before - after).mean()


def test_another_rate_needs_an_interpolator(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """Which is part of the shot's key; a plan without one was made for another base."""
    with pytest.raises(GenerationError, match="base has 16 fps, not 30, and it names no interpolator"):
        upscaler.enlarge(enlarging("lanczos"), a_base(blobs, tmp_path, fps=16), 0)


@pytest.mark.parametrize("length", [16_000, 4_000])
def test_the_sound_of_a_base_goes_along(
    upscaler: Upscaler, blobs: BlobStore, tmp_path: Path, length: int
) -> None:
    """Sample by sample, cut to the length of the shot or filled up with silence."""
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (length, 2)).astype(np.float32)

    clip = upscaler.enlarge(enlarging("lanczos"), a_base(blobs, tmp_path, 10, sound=sound), 0)

    heard = read_sound(blobs.local(clip.file.name, tmp_path))
    expected = np.pad(sound, ((0, 10_000), (0, 0)))[:8000]
    assert clip.sound
    assert len(heard) >= 8000
    assert np.abs(heard[:8000] - expected).max() < 1e-3
    assert not heard[8000:].any()


def test_a_clip_of_a_silent_base_is_silent(upscaler: Upscaler, blobs: BlobStore, tmp_path: Path) -> None:
    """It has no stream of sound at all."""
    assert not upscaler.enlarge(enlarging("lanczos"), a_base(blobs, tmp_path), 0).sound


@pytest.mark.parametrize("name", ["anime4k", "realesrgan", "spanx4"])
def test_the_published_networks_enlarge_clips(
    blobs: BlobStore, tmp_path: Path, published: Published, name: str
) -> None:
    """Two or four times, and then to the size that is wanted."""
    blobs.put(f"weights/{MANIFEST[name].place}", published(name))
    upscaler = Upscaler(blobs, tmp_path, ffmpeg_path(None))

    clip = upscaler.enlarge(enlarging(MANIFEST[name].revision, frames=1), a_base(blobs, tmp_path), 0)

    (frame,) = read_frames(blobs.local(clip.file.name, tmp_path))
    row = planes(frame, 108, 192)[0][96].astype(int)
    assert int(np.argmax(row > 94)) == pytest.approx(10 * 2.4 - 3.6, abs=2)
