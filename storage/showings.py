"""Where shots are seen: entered with each plan, and looked up."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, func, join, select

import schemas.plan
from storage.dialect import batches, insert_new
from storage.tables import Ad, Shot, Showing


def enter(connection: Connection, plan: schemas.plan.Plan) -> None:
    """Note which clips the ads of *plan* show that are not entered yet."""
    bases = {shot.key: shot.base for shot in plan.shots if shot.base}
    known = set[str]()
    for batch in batches(ad.key for ad in plan.ads):
        known.update(connection.scalars(select(Ad.key).where(Ad.key.in_(batch))))
    new = {ad.composition.key: ad.shots for ad in plan.ads if ad.key not in known}
    pairs = {(bases.get(shot, shot), look) for look, shots in new.items() for shot in shots}
    insert_new(connection, Showing, ({"shot": shot, "composition": look} for shot, look in sorted(pairs)))


def uses(
    connection: Connection, shots: Iterable[str], besides: str, most: int
) -> dict[str, tuple[list[str], int]]:
    """Return the first *most* ads that show the clips of *shots*, and how many do, by shot; not *besides*."""
    found: dict[str, tuple[list[str], int]] = {}
    for shot, clip in _clips(connection, shots).items():
        shown = join(Showing, Ad, Ad.composition == Showing.composition)
        others = select(Ad.key).select_from(shown).where(Showing.shot == clip, Ad.key != besides)
        first = connection.scalars(others.order_by(Showing.composition, Ad.key).limit(most)).all()
        # Without a look at keys, an index holds all that is counted.
        count = select(func.count()).select_from(shown).where(Showing.shot == clip)
        total, itself = (
            connection.execute(one).scalar_one() for one in (count, count.where(Ad.key == besides))
        )
        found[shot] = ([*first], total - itself)
    return found


def _clips(connection: Connection, shots: Iterable[str]) -> dict[str, str]:
    """Return the shot that a model renders for each of *shots*: itself, or the one that it enlarges."""
    keys = list(dict.fromkeys(shots))
    specs = connection.execute(select(Shot.key, Shot.spec).where(Shot.key.in_(keys))).tuples()
    bases = {key: json.loads(spec).get("base") for key, spec in specs}
    return {key: bases.get(key) or key for key in keys}
