"""Speaks what a brief says: chooses the voice, reads numbers as words, times every word.

What planners need is here and imports nothing heavy; ``speaker`` does the speaking.
"""

from collections.abc import Collection
from typing import Literal

from babel import Locale

from actors.voice.pace import estimate_seconds
from actors.voice.pieces import TEXT_MAX
from actors.voice.table import VOICES, Voice, voices_for
from schemas.money import parse_locale
from schemas.record import Record

__all__ = ["RECIPE", "TEXT_MAX", "Choice", "Wanted", "choose_voice", "estimate_seconds", "voices_for"]

RECIPE = 1
"""Version of the code that speaks; a change of what is heard raises it."""

Wanted = Literal["auto", "female", "male"]


class Choice(Record):
    """The voice that speaks, or why there is none."""

    voice: str = ""
    """As ``Narration.voice`` carries it; empty for none."""
    reason: str = ""
    cure: str = ""


def choose_voice(locale: str, wanted: Wanted, ready: Collection[str]) -> Choice:
    """Choose who speaks *locale*, given the names of the weights that are *ready*."""
    known = voices_for(locale)
    fitting = [one for one in known if wanted in {"auto", one.gender}]
    for voice in fitting:
        if not voice.missing and (not voice.weights or voice.weights in ready):
            return Choice(voice=voice.name)
    recording = f"give a recording, audio.voice: {{{locale}: media/voice-{locale}.wav}}"
    if not fitting:
        reason = (
            f"no {wanted if known else 'voice'} {'voice ' if known else ''}speaks {_language(locale)} here"
        )
        return Choice(reason=reason, cure=f"write auto, or {recording}" if known else recording)
    return Choice(
        reason=f"the voice of {_language(locale)} is not here",
        cure=f"{_cure(fitting[0], ready)}, or {recording}",
    )


def _cure(voice: Voice, ready: Collection[str]) -> str:
    """Return what makes *voice* speak."""
    steps = (
        [f"run `reelmill weights fetch {voice.weights}`"]
        if voice.weights and voice.weights not in ready
        else []
    )
    return " and ".join([*steps, *(["run `pip install reelmill[voices]`"] if voice.missing else [])])


def _language(locale: str) -> str:
    parsed = parse_locale(locale)
    name = parsed.get_language_name("en") if parsed else None
    place = parsed.territory if parsed else None
    foreign = place and any(
        parsed and one.language == parsed.language and place in one.foreign for one in VOICES
    )
    region = Locale("en").territories.get(place or "", place) if foreign else ""
    return f"the {name} of {region}" if region else name or repr(locale)
