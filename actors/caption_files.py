"""Writes what is said or written in an ad as files for players: SRT and VTT."""

from collections.abc import Iterator

from actors.captions import Cue, said, shown, srt, vtt
from actors.sound import fit_voice
from schemas.plan import Composition
from schemas.sidecar import Recipe


def captions_of(recipe: Recipe) -> dict[str, str]:
    """Return the captions of an ad by the suffix of their file; empty where it has no words."""
    cues = _cues(recipe)
    return {".srt": srt(cues), ".vtt": vtt(cues)} if cues else {}


def _cues(recipe: Recipe) -> tuple[Cue, ...]:
    """Return what the voice says when it says it; without its words, what the scenes say."""
    look, voice = recipe.ad.composition, recipe.voice_file
    if voice is None or not voice.words:
        return shown(tuple(_written(look)))
    text = recipe.narration.text if recipe.narration else ""
    return said(fit_voice(voice.seconds, look.seconds).words(voice.words), text, seconds=look.seconds)


def _written(look: Composition) -> Iterator[tuple[str, float, float]]:
    """Yield each scene's caption with its begin and end, in seconds."""
    for begin, cut in look.timeline:
        if cut.caption:
            yield cut.caption, begin / look.fps, (begin + cut.frames) / look.fps
