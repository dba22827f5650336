"""Reads the mood of a prompt: which of its words say how colours should move."""

import re
from typing import NamedTuple


class Mood(NamedTuple):
    """How a moving background feels; as a word's effect, what it adds."""

    speed: float = 0.0
    contrast: float = 0.0
    warmth: float = 0.0
    """Above 0 towards amber, below towards blue."""
    light: float = 0.0
    """Above 0 towards white, below towards black."""


_PLAIN = Mood(speed=1.0, contrast=1.0)
_LEAST, _MOST = Mood(0.4, 0.6, -1.0, -1.0), Mood(2.2, 1.5, 1.0, 1.0)

_CALM = Mood(speed=-0.35, contrast=-0.2)
_LIVELY = Mood(speed=0.7, contrast=0.25)
_WARM = Mood(speed=-0.1, warmth=0.6)
_COLD = Mood(warmth=-0.6, light=0.1)
_DARK = Mood(speed=-0.15, contrast=0.1, light=-0.7)
_BRIGHT = Mood(speed=0.1, light=0.6)
_RICH = Mood(speed=-0.3, contrast=0.3, light=-0.35)

_EFFECTS: tuple[tuple[Mood, str], ...] = (
    (_CALM, "calm quiet gentle soft slow serene peaceful minimal cozy cosy relaxing dreamy"),
    (_LIVELY, "energetic energy bold dynamic fast playful fun vibrant lively sport sporty party urgent sale"),
    (_WARM, "warm golden sunny sun sunset autumn amber morning cozy cosy fire summer spicy"),
    (_COLD, "cool cold fresh ice icy winter ocean water blue mint tech clean frost"),
    (_DARK, "dark night noir midnight shadow moody evening mystery"),
    (_BRIGHT, "bright light airy day morning fresh clean spring white summer pastel"),
    (_RICH, "luxury luxurious premium elegant rich exclusive velvet gold refined"),
)


def read_mood(prompt: str) -> Mood:
    """Return the mood that the known words of *prompt* add up to."""
    said = set(re.findall(r"[a-z]+", prompt.lower()))
    effects = [_PLAIN, *(mood for mood, words in _EFFECTS for word in words.split() if word in said)]
    sums = (sum(values) for values in zip(*effects, strict=True))
    return Mood(*(min(high, max(low, value)) for low, value, high in zip(_LEAST, sums, _MOST, strict=True)))
