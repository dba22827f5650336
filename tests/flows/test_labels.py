"""What ads carry about AI: decided from what made them, for where they are shown."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.weights import MUSIC_MAKER
from flows.equipment import Equipment
from flows.ingest import Ingested, ingest
from flows.labels import TEST_WARNING, disclosure_notes, disclosure_problems
from flows.planner import make_plan
from schemas.brief import Brief
from schemas.markets import MARKETS, label_of, markets_of
from schemas.marks import Marks, Origin
from schemas.plan import Plan
from tests.models import DREAM

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TRAINED, MIXED = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
COPY = {"hook": "Kaffi", "cta": "Kaffi"}
WORDS = [{"id": "a", "show": "text", "prompt": "beans", "seconds": 6}]


@pytest.fixture(scope="module", name="kaffi")
def _kaffi() -> Ingested:
    return ingest(KAFFI)


@pytest.fixture(autouse=True)
def _dream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model with weights, beside those of the table."""
    from actors.backends import VIDEO_MODELS  # noqa: PLC0415

    weights = VIDEO_MODELS["wan-t2v-1.3b"].weights
    more = {"weights": weights, "tasks": (*DREAM.tasks, "presenter", "sound")}
    monkeypatch.setitem(VIDEO_MODELS, "dream", DREAM.model_copy(update=more))


def _plan(kaffi: Ingested, *, origin: Origin | None = None, **fields: Any) -> Plan:
    """Plan the example for a few locales, without a voice, with *fields* of the brief replaced."""
    data = yaml.safe_load(KAFFI.read_text()) | {
        "locales": dict.fromkeys(("en-US", "de-DE", "zh-CN", "ko-KR", "hi-IN", "th-TH"), COPY),
        "placements": ["meta_reels"],
        "variants": [{"id": "a"}],
        "audio": {"voice": "none", "music": "none"},
    }
    brief = Brief.model_validate(data | fields)
    sources = {
        name: source.model_copy(update={"origin": origin}) if origin and "coffee" in name else source
        for name, source in kaffi.sources.items()
    }
    ingested = kaffi.model_copy(update={"brief": brief, "sources": sources})
    return make_plan(ingested, Equipment(models={"dream": "dream/1@f"}, gpus=True), now=NOW)


def _marks(plan: Plan) -> dict[str, Marks]:
    return {ad.locale: ad.composition.marks for ad in plan.ads if ad.composition.marks}


def test_a_camera_over_given_pictures_is_no_ai(kaffi: Ingested) -> None:
    """The built-in renderer, cut-outs and the synthesiser make a composite, which nobody has to label."""
    marks = _marks(_plan(kaffi, video={"model": "motion"}))

    assert {(one.source, one.label, one.aigc, one.models) for one in marks.values()} == {
        ("composite", None, "", ())
    }


def test_music_that_a_model_made_is_ai(kaffi: Ingested) -> None:
    """The tracks of the pack are; the synthesiser's are not."""
    pack = Equipment(models={"dream": "dream/1@f"}, tracks={"calm": ("pack:calm/one@f",)})
    brief = kaffi.brief.model_copy(update={"audio": kaffi.brief.audio.model_copy(update={"music": "calm"})})
    plans = [
        make_plan(kaffi.model_copy(update={"brief": brief}), one, now=NOW) for one in (pack, Equipment())
    ]
    models = [{model for marks in _marks(plan).values() for model in marks.models} for plan in plans]

    assert [MUSIC_MAKER in found for found in models] == [True, False]
    assert (label := _marks(plans[0])["zh-CN"].label) is not None
    assert label.text == "AI生成"


def test_each_market_gets_what_it_asks_for(kaffi: Ingested) -> None:
    """Of pictures that a model made: China a label and a key, Korea and India a label, others no more."""
    marks = _marks(_plan(kaffi, video={"model": "dream"}))

    assert {one.source for one in marks.values()} == {MIXED}
    assert all("dream/1@f" in one.models for one in marks.values())
    labels = {locale: one.label.text for locale, one in marks.items() if one.label}
    assert labels == {"zh-CN": "AI生成", "ko-KR": "AI 생성물", "hi-IN": "AI द्वारा निर्मित"}
    assert {locale: one.aigc for locale, one in marks.items() if one.aigc} == {"zh-CN": "Kaffi"}


@pytest.mark.parametrize(
    ("fields", "origin", "source"),
    [
        ({"video": {"model": "dream"}, "storyboard": WORDS}, None, MIXED),  # the logo was given
        ({"video": {"model": "motion"}}, Origin(source=TRAINED), MIXED),
        ({"video": {"model": "motion"}}, Origin(source="digitalCapture"), "composite"),
        ({"video": {"model": "motion"}, "labels": {"ai": "always"}}, None, MIXED),
    ],
)
def test_the_source_type_tells_the_truth(
    kaffi: Ingested, fields: dict[str, Any], origin: Origin | None, source: str
) -> None:
    """What made the shots decides, what given pictures say of themselves, and what the brief admits."""
    marks = _marks(_plan(kaffi, origin=origin, **fields))["zh-CN"]

    assert marks.source == source
    assert bool(marks.label) == (source == MIXED)
    if origin:
        assert [one.source for one in marks.incoming] == [origin.source]


@pytest.mark.parametrize(("model", "source"), [("dream", TRAINED), ("motion", "algorithmicMedia")])
def test_without_any_picture_given_nothing_is_composed(kaffi: Ingested, model: str, source: str) -> None:
    """Words alone make trained media of a trained model, and algorithmic media of the built-in renderer."""
    brand = {**yaml.safe_load(KAFFI.read_text())["brand"], "logo": None}
    words = _plan(kaffi, video={"model": model}, storyboard=WORDS, brand=brand)

    assert {one.source for one in _marks(words).values()} == {source}


def test_a_synthetic_voice_is_ai_and_a_recorded_one_is_not(kaffi: Ingested) -> None:
    """Over pictures that no model made."""
    said = {"zh-CN": COPY, "en-US": {**COPY, "voiceover": "Your morning deserves better."}}
    fields: dict[str, Any] = {"video": {"model": "motion"}, "locales": said}
    spoken = _marks(_plan(kaffi, **fields, audio={"voice": "auto", "music": "none"}))

    assert (spoken["en-US"].source, spoken["zh-CN"].source) == (MIXED, "composite")
    assert spoken["en-US"].models[0].startswith("hibari@")


def test_always_labels_everywhere_and_never_is_refused_where_a_law_asks(kaffi: Ingested) -> None:
    """The problem names locale and law; where no law asks, never is never."""
    always = _plan(kaffi, labels={"ai": "always"}, video={"model": "motion"})
    never = _plan(kaffi, labels={"ai": "never"}, video={"model": "dream"})
    told = [str(problem) for problem in disclosure_problems(never, "never")]

    assert {locale: one.label for locale, one in _marks(always).items()} == {
        locale: label_of(locale) for locale in _marks(always)
    }
    assert not any(one.label for one in _marks(never).values())
    assert [one for locale in ("zh-CN", "ko-KR", "hi-IN") for one in told if locale in one] == told
    assert "never, but AI took part in ads of zh-CN, where GB 45438-2025 asks for a label" in told[0]
    assert not [*disclosure_problems(_plan(kaffi, video={"model": "motion"}), "never")]


def test_a_person_that_a_model_made_is_labelled_in_the_eu_and_the_us(kaffi: Ingested) -> None:
    """Art. 50(4) and New York's law are about people; a model's picture of beans needs no label there."""
    speaker = {**kaffi.sources, "face.png": next(iter(kaffi.sources.values()))}
    talk = [{"id": "a", "show": "presenter", "portrait": "face.png", "prompt": "a barista", "seconds": 6}]
    spoken = {locale: {**COPY, "voiceover": "Good morning."} for locale in ("en-US", "de-DE", "th-TH")}
    fields: dict[str, Any] = {"video": {"model": "dream"}, "storyboard": talk, "locales": spoken}
    marks = _marks(_plan(kaffi.model_copy(update={"sources": speaker}), **fields))
    labels = {locale: one.label.text for locale, one in marks.items() if one.label}

    assert labels == {"en-US": "AI-generated", "de-DE": "KI-generiert"}


def test_notes_say_what_is_said_and_warn_of_the_test_certificate(kaffi: Ingested) -> None:
    """Loudly, before anything else; ads without marks are quiet."""
    plan = _plan(kaffi, video={"model": "dream"})
    first, *notes = disclosure_notes(plan)
    bare = [ad.composition.model_copy(update={"marks": None}) for ad in plan.ads]
    ads = [ad.model_copy(update={"composition": look}) for ad, look in zip(plan.ads, bare, strict=True)]
    unmarked = plan.model_copy(update={"ads": tuple(ads)})

    assert first == TEST_WARNING
    assert any("zh-CN: dream/1; label 'AI生成' for 2 s, the key AIGC" in note for note in notes)
    assert not [*disclosure_notes(unmarked)]


def test_every_row_has_its_law_and_every_label_its_letters() -> None:
    """Markets are found by the locale's region, also where the tag names none; texts are short."""
    assert all(market.law and market.since and market.source and market.read for market in MARKETS)
    assert [market.region for market in markets_of("zh")] == ["CN"]
    assert [market.region for market in markets_of("fr-FR")] == ["EU"]
    assert not markets_of("zh-TW")
    assert label_of("th-TH").text == "AI"
