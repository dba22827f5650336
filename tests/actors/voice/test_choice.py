"""The planner learns who speaks, or why nobody does."""

import subprocess
import sys

import pytest

from actors.voice import choose_voice, estimate_seconds, voices_for
from actors.voice.table import VOICES
from actors.weights import MANIFEST


@pytest.mark.parametrize(
    ("locale", "wanted", "ready", "speaker"),
    [
        ("en-US", "auto", (), "hibari:heart"),
        ("en-GB", "auto", (), "hibari:heart"),
        ("en-GB", "auto", ("kokoro",), "kokoro:bf_emma"),
        ("en-US", "male", ("kokoro",), "kokoro:am_michael"),
        ("es-MX", "female", ("kokoro",), "kokoro:ef_dora"),
        ("pt-BR", "male", ("kokoro",), "kokoro:pm_alex"),
        ("zh-TW", "auto", ("kokoro",), "kokoro:zf_xiaoxiao"),
    ],
)
def test_a_locale_gets_its_voice(locale: str, wanted: str, ready: tuple[str, ...], speaker: str) -> None:
    """The best voice at home there whose weights are ready."""
    choice = choose_voice(locale, wanted, ready)  # type: ignore[arg-type]

    assert choice.voice.startswith(f"{speaker}@")
    assert not choice.reason


@pytest.mark.parametrize(
    ("locale", "wanted", "ready", "reason", "cure"),
    [
        ("de-DE", "auto", ("kokoro",), "no voice speaks German here", "{de-DE: media/voice-de-DE.wav}"),
        ("pt-PT", "auto", ("kokoro",), "no voice speaks the Portuguese of Portugal here", "give a recording"),
        ("zh-HK", "auto", ("kokoro",), "no voice speaks the Chinese of Hong Kong", "give a recording"),
        ("fr-FR", "male", ("kokoro",), "no male voice speaks French here", "write auto, or give a recording"),
        ("es-ES", "auto", (), "the voice of Spanish is not here", "run `reelmill weights fetch kokoro`, or"),
        ("en-US", "male", (), "the voice of English is not here", "run `reelmill weights fetch kokoro`, or"),
    ],
)
def test_a_locale_without_a_voice_is_told_why_and_the_cure(
    locale: str, wanted: str, ready: tuple[str, ...], reason: str, cure: str
) -> None:
    """Nothing is promised that is not there."""
    choice = choose_voice(locale, wanted, ready)  # type: ignore[arg-type]

    assert not choice.voice
    assert choice.reason.startswith(reason)
    assert cure in choice.cure


def test_every_kokoro_speaker_lies_in_the_weights() -> None:
    """The table and the item name the same speakers."""
    listed = {voice.speaker for voice in VOICES if voice.engine == "kokoro"}
    packed = {
        member.rpartition("/")[2].removesuffix(".bin")
        for part in MANIFEST["kokoro"].parts
        for member in part.members
        if "/voices/" in member
    }

    assert listed == packed
    assert voices_for("xx-invalid") == ()


def test_planning_loads_no_model_library() -> None:
    """The planner's half imports neither numpy nor onnxruntime nor torch."""
    code = (
        "import sys, actors.voice; actors.voice.choose_voice('ja-JP', 'auto', ());"
        "actors.voice.estimate_seconds('Hi', 'en-US');"
        "sys.exit(', '.join({'numpy', 'onnxruntime', 'torch', 'hibari', 'av'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_an_estimate_grows_with_what_is_said() -> None:
    """A price takes as long as its words, and nothing takes no time."""
    assert estimate_seconds("", "en-US") == 0
    assert estimate_seconds("Now $1,299.50", "en-US") > 2 * estimate_seconds("Now $5", "en-US")
