"""What a plan says before anything is made: the forecast, and what the cap will hold back."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors.backends import VIDEO_MODELS
from flows.preflight import Preflight, preflight
from flows.preview import print_forecasts, print_plans
from schemas.settings import Settings, read_settings

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path / "home"), "REELMILL_WORKERS": "2"})


@pytest.fixture(name="ready")
def _ready(settings: Settings) -> Preflight:
    return preflight(KAFFI, settings)


@pytest.fixture(name="costly")
def _costly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the built-in model need a GPU, for some 900 GPU-seconds where the example's cap is 600."""
    motion = VIDEO_MODELS["motion"].model_copy(update={"gpus": 1.0, "seconds": 0.5})
    monkeypatch.setitem(VIDEO_MODELS, "motion", motion)


def _json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_plan_says_how_long_it_takes(
    ready: Preflight, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wall time with this machine's workers, the work itself, and that the cap is enough."""
    print_plans([ready], settings, as_json=False)
    out = capsys.readouterr().out

    assert "to make 1 still, 1 voice, 12 shots and 30 ads: about 3 min with 2 workers" in out
    assert "0 GPU-seconds" in out
    assert "the cap of 600 GPU-seconds is enough." in out
    assert not settings.home.exists()


@pytest.mark.usefixtures("costly")
def test_a_plan_says_what_its_cap_holds_back(
    ready: Preflight, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many ads, and how much more would make all."""
    print_plans([ready], settings, as_json=True)
    (told,) = _json(capsys)["forecast"]["campaigns"]
    print_plans([ready], settings, as_json=False)
    out = capsys.readouterr().out

    assert (told["cap"], told["ads"] + told["held"]) == (600, 30)
    assert told["held"] > 0
    assert told["gpu_seconds"] <= 600
    assert f"the cap of 600 GPU-seconds will hold back {told['held']} ads; about " in out
    assert "more would make all." in out


def test_the_forecast_alone_is_the_same(
    ready: Preflight, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """`reelmill forecast` prints just that."""
    print_plans([ready], settings, as_json=True)
    plan = _json(capsys)
    print_forecasts([ready], settings, as_json=True)

    assert _json(capsys) == plan["forecast"]
    assert not settings.home.exists()


@pytest.mark.usefixtures("costly")
def test_a_forecast_says_what_it_takes_of_disks_and_of_money(
    ready: Preflight, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes by kind, and GPU-seconds at the price of the settings; without a price no money is told."""
    priced = settings.model_copy(update={"gpu_hour_price": "7.20 EUR"})
    print_forecasts([ready], priced, as_json=True)
    told = _json(capsys)
    print_forecasts([ready], priced, as_json=False)
    said = capsys.readouterr().out
    print_forecasts([ready], settings, as_json=True)

    (campaign,) = told["campaigns"]
    assert told["storage"] == campaign["storage"]
    assert 10e6 < told["storage"]["ads"] < 1e9
    cost = float(told["cost"].removesuffix(" EUR"))
    assert cost == pytest.approx(campaign["gpu_seconds"] * 0.002, abs=0.01)
    assert f"GPUs: about {told['cost']}, at 7.20 EUR an hour." in said
    assert "storage: about " in said
    assert _json(capsys)["cost"] is None


def test_two_campaigns_are_forecast_apart_and_together(
    ready: Preflight, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they share is counted with the first."""
    print_forecasts([ready, ready], settings, as_json=True)
    told = _json(capsys)
    print_forecasts([ready, ready], settings, as_json=False)

    assert [campaign["ads"] for campaign in told["campaigns"]] == [30, 0]
    assert (told["ads"], told["workers"], told["gpus"]) == (30, 2, 0)
    assert "all campaigns together:\nto make 1 still" in capsys.readouterr().out


def test_a_plan_says_which_template_and_which_voices_a_placement_has(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a table and as JSON; each narration is told once."""
    ready = preflight(KAFFI.parent / "templates.yaml", settings)
    print_plans([ready], settings, as_json=False)
    table = capsys.readouterr().out
    print_plans([ready], settings, as_json=True)
    told = _json(capsys)

    assert "offer_countdown feature_list testimonial product_hero" in table
    assert "voices" in table
    templates = [(ad["placement"], ad["variant"], ad["template"]) for ad in told["ads"]]
    assert ("youtube_bumper", "auto", "bumper") in templates
    assert ("meta_reels", "quote", "testimonial") in templates
    (narration,) = told["narrations"]
    assert narration["text"] == "Better mornings. Kaffi House Blend, now €8.90."
    assert {ad["voice"] for ad in told["ads"]} == {narration["key"]}
