"""The whole story on a real Ray, an embedded Prefect server and real files: a small campaign, made whole."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from schemas.sidecar import Sidecar
from storage.catalog import Catalog
from tests.flows.test_cli import reelmill

pytestmark = pytest.mark.long

BRIEF = """
campaign: tiny
brand:
  name: Tiny Co
  logo: logo.png
  colors: {primary: "#123456", accent: "#FFB020", background: "#FFFFFF", text: "#101010"}
products:
  - {id: P-1, title: Thing, price: 5.00 USD, images: [thing.png]}
locales:
  en-US: {hook: Look at this, cta: Buy}
placements: [meta_feed_square]
variants: [{id: a}, {id: b}, {id: c, locales: {en-US: {hook: Look here}}}]
storyboard:
  - {id: look, show: product, camera: orbit, seconds: 0.6, caption: "{hook}"}
  - {id: mood, show: text, prompt: calm evening, seconds: 0.5}
  - {id: card, show: end_card, seconds: 0.6, caption: "{title} {price}"}
audio: {music: calm}
"""


def result_of(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """Return what the last line of `run --json` says of the only campaign."""
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    assert told["event"] == "result"
    return dict(told["campaigns"][0])


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", name="brief")
def _brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brief")
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(folder / "thing.png")
    Image.new("RGBA", (200, 80), "#FFB020").save(folder / "logo.png")
    (folder / "brief.yaml").write_text(BRIEF)
    return folder / "brief.yaml"


@pytest.fixture(scope="module", name="first")
def _first(home: Path, brief: Path) -> dict[str, Any]:
    """Run the campaign with one ad's name taken by a folder, so that it cannot be published."""
    plan = json.loads(reelmill(home, "plan", brief, "--json").stdout)
    blocked = next(ad["key"] for ad in plan["ads"] if ad["variant"] == "c")
    obstacle = home / "blobs" / "ads" / f"{blocked}.mp4"
    obstacle.mkdir(parents=True)
    ended = reelmill(home, "run", brief, "--json")
    obstacle.rmdir()
    assert ended.returncode == 1, ended.stderr
    return {"plan": plan, "told": result_of(ended), "blocked": blocked}


def test_a_failure_ends_the_ad_and_not_the_batch(first: dict[str, Any]) -> None:
    """The others are made, and the failed one is named with its reason."""
    states = {ad["variant"]: (ad["state"], ad["error"]) for ad in first["told"]["ads"]}

    assert states["a"] == states["b"] == ("done", "")
    assert states["c"][0] == "failed"
    assert first["blocked"] in states["c"][1]


def test_finished_ads_have_file_sidecar_link_and_row(home: Path, first: dict[str, Any]) -> None:
    """Whoever looks finds the ad, by key or by name."""
    for ad in (ad for ad in first["told"]["ads"] if ad["state"] == "done"):
        sidecar = Sidecar.model_validate_json((home / "blobs" / "ads" / f"{ad['key']}.json").read_text())

        assert (home / "blobs" / ad["name"]).stat().st_size == ad["bytes"]
        assert sidecar.asset.file.sha256 == ad["sha256"]
        assert [shot.key for shot in sidecar.recipe.shots] == [clip.shot for clip in sidecar.recipe.clips]
    links = [path for path in (home / "out" / "tiny").glob("*.mp4") if path.exists()]
    assert len(links) == 2
    assert Image.open(first["told"]["contact_sheet"]).height > 100


def test_twins_share_their_bytes(first: dict[str, Any]) -> None:
    """Variants a and b say the same, so they were composed once."""
    a, b, _ = first["told"]["ads"]

    assert a["key"] != b["key"]
    assert a["sha256"] == b["sha256"]


def test_a_rerun_makes_what_is_missing_and_the_next_one_nothing(
    home: Path, brief: Path, first: dict[str, Any]
) -> None:
    """The second run composes one ad from the shots that are there; the third starts no run at all."""
    second = reelmill(home, "run", brief, "--json")
    third = reelmill(home, "run", brief, "--json")
    with Catalog(f"sqlite:///{home / 'catalog.sqlite'}") as catalog:
        runs = catalog.campaigns()[0].run

    assert (second.returncode, third.returncode) == (0, 0)
    assert {ad["state"] for ad in result_of(third)["ads"]} == {"done"}
    assert runs == 2
    assert first["plan"]["shots"]
    assert not list((home / "cache" / "scratch").glob("*/*.mp4"))


def test_the_plan_then_says_what_is_there(home: Path, brief: Path, first: dict[str, Any]) -> None:
    """Every ad and shot of the campaign."""
    told = json.loads(reelmill(home, "plan", brief, "--json").stdout)

    assert first["told"]
    assert all(item["made"] for item in told["ads"] + told["shots"])


def test_an_ad_that_was_published_before_a_crash_is_adopted(
    home: Path, brief: Path, first: dict[str, Any]
) -> None:
    """File and sidecar are there and their checksums agree, so nothing is made twice."""
    sizes = {path: path.stat().st_mtime_ns for path in (home / "blobs" / "ads").iterdir()}
    for path in home.glob("catalog.sqlite*"):
        path.unlink()
    ended = reelmill(home, "run", brief, "--json")

    assert ended.returncode == 0
    assert first["told"]
    assert {path: path.stat().st_mtime_ns for path in (home / "blobs" / "ads").iterdir()} == sizes
