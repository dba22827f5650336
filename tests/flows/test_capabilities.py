"""One brief that asks for everything a model can be asked for, made by the dispatcher on simulated GPUs.

The models are the table's own classes on tiny checkpoints with random weights: what they draw is noise, but
it comes from the right files, in the right size, length and order.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from actors.probing import probe_video
from actors.sound import measure, read_sound
from actors.video import BASE, ffmpeg_path
from actors.video_writer import VideoWriter
from schemas.sidecar import Sidecar
from tests.tiny.command import lay_out

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
MODELS = ("wan-t2v-1.3b", "wan-vace-1.3b", "ltx-2", "z-image")
BRIEF = """
campaign: everything
brand:
  name: Tiny Co
  colors: {primary: "#123456", accent: "#FFB020", background: "#FFFFFF", text: "#101010"}
products:
  - {id: P-1, title: Red cup, price: 5.00 USD, images: [cup.png]}
locales:
  en-US: {hook: Look at this, cta: Buy, voiceover: "This is the {title}."}
placements: [youtube_in_stream]
storyboard:
  - {id: words, show: text, prompt: a calm sea, seconds: 1}
  - {id: product, show: product, prompt: a red cup in the sun, seconds: 1}
  - {id: from-to, image: cup.png, until: box.png, seconds: 1}
  - {id: restyled, video: ball.mp4, task: restyle, prompt: as an oil painting, seconds: 1}
  - {id: onward, video: ball.mp4, task: extend, seconds: 1}
  - {id: before, video: ball.mp4, task: extend_back, seconds: 1}
  - {id: minute, show: text, prompt: waves without end, seconds: 3, keep: sea}
  - {id: both, subjects: [cup.png, box.png], prompt: a cup beside a box, seconds: 1}
  - {id: again, show: text, prompt: the sea at night, keep: sea, seconds: 1}
  - {id: loud, show: text, prompt: thunder, sound: true, seconds: 1}
  - {id: talk, show: presenter, portrait: face.png, seconds: 1}
  - {id: drawn, show: text, prompt: a mountain, still: z-image, seconds: 1}
  - {id: card, show: end_card, seconds: 1}
video: {model: auto, seed: 7}
audio: {music: none, voice: none}
"""


def command(home: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run the command line with the tiny models."""
    places = {"REELMILL_HOME": str(home), "REELMILL_MODELS": str(home / "models"), "REELMILL_DEVICE": "cpu"}
    return subprocess.run(
        [sys.executable, "-m", "tests.tiny.command", *map(str, arguments)],
        env={**os.environ, **places, "PYTHONPATH": str(ROOT), "REELMILL_WORKERS": "2"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    lay_out(home / "models", MODELS)
    return home


@pytest.fixture(scope="module", name="brief")
def _brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brief")
    for name, color in (("cup", "red"), ("box", "blue"), ("face", "tan")):
        picture = Image.new("RGB", (200, 160), (90, 80, 70))
        ImageDraw.Draw(picture).ellipse((60, 40, 140, 120), fill=color)
        picture.save(folder / f"{name}.png")
    _film(folder / "ball.mp4")
    (folder / "brief.yaml").write_text(BRIEF)
    return folder / "brief.yaml"


def _film(path: Path) -> None:
    size = {"width": 160, "height": 96, "fps": 24, "encoding": BASE, "ffmpeg_exe": ffmpeg_path(None)}
    with VideoWriter(path, **size) as writer:
        for n in range(72):
            luma = Image.new("L", (160, 96), 60)
            ImageDraw.Draw(luma).ellipse((n, 20, n + 40, 60), fill=200)
            chroma = np.full(160 * 96 // 2, 118, np.uint8)
            writer.write(np.concatenate([np.asarray(luma).reshape(-1), chroma]))


@pytest.fixture(scope="module", name="plan")
def _plan(home: Path, brief: Path) -> dict[str, Any]:
    ended = command(home, "plan", brief, "--json")
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@pytest.fixture(scope="module", name="ad")
def _ad(home: Path, brief: Path, plan: dict[str, Any]) -> tuple[Path, Sidecar]:
    """Make the only ad; return its file and its sidecar. Noise flashes, so the ad is rejected, and kept."""
    ended = command(home, "run", brief, "--json")
    assert ended.returncode == 1, ended.stdout[-3000:] + ended.stderr[-3000:]
    key = plan["ads"][0]["key"]
    text = (home / "blobs" / "ads" / f"{key}.json").read_text()
    return home / "blobs" / "ads" / f"{key}.mp4", Sidecar.model_validate_json(text)


def bases(sidecar: Sidecar) -> dict[str, Any]:
    """Return what models made, by a word of what is asked for."""
    made = [shot for shot in sidecar.recipe.shots if not shot.base]
    return {shot.prompt.lower(): shot for shot in made}


def test_every_scene_finds_a_model_that_can(ad: tuple[Path, Sidecar]) -> None:
    """And its revision names the weights by their fingerprint."""
    _, sidecar = ad
    by = {shot.model.partition("/")[0] for shot in sidecar.recipe.shots}

    assert by == {"motion", "wan-t2v-1.3b", "wan-vace-1.3b", "ltx-2"}
    assert all("@" in shot.model for shot in sidecar.recipe.shots if not shot.model.startswith("motion"))
    drawn = [still for still in sidecar.recipe.stills if still.drawing]
    assert [still.drawing.model.partition("/")[0] for still in drawn if still.drawing] == ["z-image"]


def test_shots_are_given_what_the_brief_says(ad: tuple[Path, Sidecar]) -> None:
    """Last frames, videos with their task, subjects, a look to keep, sound, speech."""
    _, sidecar = ad
    given = [shot.given for shot in sidecar.recipe.shots if not shot.base]

    assert sum(bool(one.until) for one in given) == 1
    assert sorted(one.task for one in given if one.video) == ["extend", "extend_back", "restyle"]
    assert [len(one.subjects) for one in given if one.subjects] == [2]
    assert sum(bool(one.follows) for one in given) == 1
    assert sorted(one.speech for one in given if one.sound) == ["", "This is the Red cup."]


def test_what_was_sent_stands_in_the_sidecar(ad: tuple[Path, Sidecar]) -> None:
    """The author's words, and what the family's writer made of them."""
    _, sidecar = ad
    sea = [shot for shot in sidecar.recipe.shots if "calm sea" in shot.prompt]

    assert sea
    assert len(sea[0].prompt) > len("a calm sea")
    assert "watermark" in sea[0].negative
    assert sidecar.recipe.policy == "house/1"


def test_the_gate_objects_to_noise_and_to_nothing_else(ad: tuple[Path, Sidecar]) -> None:
    """Whatever was asked of the models, the rest of the ad is as it should be."""
    _, sidecar = ad

    assert {finding.rule for finding in sidecar.asset.findings} == {"flashes"}


def test_the_ad_is_whole_and_sounds_where_it_should(ad: tuple[Path, Sidecar]) -> None:
    """Delivery's size, rate and length; sound under the two scenes that make their own, and only there."""
    path, sidecar = ad
    facts = probe_video(path)
    look = sidecar.recipe.ad.composition
    begins = np.cumsum([0, *(cut.frames for cut in look.cuts)]) / look.fps
    sound = np.abs(read_sound(path)).max(axis=1)

    assert (facts.width, facts.height, facts.fps, facts.frames) == (640, 360, 30, look.frames)
    assert measure(path, ffmpeg_path(None)).lufs > -30
    for cut, begin, end in zip(look.cuts, begins, begins[1:], strict=False):
        middle = sound[round((begin + 0.3) * 48_000) : round((end - 0.3) * 48_000)]
        assert (middle.max() > 0.02) == cut.sound


def test_a_second_run_makes_nothing(home: Path, brief: Path, ad: tuple[Path, Sidecar]) -> None:
    """All of it was made once, and for good."""
    before = ad[0].stat().st_mtime_ns

    ended = command(home, "run", brief, "--json")

    assert ended.returncode == 1
    assert ad[0].stat().st_mtime_ns == before


def test_a_brief_that_asks_a_model_for_too_much_is_refused(home: Path, brief: Path) -> None:
    """By name, with the models that can."""
    other = brief.with_name("other.yaml")
    other.write_text(BRIEF.replace("model: auto", "model: wan-t2v-1.3b"))

    ended = command(home, "plan", other)

    assert ended.returncode == 2
    assert "storyboard[1]: asks 'wan-t2v-1.3b' for image, which it does not do" in ended.stderr
    assert "storyboard[9]: asks 'wan-t2v-1.3b' for sound" in ended.stderr
    assert "ltx-2" in ended.stderr


def test_weights_that_are_not_there_are_told_with_their_cure(home: Path, brief: Path) -> None:
    """The brief is right; the environment is not."""
    other = brief.with_name("absent.yaml")
    simple = BRIEF[: BRIEF.index("  - {id: from-to")] + BRIEF[BRIEF.index("  - {id: card") :]
    other.write_text(simple.replace("model: auto", "model: wan-vace-14b"))

    ended = command(home, "plan", other)

    assert ended.returncode == 3
    assert "'wan-vace-14b' cannot be used yet" in ended.stderr
    assert "`reelmill models fetch wan-vace-14b`" in ended.stderr
