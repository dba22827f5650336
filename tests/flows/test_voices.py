"""Voices in a plan: who speaks where, what is shared, and what is said where nobody speaks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.voice import estimate_seconds
from flows.equipment import Equipment
from flows.planner import make_plan
from flows.silence import silence_notes, silence_problems
from flows.voices import narration_problems
from schemas.media import Source
from schemas.plan import Plan
from tests.briefs import WORDS, ask, taken

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EN = {"hook": "Look", "cta": "Buy", "voiceover": "This is the {title}."}
DE = {"hook": "Da", "cta": "Kaufen", "voiceover": "Das ist die {title}."}
LONG = {"hook": "Look", "cta": "Buy", "voiceover": "Nobody ever made a better cup than this one. " * 10}
SCENE = WORDS | {"seconds": 4}
"""With the card it makes 5.3 s."""
PRODUCTS = [{"id": n, "title": "Red cup", "price": "5.00 USD", "images": ["cup.png"]} for n in ("P-1", "P-2")]


def plan(
    audio: dict[str, Any] | None = None, *scenes: dict[str, Any], recorded: float = 3.0, **changes: Any
) -> Plan:
    """Plan a brief of two products; ``voice.wav`` is a recording of *recorded* seconds."""
    fields = {"products": PRODUCTS, "locales": {"en-US": EN}, "audio": {"music": "calm", **(audio or {})}}
    ingested = taken(ask(*(scenes or [SCENE]), **(fields | changes)))
    voice = Source(name="inputs/voice.wav", sha256="voice", seconds=recorded)
    sources = {**ingested.sources, "voice.wav": voice, "face.png": voice}
    return make_plan(ingested.model_copy(update={"sources": sources}), Equipment(), now=NOW)


def voices(made: Plan) -> set[tuple[str, str]]:
    """Return the locale and the text of what the ads of *made* say."""
    told = {one.key: (one.locale, one.text) for one in made.narrations}
    return {told[ad.composition.sound.voice] for ad in made.ads if ad.composition.sound.voice}


def test_equal_words_are_spoken_once() -> None:
    """Whatever the product, the placement and the variant; a variant with other words has its own."""
    variants = [{"id": "a"}, {"id": "b"}, {"id": "c", "locales": {"en-US": {"voiceover": "Now {price}."}}}]
    made = plan(variants=variants, placements=["youtube_bumper", "meta_reels"])

    assert len(made.ads) == 12
    assert [one.text for one in made.narrations] == ["This is the Red cup.", "Now $5.00."]
    assert all(ad.composition.sound.voice and ad.composition.captions for ad in made.ads)
    assert all(one.voice.startswith("hibari:heart@") for one in made.narrations)


def test_a_language_without_a_voice_is_told_and_its_ads_are_made() -> None:
    """With the cure; who says nothing needs none."""
    made = plan(locales={"en-US": EN, "de-DE": DE, "ar": {"hook": "x", "cta": "y"}})

    assert voices(made) == {("en-US", "This is the Red cup.")}
    assert len(made.ads) == 6
    (note,) = [note for note in made.notes if note.startswith("voice: ")]
    assert "the ads of de-DE are made without one (" in note
    assert "audio.voice: {de-DE: media/voice-de-DE.wav}" in note


@pytest.mark.parametrize(
    ("audio", "spoken", "captioned"),
    [
        ({"voice": "none"}, set(), False),
        ({"voice": {"de": "none"}}, {"en-US"}, True),
        ({"voice": {"de-DE": "voice.wav", "en": "none"}}, {"de-DE"}, True),
        ({"voice": {"": "voice.wav"}}, {"en-US", "de-DE"}, True),
        ({"captions": "on"}, {"en-US"}, True),
        ({"captions": "off"}, {"en-US"}, False),
    ],
)
def test_each_locale_has_its_voice(audio: dict[str, Any], spoken: set[str], captioned: bool) -> None:  # noqa: FBT001
    """By the locale, by its language, or one for all; captions follow the voice unless they are off."""
    made = plan(audio, locales={"en-US": EN, "de-DE": DE})

    assert {locale for locale, _ in voices(made)} == spoken
    assert {ad.composition.captions for ad in made.ads if ad.composition.sound.voice} <= {captioned}
    assert not any(ad.composition.captions for ad in made.ads if not ad.composition.sound.voice)


@pytest.mark.parametrize(("text", "captioned"), [("", False), ("Das ist sie.", True)])
def test_a_recording_needs_no_text(text: str, captioned: bool) -> None:  # noqa: FBT001
    """Without one nobody knows its words, so there are no captions."""
    made = plan({"voice": "voice.wav"}, locales={"de-DE": DE | {"voiceover": text}})

    assert {(one.voice, one.text) for one in made.narrations} == {("inputs/voice.wav", text)}
    assert {ad.composition.captions for ad in made.ads} == {captioned}


def test_one_recording_cannot_say_two_texts() -> None:
    """It would name a wrong price somewhere."""
    products = [PRODUCTS[0], PRODUCTS[1] | {"price": "6.00 USD"}]
    locales = {"de-DE": DE | {"voiceover": "Jetzt {price}."}}

    (problem,) = narration_problems(
        plan({"voice": "voice.wav"}, locales=locales, products=products).narrations
    )

    assert str(problem).startswith("audio.voice: one recording cannot say 2 texts of de-DE; let voiceover be")
    assert not [*narration_problems(plan({"voice": "voice.wav"}, locales={"de-DE": DE}).narrations)]


def test_a_text_without_a_word_is_refused() -> None:
    """Nobody can say it, and a recording need not."""
    made = plan(locales={"en-US": EN | {"voiceover": "... ☕!"}, "de-DE": DE})
    (problem,) = narration_problems(made.narrations)

    assert str(problem) == "locales.en-US.voiceover: '... ☕!' has no word to say; write some"


@pytest.mark.parametrize(("seconds", "fits"), [(6.0, True), (6.2, False)])
def test_a_voice_longer_than_the_ad_is_left_out(seconds: float, fits: bool) -> None:  # noqa: FBT001
    """Up to 15 % it is spoken faster; elsewhere it is heard."""
    made = plan({"voice": "voice.wav"}, recorded=seconds, placements=["youtube_bumper", "youtube_in_stream"])

    heard = {ad.placement for ad in made.ads if ad.composition.sound.voice}
    assert heard == {"youtube_in_stream"} | ({"youtube_bumper"} if fits else set())
    told = (
        "voice: left out at youtube_bumper: the ads of en-US last 5.3 s there, and the voice about 6.2 s "
        "(shorten the recording, or lengthen the storyboard)"
    )
    assert [note for note in made.notes if note.startswith("voice: ")] == ([] if fits else [told])


@pytest.mark.parametrize(
    ("scene", "seconds", "cure"),
    [(4.0, "5.3", "shorten voiceover, or lengthen the storyboard"), (9.0, "6", "shorten voiceover")],
)
def test_a_long_text_is_left_out_by_its_estimate(scene: float, seconds: str, cure: str) -> None:
    """Both lengths are told; a longer storyboard is no help where the placement takes nothing longer."""
    made = plan(None, WORDS | {"seconds": scene}, locales={"en-US": LONG}, placements=["youtube_bumper"])
    spoken = estimate_seconds(LONG["voiceover"].strip(), "en-US")

    assert spoken > 20
    assert not made.narrations
    assert any(
        note.endswith(f" last {seconds} s there, and the voice about {spoken:.1f} s ({cure})")
        for note in made.notes
    )


def test_a_presenter_speaks_for_itself() -> None:
    """The model makes that voice."""
    made = plan({}, {"id": "hello", "show": "presenter", "portrait": "face.png"})

    assert not made.narrations
    assert not [note for note in made.notes if note.startswith("voice")]


def test_a_placement_that_asks_for_sound_gets_some() -> None:
    """A voice is enough; where the rule is doubtful, silence is only told."""
    silent = plan({"music": "none", "voice": "none"}, placements=["tiktok_in_feed", "meta_reels"])
    spoken = plan({"music": "none"}, placements=["tiktok_in_feed"])
    doubtful = plan({"music": "none", "voice": "none"}, placements=["broadcast_de"])

    (problem,) = silence_problems(silent)
    assert problem.what == (
        "tiktok_in_feed takes no silent ads, and those of en-US have neither music nor a voice"
    )
    assert not [*silence_problems(spoken), *silence_notes(spoken), *silence_problems(doubtful)]
    assert [*silence_notes(doubtful)] == [
        "sound: broadcast_de seems to ask for sound, and the ads of en-US have none"
    ]
