"""What is said can be heard, lasts as long as it should, and has its words timed."""

from pathlib import Path

import numpy as np
import pytest

from actors.sound.reading import read_sound
from actors.voice import RECIPE, choose_voice, estimate_seconds
from actors.voice.aligning import align
from actors.voice.pieces import cut
from actors.voice.speaker import RATE, Speaker, Speech, write_speech
from schemas.errors import GenerationError, MediaError
from schemas.plan import Narration
from tests.published import Published

pytestmark = pytest.mark.long

LINE = "Your morning deserves better. House Blend, freshly roasted, now €8.90 until 24 Dec."
LINES = {
    "en-GB": "Made to last. Only £49.99!",
    "es-ES": "Descubre tu aroma. Ahora por 8,90 €.",
    "fr-FR": "Découvrez votre parfum, à 8,90 €.",
    "hi-IN": "ताज़ी कॉफ़ी, अब केवल ₹499 में।",
    "it-IT": "Scopri il tuo profumo. Ora a 12,90 €.",
    "ja-JP": "新しいコーヒー。今なら￥1,280です。",
    "pt-BR": "Descubra seu aroma. Agora por R$ 12,90.",
    "zh-CN": "新鲜烘焙的咖啡，只要¥89.90！",
}


def narration(text: str = LINE, locale: str = "en-US", voice: str = "") -> Narration:
    """Return a narration by the voice that is always there."""
    return Narration(
        text=text, locale=locale, voice=voice or choose_voice(locale, "auto", ()).voice, recipe=RECIPE
    )


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    """Return who speaks English without weights."""
    return Speaker(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def kokoro(published: Published) -> Speaker:
    """Return who speaks each language that Kokoro has."""
    return Speaker(published("kokoro").parent)


@pytest.fixture(scope="module")
def speech(speaker: Speaker) -> Speech:
    """Return LINE, said."""
    return speaker.speak(narration())


def check(speech: Speech, text: str, locale: str) -> None:
    """Fail unless *speech* can be what a voice says of *text*."""
    level = np.abs(speech.sound).max(axis=1)
    starts = [word.start for word in speech.words]

    assert speech.sound.dtype == np.float32
    assert np.isfinite(speech.sound).all()
    assert 0.2 < level.max() <= 0.91
    assert level[: RATE // 10].max() > 0.01 * level.max()
    assert level[-RATE // 10 :].max() > 0.01 * level.max()
    assert abs(estimate_seconds(text, locale) / speech.seconds - 1) < 0.2
    assert starts == sorted(starts)
    assert all(0 <= word.start < word.end <= speech.seconds + 1e-3 for word in speech.words)
    shown = "".join(word.text for word in speech.words).replace(" ", "")
    assert shown == text.replace(" ", "")


def test_english_is_said_out_of_the_box(speech: Speech) -> None:
    """The sound is whole, and every word is there as it is written."""
    check(speech, LINE, "en-US")
    price = next(word for word in speech.words if word.text == "€8.90")

    assert 0.6 < price.end - price.start < 1.5


def test_the_same_narration_is_the_same_sound(speech: Speech, tmp_path: Path) -> None:
    """To the last sample, and so is the file."""
    again = Speaker(tmp_path).speak(narration())
    write_speech(speech.sound, tmp_path / "one.flac")
    write_speech(again.sound, tmp_path / "two.flac")

    assert np.array_equal(again.sound, speech.sound)
    assert again.words == speech.words
    assert (tmp_path / "one.flac").read_bytes() == (tmp_path / "two.flac").read_bytes()
    assert np.abs(read_sound(tmp_path / "one.flac") - speech.sound).max() < 1e-4


def test_a_faster_voice_takes_less_time(speaker: Speaker, speech: Speech) -> None:
    """1.25 times as fast, give or take what frames round off."""
    fast = speaker.speak(narration(), speed=1.25)

    assert 1.12 < speech.seconds / fast.seconds < 1.35


def test_a_pause_lies_between_sentences(speech: Speech) -> None:
    """Nothing is heard half way between the last word of one and the first of the next."""
    first = next(at for at, word in enumerate(speech.words) if word.text == "better.")
    middle = (speech.words[first].end + speech.words[first + 1].start) / 2
    around = speech.sound[round((middle - 0.05) * RATE) : round((middle + 0.05) * RATE)]

    assert np.abs(around).max() < 0.02 * np.abs(speech.sound).max()


@pytest.mark.parametrize("modelled", [True, False])
def test_words_of_a_recording_are_found(speaker: Speaker, speech: Speech, *, modelled: bool) -> None:
    """Against another pace of the same voice, and by pauses and letters alone."""
    model = speaker.speak(narration(), speed=1.2) if modelled else None
    found = align(speech.sound, cut(LINE, "en-US"), model)
    errors = [abs(one.start - other.start) for one, other in zip(found, speech.words, strict=True)]

    assert np.median(errors) < (0.03 if modelled else 0.12)


def test_a_recording_is_trimmed_and_timed(speaker: Speaker, speech: Speech, tmp_path: Path) -> None:
    """Silence around it goes, and its words are timed by what it says."""
    silence = np.zeros((RATE, 2), np.float32)
    write_speech(np.concatenate([silence, speech.sound, silence]), tmp_path / "take.flac")
    taken = speaker.speak(narration(voice="inputs/take.flac"), recording=tmp_path / "take.flac")
    untold = speaker.speak(narration("", voice="inputs/take.flac"), recording=tmp_path / "take.flac")

    assert abs(taken.seconds - speech.seconds) < 0.1
    assert [word.text for word in taken.words] == [word.text for word in speech.words]
    assert np.median([abs(a.start - b.start) for a, b in zip(taken.words, speech.words, strict=True)]) < 0.08
    assert untold.words == ()


def test_a_recording_of_a_language_without_a_voice_is_timed(
    speaker: Speaker, speech: Speech, tmp_path: Path
) -> None:
    """German words share the time between the pauses."""
    write_speech(speech.sound, tmp_path / "take.flac")
    told = narration("Guten Morgen. Jetzt nur 8,90 €!", "de-DE", "inputs/take.flac")
    words = speaker.speak(told, recording=tmp_path / "take.flac").words

    assert [word.text for word in words] == ["Guten", "Morgen.", "Jetzt", "nur", "8,90 €!"]
    assert words[-1].end == pytest.approx(speech.seconds, abs=0.1)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (narration("…!", voice=""), "no word to say"),
        (narration(voice="hibari:heart@000000000000"), "not known to this version"),
        (narration("word " * 200), "at most 600"),
    ],
)
def test_what_cannot_be_said_is_refused(speaker: Speaker, told: Narration, message: str) -> None:
    """With the value and the cure."""
    with pytest.raises(GenerationError, match=message):
        speaker.speak(told)


def test_a_silent_recording_is_refused(speaker: Speaker, tmp_path: Path) -> None:
    """A file in which nothing is said is no voice."""
    write_speech(np.zeros((RATE, 2), np.float32), tmp_path / "take.flac")

    with pytest.raises(MediaError, match="is silent"):
        speaker.speak(narration(), recording=tmp_path / "take.flac")


@pytest.mark.parametrize("locale", LINES)
def test_kokoro_speaks_each_of_its_languages(kokoro: Speaker, locale: str) -> None:
    """With the published weights."""
    voice = choose_voice(locale, "auto", {"kokoro"}).voice
    speech = kokoro.speak(narration(LINES[locale], locale, voice))

    assert voice.startswith("kokoro:")
    check(speech, LINES[locale], locale)
