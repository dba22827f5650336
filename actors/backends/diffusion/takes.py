"""Makes long shots of short takes: where they begin, how they join, and whether the joint shows.

A take sees the last pictures of the one before and repeats them, so the two overlap: the new one is brought
to the colours of the old, and dissolves out of it. Models drift in colour from take to take; what they repeat
tells by how much, and whether they went on from it at all.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.backends import FrameRule
from schemas.errors import GenerationError

Picture = NDArray[np.uint8]
"""RGB ``[H, W, 3]``."""

_GAIN_MAX = 1.25
"""How far the contrast of a take is changed at most to meet the one before."""
_JUMP = 3.0
"""So many times the usual change from picture to picture is a jump."""
_JUMP_MIN = 6.0
"""Levels of 255 below which no change is seen as a jump."""
_APART_MIN = 12.0
"""Levels of 255 by which pictures may always differ from those that they repeat: the VAE's own loss."""
_WINDOW = 8
"""Pictures on either side of a joint that tell what is usual."""
_TRIES = 2


class Take(NamedTuple):
    """A part of a shot that is made at once."""

    number: int
    start: int
    """First picture in the shot."""
    frames: int
    """How many pictures the model is asked for; a legal length."""
    context: int
    """How many of them repeat what comes before."""
    last: bool
    attempt: int = 0
    """How often it was made before; another attempt draws from another seed."""


def cut(frames: int, rule: FrameRule, *, most: int = 0, given: int = 0) -> Iterator[Take]:
    """Cut a shot of *frames*, of which the first *given* are there, into takes of *most* at most.

    *most* is the rule's own where 0; takes are of legal length, so the last may be longer than is left.
    """
    most = most or rule.most or rule.legal(frames)
    start, context, number = 0, given, 0
    while True:
        length = min(rule.legal(frames - start), most)
        last = start + length >= frames
        yield Take(number, start, length, context, last)
        if last:
            return
        start, context, number = start + length - rule.context, rule.context, number + 1


def joined(
    takes: Iterator[Take],
    make: Callable[[Take, list[Picture]], list[Picture]],
    frames: int,
    given: list[Picture],
    overlap: int,
) -> Iterator[Picture]:
    """Yield the *frames* pictures of a shot that *make* makes, take by take; two takes are held at most.

    The shot begins with the pictures *given*; later takes overlap by *overlap*. *make* gets a take and the
    pictures that it goes on from, and returns as many as the take has. Raises GenerationError where there are
    fewer, or where a joint still shows at the second attempt.
    """
    held, sent = given, 0
    for take in takes:
        pictures = _met(take, make, held)
        ready = len(pictures) - (0 if take.last else overlap)
        # Copies: as parts of one array, a few would keep the whole take in memory.
        held = [picture.copy() for picture in pictures[ready:]]
        count = min(ready, frames - sent)
        yield from pictures[:count]
        sent += count
        del pictures


def _met(
    take: Take, make: Callable[[Take, list[Picture]], list[Picture]], before: list[Picture]
) -> list[Picture]:
    """Return the pictures of *take*, the first of them dissolved out of those *before*."""
    told = ""
    for attempt in range(_TRIES):
        made = make(take._replace(attempt=attempt), before)
        if len(made) != take.frames:
            raise GenerationError(f"{len(made)} pictures came where {take.frames} were asked for")
        if not before:
            return made
        made = _matched(made, before)
        told = gap_of(made, before, take.start)
        made = _dissolved(before, made)
        told = told or jump_of(made, len(before), take.start)
        if not told:
            return made
    raise GenerationError(f"{told}; use another seed, or shorter scenes that are cut together")


def gap_of(made: list[Picture], before: list[Picture], start: int = 0) -> str:
    """Say by how much *made* differs from *before*, with which it was to begin, if it is another scene.

    A dissolve would hide that from `jump_of`. The measure is the same, and so is what is usual.
    """
    usual = _usual(_changes(made[len(before) : len(before) + _WINDOW]))
    apart = float(np.mean([_apart(new, old) for new, old in zip(made, before, strict=False)]))
    if apart <= max(_JUMP * usual, _APART_MIN):
        return ""
    return f"another scene begins at frame {start}: {apart:.1f} levels off, where {usual:.1f} are usual"


def jump_of(pictures: list[Picture], overlap: int, start: int = 0) -> str:
    """Say by how much *pictures* change where the first *overlap* of them end, if that is a jump.

    Change is the mean absolute difference of neighbours, in levels of 255.
    """
    changes = _changes(pictures[: overlap + _WINDOW])
    usual = _usual(changes[overlap:])
    worst = max(changes[:overlap], default=0.0)
    if worst <= max(_JUMP * usual, _JUMP_MIN):
        return ""
    place = start + changes.index(worst) + 1
    return f"the picture jumps at frame {place}: by {worst:.1f} levels, where {usual:.1f} are usual"


def _changes(pictures: list[Picture]) -> list[float]:
    return [_apart(new, old) for old, new in pairwise(pictures)]


def _apart(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _usual(changes: list[float]) -> float:
    return float(np.median(changes)) if changes else 0.0


def _matched(made: list[Picture], before: list[Picture]) -> list[Picture]:
    """Bring *made* to the colours of *before*, which its first pictures repeat: mean and contrast."""
    old, new = (np.stack(part).astype(np.float32) for part in (before, made[: len(before)]))
    spread = old.std(axis=(0, 1, 2)) / np.maximum(new.std(axis=(0, 1, 2)), 1e-3)
    gain = np.clip(spread, 1 / _GAIN_MAX, _GAIN_MAX)
    shift = old.mean(axis=(0, 1, 2)) - new.mean(axis=(0, 1, 2)) * gain
    return [np.clip(picture * gain + shift + 0.5, 0, 255).astype(np.uint8) for picture in made]


def _dissolved(before: list[Picture], after: list[Picture]) -> list[Picture]:
    """Return *after*, beginning with the first of *before* and turning into itself as far as that goes."""
    shares = [n / len(before) for n in range(len(before))]
    mixed = [
        (old * (1 - share) + new * share + 0.5).astype(np.uint8)
        for old, new, share in zip(before, after, shares, strict=False)
    ]
    return mixed + after[len(before) :]
