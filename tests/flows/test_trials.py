"""A brief becomes one ad a model: a campaign like any other, whose shots the whole campaign shares."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from actors.backends import VIDEO_MODELS
from flows.preflight import preflight
from flows.trials import Pick, Trial, campaign_on, scenes_of, trials
from schemas.errors import BriefError, SettingsError
from schemas.settings import Settings, read_settings
from tests.models import DREAM

BRIEF = """
campaign: tiny
brand:
  name: Tiny Co
  colors: {primary: "#123456", accent: "#FFB020"}
  disclaimer: While stocks last
products:
  - {id: P-1, title: Thing, price: 5.00 USD, images: [pictures/one.png]}
  - {id: P-2, title: {en-US: Other, de-DE: Anderes}, images: [pictures/two.png]}
locales:
  de-DE: {hook: Schau her, cta: Kaufen}
  en-US: {hook: Look at this, cta: Buy}
placements: [meta_feed_square, youtube_in_stream, meta_reels]
variants: [{id: a, locales: {en-US: {hook: Look}}}, {id: b}]
storyboard:
  - {id: look, show: product, prompt: on a table, seconds: 2, caption: "{hook}"}
  - {id: mood, show: text, prompt: calm evening}
  - {id: card, show: end_card, seconds: 1.5, caption: "{title}"}
video: {seed: 5}
budget: {gpu_seconds: 90}
"""


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a model that has a size of its own into the table, one without pictures, and one for GPUs."""
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM)
    changes = {"blind": {"tasks": ("text",)}, "large": {"gpus": 2}}
    for name, change in changes.items():
        entry = DREAM.model_copy(update={"revision": f"{name}/1", **change})
        monkeypatch.setitem(VIDEO_MODELS, name, entry)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home that is not there yet."""
    return read_settings({"REELMILL_HOME": str(tmp_path / "home")})


@pytest.fixture
def brief(tmp_path: Path) -> Path:
    """The brief, with its pictures in a folder beside it."""
    (tmp_path / "brief" / "pictures").mkdir(parents=True)
    for name in ("one", "two"):
        Image.new("RGB", (300, 200), "#C02018").save(tmp_path / "brief" / "pictures" / f"{name}.png")
    path = tmp_path / "brief" / "brief.yaml"
    path.write_text(BRIEF)
    return path


@pytest.fixture
def tried(brief: Path, settings: Settings) -> Iterator[Trial]:
    """The trial of the model that has a size of its own."""
    with trials(brief, ["dream"], Pick(), settings) as (trial,):
        yield trial


def test_one_ad_is_left_of_the_brief(tried: Trial) -> None:
    """The first product, locale and variant; of the placements the one with the longest storyboard."""
    assert tried.ready
    (ad,) = tried.ready.plan.ads

    assert ad.campaign == "tiny-co/tiny-on-dream"
    assert (ad.product, ad.locale, ad.placement, ad.variant) == ("P-1", "de-DE", "youtube_in_stream", "a")
    assert [scene.id for scene in scenes_of(ad, tried.ready.ingested.brief)] == ["look", "mood", "card"]


def test_what_else_the_brief_says_is_kept(tried: Trial) -> None:
    """Its cap too: no model of a comparison takes more than the brief allows."""
    assert tried.ready
    written = json.loads(tried.brief.read_text())
    read = tried.ready.ingested.brief

    assert written["brand"]["disclaimer"] == "While stocks last"
    assert (read.budget and read.budget.gpu_seconds, read.video.seed, read.video.model) == (90, 5, "dream")


@pytest.mark.parametrize("model", ["motion", "dream"])
def test_its_shots_are_those_of_the_whole_campaign(model: str, brief: Path, settings: Settings) -> None:
    """So a later run finds them there, and pays nothing twice."""
    with trials(brief, [model], Pick(), settings) as (trial,):
        assert trial.ready
        made = {shot.key for shot in trial.ready.plan.shots}
    brief.write_text(BRIEF.replace("video: {seed", f"video: {{model: {model}, seed"))
    whole = {shot.key for shot in preflight(brief, settings).plan.shots}

    assert made
    assert made <= whole


def test_product_and_placement_can_be_picked(brief: Path, settings: Settings) -> None:
    """People compare on what matters to them."""
    with trials(brief, ["motion"], Pick("P-2", "meta_reels"), settings) as (trial,):
        assert trial.ready
        (ad,) = trial.ready.plan.ads

    assert (ad.product, ad.placement) == ("P-2", "meta_reels")


@pytest.mark.parametrize(
    ("pick", "cure"),
    [
        (Pick(product="P-9"), "--product: the brief has no 'P-9'; it has: P-1, P-2"),
        (Pick(placement="meta_feed_square "), "it has: youtube_in_stream, meta_feed_square, meta_reels"),
    ],
)
def test_a_pick_that_the_brief_has_not_is_refused(
    pick: Pick, cure: str, brief: Path, settings: Settings
) -> None:
    """With what there is; nothing is written."""
    with pytest.raises(BriefError, match=cure), trials(brief, ["motion"], pick, settings):
        pass

    assert not settings.home.exists()


def test_a_model_that_cannot_says_why_and_the_others_go_on(
    brief: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it cannot do, what is missing for it here, where it does not fit."""
    monkeypatch.setattr("flows.equipment.local_gpus", lambda: 0)
    monkeypatch.delenv("RUNWAYML_API_SECRET", raising=False)
    models = ["blind", "motion", "wan-vace-1.3b", "runway-gen4.5", "large"]
    with trials(brief, models, Pick(), settings) as tried:
        reasons = {trial.model: (trial.reason, type(trial.problem)) for trial in tried}
        ready = [trial.model for trial in tried if trial.ready]

    assert ready == ["motion"]
    assert reasons["blind"] == (
        "storyboard[0]: asks 'blind' for image, which it does not do",
        BriefError,
    )
    assert "models fetch wan-vace-1.3b" in reasons["wan-vace-1.3b"][0]
    assert "RUNWAYML_API_SECRET" in reasons["runway-gen4.5"][0]
    assert reasons["large"][1] is SettingsError
    assert "it needs 2 GPU" in reasons["large"][0]


def test_what_was_written_for_it_is_gone_afterwards(brief: Path, settings: Settings) -> None:
    """Copies of media are not left about, also where something went wrong."""
    seen: list[str] = []

    def stop_amid() -> None:
        with trials(brief, ["motion"], Pick(), settings) as (trial,):
            seen.extend(str(path.relative_to(trial.brief.parent)) for path in trial.brief.parent.rglob("*.*"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_amid()

    assert sorted(Path(path).suffix for path in seen) == [".json", ".png"]
    assert [path.name for path in (settings.cache / "scratch").iterdir()] == [".lock"]


def test_names_of_campaigns_are_slugs_and_stay_apart() -> None:
    """A long campaign is cut; what was cut off still tells two apart."""
    long = "a" * 60
    names = [campaign_on(f"{long}-{n}", "wan-vace-1.3b") for n in range(2)]

    assert campaign_on("tiny", "wan-vace-1.3b") == "tiny-on-wan-vace-1-3b"
    assert len({*names}) == 2
    assert {len(name) for name in names} == {63}
