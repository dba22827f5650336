"""Decides what marks each ad carries: how it was made, which label its market asks for, whose key signs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from actors.weights import MUSIC_MAKER
from flows.equipment import Equipment
from flows.ingest import Ingested
from flows.specs import is_generated
from schemas.document import Problem
from schemas.markets import Market, label_of, markets_of
from schemas.marks import TRAINED, Incoming, Label, Marks, SourceType
from schemas.plan import Narration, Plan, Shot, Still

TEST_WARNING = (
    "WARNING: the ads are signed with a TEST certificate, which nobody trusts: before any of them is "
    "published, set REELMILL_C2PA_CERTIFICATE and REELMILL_C2PA_KEY; the ads are then composed anew, from "
    "the same shots"
)


class _Seen(NamedTuple):
    """How the pictures of an ad are made."""

    models: frozenset[str]
    """Trained models that took part."""
    incoming: frozenset[Incoming]
    """Files with marks of their own."""
    real: bool
    """Whether any picture or video was given."""
    whole: bool
    """Whether trained models made all of it."""
    people: bool
    """Whether a model made a person."""


class Disclosure:
    """The marks of a campaign's ads; what many ads have in common is worked out once.

    Art. 50(2) of the EU's AI Act leaves out assistance with editing that does not substantially alter what is
    given, so cut-outs, crops and enlarging are no AI here; nor is the built-in renderer, which moves a camera
    over given pictures, nor the synthesiser of music. A synthetic voice is, and so is the music of the pack,
    which a model made.
    """

    def __init__(self, ingested: Ingested, equipment: Equipment) -> None:
        brief = ingested.brief
        self._ai = brief.labels.ai
        self._producer = brief.labels.producer or brief.brand.name
        self._signer = equipment.signer
        self._origins = {source.name: source.origin for source in ingested.sources.values()}
        logo = brief.brand.logo
        self._logo = ingested.sources[logo].name if logo else ""
        self._seen: dict[tuple[str, ...], _Seen] = {}
        self._marks: dict[tuple[tuple[str, ...], str, tuple[str, str]], Marks] = {}

    def marks(
        self,
        locale: str,
        keys: Sequence[str],
        spoken: Narration | None,
        music: str,
        shots: dict[str, Shot],
        stills: dict[str, Still],
    ) -> Marks:
        """Return the marks of an ad of the shots *keys* for *locale*, in which somebody says *spoken*.

        *music* is as in Sound.
        """
        shown = tuple(dict.fromkeys(keys))
        heard = (
            spoken.engine if spoken and not spoken.recorded else "",
            MUSIC_MAKER if music.startswith("pack:") else "",
        )
        if (known := (shown, locale, heard)) not in self._marks:
            if shown not in self._seen:
                self._seen[shown] = self._look(shown, shots, stills)
            self._marks[known] = self._decided(self._seen[shown], locale, heard)
        return self._marks[known]

    def _decided(self, seen: _Seen, locale: str, heard: tuple[str, str]) -> Marks:
        models = sorted({*seen.models, *filter(None, heard)})
        told = self._ai == "always"
        trained = bool(models) or any(one.source in TRAINED for one in seen.incoming) or told
        asking = [market for market in markets_of(locale) if trained and _asks(market, people=seen.people)]
        label: Label | None = label_of(locale) if told or (asking and self._ai == "auto") else None
        aigc = trained and any(market.aigc for market in markets_of(locale))
        return Marks(
            source=_source(seen, trained=trained),
            models=tuple(models),
            label=label,
            aigc=self._producer if aigc else "",
            incoming=tuple(sorted(seen.incoming, key=lambda one: one.name)),
            signer=self._signer,
        )

    def _look(self, keys: Sequence[str], shots: dict[str, Shot], stills: dict[str, Still]) -> _Seen:
        made = [shots[key] for key in keys]
        used = [stills[key] for shot in made for key in _stills_of(shot, shots)]
        drawn = [still for still in used if still.drawing is not None]
        given = {still.source for still in used if still.drawing is None}
        given |= {shot.given.video for shot in made} | {self._logo}
        given.discard("")
        trained = [shot for shot in made if is_generated(shot)]
        models = {shot.model for shot in trained}
        models |= {still.drawing.model for still in drawn if still.drawing}
        incoming = frozenset(
            Incoming(name=name, **dict(origin))
            for name in given
            if (origin := self._origins.get(name)) and (origin.source or origin.manifest)
        )
        return _Seen(
            models=frozenset(models),
            incoming=incoming,
            real=bool(given),
            whole=len(trained) == len(made) and not given,
            people=any(shot.show == "presenter" for shot in trained),
        )


def disclosure_problems(plan: Plan, ai: str) -> Iterator[Problem]:
    """Yield the locales whose market asks for a label that the brief refuses."""
    if ai != "never":
        return
    people = {shot.key for shot in plan.shots if shot.show == "presenter" and is_generated(shot)}
    told: set[tuple[str, str]] = set()
    for ad in plan.ads:
        marks = ad.composition.marks
        trained = marks is not None and marks.source in TRAINED
        for market in markets_of(ad.locale) if trained else ():
            asked = _asks(market, people=not people.isdisjoint(ad.shots))
            if asked and (ad.locale, market.law) not in told:
                told.add((ad.locale, market.law))
                what = f"never, but AI took part in ads of {ad.locale}, where {market.law} asks for a label"
                yield Problem(where="labels.ai", what=what, cure="use auto, or leave AI or the locale out")


def disclosure_notes(plan: Plan) -> Iterator[str]:
    """Yield what the ads say of AI, by what they say, and loudly who signs them."""
    if any(ad.composition.marks and ad.composition.marks.signer == "test" for ad in plan.ads):
        yield TEST_WARNING
    told: dict[str, dict[str, None]] = {}
    for ad in plan.ads:
        if (marks := ad.composition.marks) and (marks.source in TRAINED or marks.label):
            told.setdefault(_sentence(marks, markets_of(ad.locale)), {})[ad.locale] = None
    for sentence, locales in told.items():
        yield f"AI in ads of {', '.join(locales)}: {sentence}"


def _sentence(marks: Marks, markets: Iterable[Market]) -> str:
    models = ", ".join(model.partition("@")[0] for model in marks.models)
    who = models or "the files given, or the brief, say so"
    label = f"label {marks.label.text!r} for {marks.label.seconds:g} s" if marks.label else "no label"
    key = ", the key AIGC" if marks.aigc else ""
    laws = "; ".join(market.law for market in markets) or "no market's rule is known"
    return f"{who}; {label}{key}, XMP and C2PA say {marks.source} ({laws})"


def _asks(market: Market, *, people: bool) -> bool:
    """Tell whether *market* asks for a label of an ad in which AI took part, and perhaps made *people*."""
    return market.visible == "all" or (market.visible == "people" and people)


def _source(seen: _Seen, *, trained: bool) -> SourceType:
    if trained:
        return "trainedAlgorithmicMedia" if seen.whole else "compositeWithTrainedAlgorithmicMedia"
    return "composite" if seen.real else "algorithmicMedia"


def _stills_of(shot: Shot, shots: dict[str, Shot]) -> Iterator[str]:
    """Yield the stills that *shot* shows, also those of the shots whose look it keeps."""
    yield from filter(None, (shot.still, shot.given.until, *shot.given.subjects))
    if shot.given.follows in shots:
        yield from _stills_of(shots[shot.given.follows], shots)
