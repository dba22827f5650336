"""The command on a real Ray and real files: two models side by side, and two that cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.flows.test_cli import reelmill
from tests.footages import draw_product

pytestmark = pytest.mark.long

BRIEF = """
campaign: tiny
brand:
  name: Tiny Co
  colors: {primary: "#123456", accent: "#FFB020"}
products: [{id: P-1, title: Thing, images: [thing.png]}]
locales: {en-US: {hook: Look at this, cta: Buy}}
placements: [meta_feed_square]
storyboard:
  - {id: look, show: product, camera: hold, seconds: 0.6, caption: "{hook}"}
  - {id: card, show: end_card, seconds: 0.5}
audio: {music: none}
"""


def _compare(home: Path, brief: Path, models: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own that knows the stand-ins."""
    return subprocess.run(
        [sys.executable, "-m", "tests.dreaming", "compare", brief, "--models", models, *more],
        env={**os.environ, "REELMILL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", name="brief")
def _brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brief")
    scene = Image.new("RGB", (600, 600), "#B0B8C0")
    scene.paste(draw_product(400), (100, 100), draw_product(400))
    scene.save(folder / "thing.png")
    (folder / "brief.yaml").write_text(BRIEF)
    return folder / "brief.yaml"


@pytest.fixture(scope="module", name="told")
def _told(home: Path, brief: Path) -> dict[str, Any]:
    """Compare two models that can, one that cannot show a picture, and one that always fails."""
    ended = _compare(home, brief, "motion,dream,blind,broken", "--json")
    assert ended.returncode == 1, ended.stderr
    last: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return last


def test_every_model_tells_what_it_took_and_what_was_measured(told: dict[str, Any]) -> None:
    """In sum and by scene; the closing card is no model's, so it is left out."""
    motion, dream, *_ = told["models"]

    assert (told["event"], told["campaign"], told["placement"]) == (
        "result",
        "tiny-co/tiny",
        "meta_feed_square",
    )
    for model in (motion, dream):
        (scene,) = model["scenes"]
        assert (model["problem"], scene["scene"], scene["there"]) == ("", "look", False)
        assert scene["seconds"] == model["seconds"] > 0
        assert (model["gpu_seconds"], model["credits"]) == (0, None)
    assert (motion["enlarging_seconds"], dream["enlarging_seconds"] > 0) == (None, True)
    assert motion["similarity"] > dream["similarity"] + 0.3
    assert motion["sharpness"] > dream["sharpness"]
    assert motion["motion"] < dream["motion"]


def test_models_that_cannot_are_named_and_the_others_compared(told: dict[str, Any]) -> None:
    """One is left out before anything is started, the other fails on the way."""
    *_, blind, broken = told["models"]

    assert "asks 'blind' for image" in blind["problem"]
    assert "it is out of order" in broken["problem"]
    assert (blind["scenes"], [scene["clip"] for scene in broken["scenes"]]) == ([], [""])


def test_the_sheet_and_the_ads_can_be_looked_at(told: dict[str, Any], home: Path) -> None:
    """Each model's ad is an ad like any other."""
    assert Path(told["sheet"]) == home / "out" / "compare" / "tiny-co_tiny.png"
    assert Image.open(told["sheet"]).width > 600
    for model in told["models"][:2]:
        assert (home / "blobs" / model["ad"]).is_file()
        assert len([*(home / "out" / f"tiny-on-{model['model']}").glob("*.mp4")]) == 1


def test_what_is_there_is_compared_again_without_making_it(
    told: dict[str, Any], home: Path, brief: Path
) -> None:
    """The figures are the same, what it once took too; people read a table."""
    again = _compare(home, brief, "dream,motion", "--json")
    shown = _compare(home, brief, "motion,dream")
    last = json.loads(again.stdout.splitlines()[-1])

    assert (again.returncode, shown.returncode) == (0, 0), again.stderr
    for model in last["models"]:
        before = next(one for one in told["models"] if one["model"] == model["model"])
        assert [scene.pop("there") for scene in model["scenes"] + before["scenes"]] == [True, False]
        assert model == before
    assert shown.stdout.count("there already") == 2
    assert told["sheet"] in shown.stdout


def test_a_later_run_finds_the_clips_there(told: dict[str, Any], home: Path, brief: Path) -> None:
    """The comparison has made and paid them already."""
    plan = json.loads(reelmill(home, "plan", brief, "--json").stdout)

    assert told["models"][0]["scenes"][0]["shot"] in {shot["key"] for shot in plan["shots"] if shot["made"]}


@pytest.mark.parametrize(
    ("models", "code", "cure"),
    [
        ("moton", 2, "did you mean motion?"),
        (" , ", 2, "names no model"),
        ("blind", 2, "blind: storyboard[0]: asks 'blind' for image"),
        ("wan-vace-1.3b", 3, "models fetch wan-vace-1.3b"),
    ],
)
def test_where_nothing_can_be_compared_the_cure_is_named(
    models: str, code: int, cure: str, brief: Path, tmp_path: Path
) -> None:
    """A name that is in no table, a task that nobody does, weights that are not there."""
    ended = _compare(tmp_path / "home", brief, models)

    assert ended.returncode == code
    assert cure in ended.stderr
    assert "Traceback" not in ended.stderr
