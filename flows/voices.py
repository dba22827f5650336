"""Decides who speaks in which ads, and says where nobody does, and why."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from actors.sound import LONGER_PLANNED
from actors.voice import RECIPE, TEXT_MAX, Choice, Wanted, estimate_seconds
from flows.equipment import Equipment
from flows.ingest import Ingested
from schemas.brief import in_locale
from schemas.document import Problem
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Narration
from schemas.wording import shown


class _Speech(NamedTuple):
    """A narration and its length."""

    narration: Narration
    seconds: float
    """Estimated; measured of a recording."""


class Voices:
    """The narrations of a campaign: each once, in the order first wanted."""

    def __init__(self, ingested: Ingested, equipment: Equipment) -> None:
        self._brief = ingested.brief
        self._sources = ingested.sources
        self._presented = any(scene.show == "presenter" for scene in ingested.brief.storyboard)
        voices = {*ingested.brief.audio.voice.values()} & ingested.sources.keys()
        self._recordings = {ingested.sources[one].name: ingested.sources[one].seconds for one in voices}
        self._choices = {locale: self._choose(locale, equipment) for locale in ingested.brief.locales}
        self._speeches: dict[tuple[str, str], _Speech | None] = {}
        self._silent: dict[str, None] = {}
        """Locales that have a text and no voice."""
        self._long: dict[tuple[str, str], tuple[float, float]] = {}
        """Longest voice that is left out, and the length of its ad, by locale and placement."""
        self.narrations: dict[str, Narration] = {}

    def narrate(self, text: str, locale: str, placement: Placement, seconds: float) -> Narration | None:
        """Return what is spoken over an ad of *seconds*; None where nobody speaks, or for too long."""
        if (text, locale) not in self._speeches:
            self._speeches[text, locale] = self._speech(text, locale)
        speech = self._speeches[text, locale]
        if speech is None:
            return None
        if speech.seconds > seconds * LONGER_PLANNED:
            place = locale, placement.name
            self._long[place] = max(self._long.get(place, (0.0, 0.0)), (speech.seconds, seconds))
            return None
        return self.narrations.setdefault(speech.narration.key, speech.narration)

    @property
    def notes(self) -> Iterator[str]:
        """What the reader should know before the run."""
        for locale in self._silent:
            choice = self._choices[locale]
            yield f"voice: {choice.reason}; the ads of {locale} are made without one ({choice.cure})"
        for (locale, placement), (seconds, room) in self._long.items():
            lengths = f"the ads of {locale} last {room:g} s there, and the voice about {seconds:.1f} s"
            what = "the recording" if self._choices[locale].voice in self._recordings else "voiceover"
            longer = ", or lengthen the storyboard" if room < PLACEMENTS[placement].longest else ""
            yield f"voice: left out at {placement}: {lengths} (shorten {what}{longer})"

    def _choose(self, locale: str, equipment: Equipment) -> Choice:
        """Return who speaks *locale*; a recording by its name in the blob store."""
        wanted = in_locale(self._brief.audio.voice, locale) or "auto"
        if self._presented or wanted == "none":
            return Choice()
        if wanted in self._sources:
            return Choice(voice=self._sources[wanted].name)
        return equipment.voice(locale, next(one for one in get_args(Wanted) if one == wanted))

    def _speech(self, text: str, locale: str) -> _Speech | None:
        choice = self._choices[locale]
        recording = self._recordings.get(choice.voice)
        if not text and recording is None:
            return None
        if not choice.voice:
            if choice.reason:
                self._silent[locale] = None
            return None
        narration = Narration(text=text, locale=locale, voice=choice.voice, recipe=RECIPE)
        if recording is not None:
            return _Speech(narration, recording)
        seconds = estimate_seconds(text, locale, choice.voice) if len(text) <= TEXT_MAX else float("inf")
        return _Speech(narration, seconds)


def narration_problems(narrations: Sequence[Narration]) -> Iterator[Problem]:
    """Yield what cannot be said: texts without a word, and recordings of more than one text.

    Such a recording could name a wrong price.
    """
    texts: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for narration in narrations:
        if narration.recorded:
            texts[narration.locale, narration.voice][narration.text] = None
        elif not any(char.isalnum() for char in narration.text):
            what = f"{shown(narration.text)} has no word to say"
            yield Problem(where=f"locales.{narration.locale}.voiceover", what=what, cure="write some")
    for (locale, _), said in texts.items():
        if len(said) > 1:
            what = f"one recording cannot say {len(said)} texts of {locale}"
            cure = "let voiceover be the same for all products and variants, or write auto"
            yield Problem(where="audio.voice", what=what, cure=cure)
