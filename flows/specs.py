"""What a plan alone tells: what each thing is, what it is made from, who makes it, and in which order."""

import math
from collections.abc import Collection, Iterable, Mapping

from actors.backends import VIDEO_MODELS, Entry
from schemas.plan import Ad, Drawing, Narration, Plan, Shot, Still

PartSpec = Still | Shot | Narration
"""What ads are made from, before it is made."""
Spec = PartSpec | Ad
CPU = "cpu"
"""The crew that does all that needs no GPU."""

_SMALL_FIRST = 10
"""One ad of so many goes first for being small."""


def verb_of(spec: Spec) -> str:
    """Return what a worker does to make *spec*."""
    match spec:
        case Still():
            return "prepare"
        case Shot():
            return "enlarge" if spec.base else "generate"
        case Narration():
            return "speak"
        case Ad():
            return "compose"


def entry_of(spec: Spec) -> Entry | None:
    """Return the table line of the model that draws or renders *spec*, or rendered its base; None without."""
    match spec:
        case Still(drawing=Drawing() as drawing):
            model = drawing.model
        case Shot():
            model = spec.model
        case _:
            return None
    return VIDEO_MODELS.get(model.partition("/")[0])


def is_generated(spec: Spec) -> bool:
    """Tell whether a model with weights, or a service, makes pictures for *spec*."""
    entry = entry_of(spec)
    return entry is not None and (entry.weights is not None or entry.service is not None)


def crew_of(spec: Spec) -> str:
    """Return the crew that makes *spec*: the model's own where a GPU is needed, or a service."""
    entry = entry_of(spec)
    if entry is None or (isinstance(spec, Shot) and spec.upscaler.startswith("lanczos")):
        return CPU
    serves = entry.service is not None and not (isinstance(spec, Shot) and spec.base)
    return entry.name if entry.gpus or serves else CPU


def needs_of(spec: Spec) -> tuple[str, ...]:
    """Return the keys of the parts that *spec* is made from."""
    match spec:
        case Still() | Narration():
            return ()
        case Shot(base=""):
            given = spec.given
            keys = (spec.still, given.until, *given.subjects, given.follows)
            return tuple(dict.fromkeys(filter(None, keys)))
        case Shot():
            return (spec.base,)
        case Ad():
            return tuple(dict.fromkeys(filter(None, (*spec.shots, spec.composition.sound.voice))))


def parts_of(plan: Plan) -> dict[str, PartSpec]:
    """Return what the ads of *plan* are made from, by key."""
    parts: tuple[PartSpec, ...] = (*plan.stills, *plan.shots, *plan.narrations)
    return {part.key: part for part in parts}


def lacking(ad: Ad, parts: Mapping[str, PartSpec], there: Collection[str]) -> dict[str, PartSpec]:
    """Return the *parts* of *ad* that are not *there*, by key, in order of making."""
    found: dict[str, PartSpec] = {}

    def collect(keys: Iterable[str]) -> None:
        for key in keys:
            if key not in there and key not in found:
                collect(needs_of(parts[key]))
                found[key] = parts[key]

    collect(needs_of(ad))
    return found


def in_order(ads: Iterable[Ad], there: Collection[str], *, capped: bool) -> list[Ad]:
    """Sort *ads* as they are made: those that lack nothing, then a few small ones, then from the largest on.

    The sooner one is there, the sooner a person sees what is wrong with all; but what is large and begun last
    leaves most workers idle. *capped*: all from the smallest on, for more ads of the same GPU-seconds.
    """
    by_size = sorted(ads, key=_pixels)
    if not capped:
        few = math.ceil(len(by_size) / _SMALL_FIRST)
        by_size[few:] = sorted(by_size[few:], key=_pixels, reverse=True)
    return sorted(by_size, key=lambda ad: any(key not in there for key in needs_of(ad)))


def _pixels(ad: Ad) -> int:
    look = ad.composition
    return look.width * look.height * look.frames
