"""The worker, on a model that renders one small size: generated, enlarged, composed; tidy in between."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import actors.workshop
from actors import weights
from actors.backends import VIDEO_MODELS
from actors.probing import probe_video
from actors.shelf import store_weights
from actors.sound import RATE, read_sound, write_wav
from actors.video import ffmpeg_path, grab_picture
from actors.workshop import Workshop
from schemas.errors import GenerationError
from schemas.plan import Narration, Plan, Shot, Sound
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, open_blobs
from storage.wholeness import is_whole
from tests.compositions import draw_ad, draw_shot
from tests.models import DREAM
from tests.published import Published

FFMPEG = ffmpeg_path(None)
FRAMES = 68


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """An empty folder of blobs."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def workshop(blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A worker, as polite to this process as it can be, with dream among its models."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM)
    return Workshop(blobs, None, tmp_path / "scratch")


def a_pair(upscaler: str, **changes: Any) -> tuple[Shot, Shot]:
    """Return a shot at dream's own size, and one that enlarges it for a placement of 1000 x 1500."""
    width, height = DREAM.own_size(1000, 1500)
    base = draw_shot(**{"model": "dream/1", "width": width, "height": height, "frames": FRAMES} | changes)
    large = {"width": 1000, "height": 1500, "base": base.key, "upscaler": f"{upscaler}/1"}
    return base, base.model_copy(update=large)


def files_under(folder: Path) -> list[Path]:
    """Return the files that lie under *folder*."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")]


@pytest.fixture
def tiny_track(blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a track, a tone of three seconds, of a pack that the store has."""
    path = tmp_path / "tone.opus"
    tone = [FFMPEG, "-loglevel", "error", "-f", "lavfi", "-i", "sine=d=3", "-c:a", "libopus", str(path)]
    subprocess.run(tone, check=True)
    item = weights.MANIFEST["music"].model_copy(
        update={"files": {"calm/tone.opus": hashlib.sha256(path.read_bytes()).hexdigest()}}
    )
    monkeypatch.setitem(weights.MANIFEST, "music", item)
    blobs.put(f"weights/{item.place}/calm/tone.opus", path)
    return f"pack:calm/tone@{item.revision.partition('@')[2]}"


def test_shots_of_a_small_model_become_an_ad(
    workshop: Workshop, blobs: BlobStore, tmp_path: Path, tiny_span: str, tiny_track: str
) -> None:
    """Made at the model's own size, enlarged to the placement's, composed; the recipe holds all of it."""
    pairs = [a_pair("lanczos", seed=1), a_pair(tiny_span, seed=90)]
    clips = {}
    for base, large in pairs:
        clips[base.key] = workshop.generate(base, 0)
        clips[large.key] = workshop.enlarge(large, clips[base.key], 0)
    cuts = tuple(
        cut.model_copy(update={"shot": large.key, "frames": 60})
        for cut, (_, large) in zip(draw_ad("pinterest_standard").composition.cuts, pairs, strict=True)
    )
    ad = draw_ad(
        "pinterest_standard", cuts=cuts, sound=Sound(music=tiny_track, lufs=-14.0, true_peak_max=-1.0)
    )
    shots = tuple(shot for pair in pairs for shot in pair)
    made = tuple(clips[shot.key] for shot in shots)
    recipe = Recipe(brief_sha256="b", ad=ad, shots=shots, clips=made, stills=(), still_files=())

    asset = workshop.compose(recipe, None)

    sidecar = Sidecar.model_validate_json(blobs.read_text(f"ads/{ad.key}.json"))
    picture = grab_picture(blobs.local(asset.file.name, tmp_path), 1.0)
    assert (asset.facts.width, asset.facts.height, asset.facts.frames) == (1000, 1500, 120)
    assert asset.facts.lufs == pytest.approx(-14, abs=1)
    assert [shot.base for shot in sidecar.recipe.shots] == ["", pairs[0][0].key, "", pairs[1][0].key]
    assert probe_video(blobs.local(made[0].file.name, tmp_path)).width == 48
    assert picture[1100:].std() > 10
    assert [path.suffix for path in files_under(tmp_path / "scratch")] == [".wav"]


def test_a_recording_becomes_a_voice(workshop: Workshop, blobs: BlobStore, tmp_path: Path) -> None:
    """Stored whole under the key of its narration, the same each time; nothing is left in the scratch."""
    tone = 0.2 * np.sin(np.arange(RATE) / 20)
    write_wav(tmp_path / "voice.wav", tone[:, None].repeat(2, axis=1).astype(np.float32))
    blobs.put("inputs/voice.wav", tmp_path / "voice.wav")
    narration = Narration(text="", locale="de-DE", voice="inputs/voice.wav", recipe=1)

    voice = workshop.speak(narration)

    path = blobs.local(voice.file.name, tmp_path)
    assert voice.file.name == f"voices/{narration.key}.flac"
    assert blobs.find(voice.file.name) == voice.file
    assert (is_whole(path), voice.words) == (True, ())
    assert len(read_sound(path)) / RATE == pytest.approx(voice.seconds, abs=0.001)
    assert workshop.speak(narration).file == voice.file
    assert files_under(tmp_path / "scratch") == []


def test_an_enlarged_shot_is_not_generated(workshop: Workshop) -> None:
    """No model makes it at that size; the refusal says what to call."""
    base, large = a_pair("lanczos")

    with pytest.raises(GenerationError, match=f"{large.key[:12]} is enlarged from the clip.*{base.key[:12]}"):
        workshop.generate(large, 0)


def test_what_was_fetched_is_kept_up_to_a_bound(
    s3_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a distant store every clip is fetched; a batch of thousands must not fill the worker's disk."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM)
    monkeypatch.setattr(actors.workshop, "_SCRATCH_BYTES_MAX", 0)
    workshop = Workshop(open_blobs(s3_place), None, tmp_path / "scratch")
    for seed in (1, 2):
        base, large = a_pair("lanczos", seed=seed)
        workshop.enlarge(large, workshop.generate(base, 0), 0)

    assert [path.name for path in files_under(tmp_path / "scratch")] == [f"{base.key}.mp4"]


def test_published_weights_come_out_of_the_store(
    workshop: Workshop, blobs: BlobStore, published: Published
) -> None:
    """Where the planner put them: a worker needs nothing of the planner's folders."""
    revision = "spanx2@e09a494225c7"
    base, large = a_pair(revision, frames=1)
    plan = Plan(campaign="", brief_sha256="", stills=(), shots=(base, large), ads=(), notes=())
    store_weights(plan, published("spanx2").parent, blobs)

    clip = workshop.enlarge(large, workshop.generate(base, 0), 0)

    assert blobs.find(clip.file.name) == clip.file
    assert (clip.width, clip.height) == (1000, 1500)
