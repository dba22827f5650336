"""Says what hosted models will charge for a plan, and refuses one that costs more than they may."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from actors.backends import VIDEO_MODELS, Entry
from actors.backends.runway import credits_of
from flows.specs import entry_of
from schemas.document import Problem
from schemas.plan import Plan, Shot


def credit_problems(plan: Plan) -> Iterator[Problem]:
    """Yield each service that would be paid more for *plan* than its table line allows a campaign."""
    for entry, shots in _hosted(plan.shots):
        cost = _cost(shots, entry)
        if entry.service is not None and cost > entry.service.credits_max:
            most = entry.service.credits_max
            what = f"{len(shots)} shots by {entry.name} cost {cost:,} credits, {most:,} are allowed"
            cure = (
                "shorten or drop scenes, or have credits_max raised in its line of actors/backends/table.py"
            )
            yield Problem(where="video.model", what=what, cure=cure)


def credit_notes(plan: Plan) -> Iterator[str]:
    """Yield what each service will charge for *plan*, if nothing of it is there yet."""
    for entry, shots in _hosted(plan.shots):
        yield f"{entry.name}: {len(shots)} shots for up to {_cost(shots, entry):,} credits"


def credits_for(shots: Iterable[Shot]) -> dict[str, int]:
    """Return what each service will charge for *shots*, in its credits, by the model's name."""
    return {entry.name: _cost(hosted, entry) for entry, hosted in _hosted(shots)}


def _hosted(shots: Iterable[Shot]) -> Iterator[tuple[Entry, list[Shot]]]:
    found: dict[str, list[Shot]] = defaultdict(list)
    for shot in shots:
        entry = entry_of(shot)
        if entry is not None and entry.service is not None and not shot.base:
            found[entry.name].append(shot)
    return ((VIDEO_MODELS[name], shots) for name, shots in found.items())


def _cost(shots: list[Shot], entry: Entry) -> int:
    return round(sum(credits_of(shot, entry) for shot in shots))
