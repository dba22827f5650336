"""What the ads of a run lack when it begins, so that others can tell how far it is."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from sqlalchemy import Connection, delete, select

from schemas.plan import Ad, Narration, Plan, Shot, Still
from storage import tables
from storage.dialect import batches, insert_new
from storage.tables import MADE, WORKS, Run, Want

Part = Still | Shot | Narration


def enter(connection: Connection, plan: Plan, run: int, campaign: int) -> None:
    """Note what is to be made for the ads of *plan* that are not made; that of earlier runs is forgotten."""
    earlier = select(Run.id).where(Run.campaign_id == campaign, Run.id != run)
    connection.execute(delete(Want).where(Want.run_id.in_(earlier)))
    left = select(tables.Ad.key).where(tables.Ad.run_id == run, tables.Ad.state.not_in(MADE))
    unmade = set(connection.scalars(left))
    if not unmade:
        return
    every: tuple[Part, ...] = (*plan.stills, *plan.shots, *plan.narrations)
    parts = {part.key: part for part in every}
    there = _made(connection, parts)
    lacking = _lacking((ad for ad in plan.ads if ad.key in unmade), parts, there)
    rows = ({"run_id": run, "kind": parts[key].kind, "key": key} for key in lacking)
    insert_new(connection, Want, rows)


def _made(connection: Connection, parts: Mapping[str, Part]) -> set[str]:
    found = set[str]()
    for kind in ("still", "shot", "voice"):
        table = WORKS[kind]
        for batch in batches(key for key, part in parts.items() if part.kind == kind):
            done = select(table.key).where(table.key.in_(batch), table.state.in_(MADE))
            found.update(connection.scalars(done))
    return found


def _lacking(ads: Iterable[Ad], parts: Mapping[str, Part], there: set[str]) -> Iterator[str]:
    """Yield what *ads* are made from, and that in turn, as far as it is not *there*; each once."""
    seen = set(there)
    left = list(chain.from_iterable((*ad.shots, ad.composition.sound.voice) for ad in ads))
    while left:
        key = left.pop()
        if key in seen or key not in parts:
            continue
        seen.add(key)
        yield key
        left += _needs(parts[key])


def _needs(part: Part) -> tuple[str, ...]:
    if not isinstance(part, Shot):
        return ()
    given = part.given
    return (part.base,) if part.base else (part.still, given.until, *given.subjects, given.follows)
