"""The recipe of an ad for people: what is read, seen and heard, and what made it."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.plan import Ad, Composition, Shot
from schemas.sidecar import Sidecar


class Scene(NamedTuple):
    """One cut of an ad."""

    number: int
    begins: float
    """Seconds from the beginning."""
    seconds: float
    shot: str
    """Key."""
    caption: str
    note: str
    facts: tuple[tuple[str, str], ...]
    """How its shot is made: what it is called, and what it is. Empty while nobody knows."""


class Reading(NamedTuple):
    """A recipe in words."""

    scenes: tuple[Scene, ...]
    texts: tuple[tuple[str, str], ...]
    sound: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]
    made: tuple[tuple[str, str], ...]


def read_recipe(ad: Ad, sidecar: Sidecar | None) -> Reading:
    """Return the recipe of *ad*; of one that is not made only what its plan says."""
    composition = ad.composition
    shots = _shots(sidecar) if sidecar else {}
    return Reading(
        scenes=tuple(_scenes(composition, shots)),
        texts=_there(_texts(composition)),
        sound=_there(_sound(composition, sidecar)),
        marks=_there(_marks(composition)),
        made=_there(_made(sidecar)) if sidecar else (),
    )


def _shots(sidecar: Sidecar) -> dict[str, Shot]:
    """Return the shots by the keys that they had when the ad was made, which its cuts and clips name."""
    pairs = zip(sidecar.recipe.clips, sidecar.recipe.shots, strict=True)
    return {clip.shot: shot for clip, shot in pairs}


def _there(pairs: Iterator[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs if value)


def _scenes(composition: Composition, shots: dict[str, Shot]) -> Iterator[Scene]:
    for number, (begin, cut) in enumerate(composition.timeline, 1):
        shot = shots.get(cut.shot)
        facts = _there(_shot(shot, shots)) if shot else ()
        begins, seconds = begin / composition.fps, cut.frames / composition.fps
        yield Scene(number, begins, seconds, cut.shot, cut.caption, cut.note, facts)


def _shot(shot: Shot, shots: dict[str, Shot]) -> Iterator[tuple[str, str]]:
    maker = shots.get(shot.base, shot)
    yield "Shows", shot.show.replace("_", " ")
    yield "Prompt", maker.prompt
    yield "Avoids", maker.negative
    yield "Camera", shot.camera.replace("_", " ")
    yield "Model", maker.model
    yield "Seed", str(maker.seed)
    yield "Size", f"{shot.width} x {shot.height}, {shot.frames} frames at {shot.fps} a second"
    if shot.base:
        yield "Enlarged", f"from {maker.width} x {maker.height} by {shot.upscaler}"


def _texts(composition: Composition) -> Iterator[tuple[str, str]]:
    yield "Price", composition.price
    yield "Old price", composition.old_price
    yield "Discount", composition.discount
    yield "Until", composition.until
    yield "Button", composition.button
    yield "Disclaimer", composition.disclaimer
    yield "Brand", composition.kit.name
    yield "Language", composition.locale


def _sound(composition: Composition, sidecar: Sidecar | None) -> Iterator[tuple[str, str]]:
    yield "Music", composition.sound.music
    narration = sidecar.recipe.narration if sidecar else None
    if narration:
        yield "Voice", narration.voice
        yield "Says", narration.text
    yield "Captions", "shown as the words are said" if composition.captions else ""
    sound = composition.sound
    yield "Loudness", f"{sound.lufs:g} LUFS, true peak at most {sound.true_peak_max:g} dBTP"


def _marks(composition: Composition) -> Iterator[tuple[str, str]]:
    marks = composition.marks
    if marks is None:
        return
    yield "Label in the picture", marks.label.text if marks.label else "none asked for"
    yield "Kind of source (IPTC)", marks.source
    yield "Trained models", ", ".join(marks.models)
    yield "AIGC key", marks.aigc
    yield "Signed with", "the team's certificate" if marks.signer == "own" else "a test certificate"


def _made(sidecar: Sidecar) -> Iterator[tuple[str, str]]:
    yield "Made at", sidecar.made_at
    yield "Taken over from", sidecar.composed_from
    yield "Software", ", ".join(f"{name} {version}" for name, version in sidecar.versions.items())
    yield "SHA-256", sidecar.asset.file.sha256
