"""Notes what people ask to be made otherwise, for `reelmill change` and the review page."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Final, Literal, NamedTuple

import click
from pydantic import ValidationError

from actors.fonts import FONTS, Faces, missing
from flows.amendments import hook_problems
from flows.brief_shape import shape_problems
from flows.decisions import check_line, find_ads
from flows.policy import Refusals, read_policy
from flows.tables import print_json, print_rows
from flows.writing import emoji_files
from schemas.change import Asked, Change
from schemas.document import Problem
from schemas.errors import BriefError
from schemas.plan import Ad
from schemas.settings import Settings
from schemas.wording import shown
from storage.catalog import Catalog

OTHER: Final = "other"
"""In place of a seed: one that no ad of the slots ever had."""


class Wish(NamedTuple):
    """What somebody asks of ads."""

    seed: int | Literal["other"] | None = None
    hook: str = ""
    back: bool = False
    """Take back all that was asked before."""


def read_seed(text: str) -> int | Literal["other"] | None:
    """Return the seed that a person wrote: a number, ``other``, or nothing. Raises BriefError."""
    written = text.strip().lower()
    if written == OTHER:
        return OTHER
    if written and not (written.isascii() and written.isdecimal()):
        raise BriefError(f"seed: {shown(text)} is no seed; give a whole number, for example 7, or other")
    return int(written[:20]) if written else None


def ask(
    ads: Sequence[str], wish: Wish, by: str, comment: str, catalog: Catalog, settings: Settings
) -> list[Asked]:
    """Note that *by* has *wish* of the slots of *ads*, keys or unique starts of keys; return what counts now.

    All or none: raises BriefError with everything that is wrong, as far as it can be told without the brief;
    whether a hook has room is seen when the campaign is planned.
    """
    check_line("by", by)
    check_line("comment", comment)
    keys = find_ads(ads, catalog)
    change = _change(wish, keys, catalog)
    if change.hook:
        refused = hook_problems(change.hook, Refusals(read_policy(settings.policy)))
        undrawn = _undrawn(change, catalog.planned_ads(keys).values(), settings)
        _refuse((*refused, *undrawn))
    return catalog.ask_change(keys, change, by, comment)


def print_asked(asked: Iterable[Asked], *, as_json: bool) -> None:
    """Print what counts now."""
    if as_json:
        print_json([_row(one) for one in asked])
    else:
        print_rows([_row(one) | _short(one) for one in asked])
        click.echo("`reelmill plan BRIEF` shows what that makes, and the next `reelmill run BRIEF` makes it.")


def _change(wish: Wish, keys: Iterable[str], catalog: Catalog) -> Change:
    asks = wish.seed is not None or bool(wish.hook.strip())
    if asks == wish.back:
        what = "asks for something and takes it back" if asks else "asks for nothing"
        cure = "give a seed, a hook or both, or take back what was asked (--seed, --hook, --take-back)"
        raise BriefError(f"change: {what}; {cure}")
    seed = wish.seed
    if seed == OTHER:
        had = catalog.seeds_had(keys)
        seed = next(number for number in count(1) if number not in had)
    try:
        return Change(seed=seed, hook=wish.hook)
    except ValidationError as error:
        raise BriefError("\n".join(str(problem) for _, problem in shape_problems(error))) from error


def _undrawn(change: Change, ads: Iterable[Ad], settings: Settings) -> Iterator[Problem]:
    """Yield what no packaged font can write; a brand's own font is looked at when the campaign is planned."""
    faces = Faces(emoji_files(settings))
    for heading, locale in dict.fromkeys((ad.composition.kit.heading, ad.locale) for ad in ads):
        for lacking in missing(change.hook, heading, locale, faces) if heading in FONTS else ():
            yield Problem(where="hook", what=f"{shown(change.hook)} has {lacking}", cure=lacking.cure)


def _refuse(problems: Iterable[Problem]) -> None:
    if lines := [*dict.fromkeys(map(str, problems))]:
        raise BriefError("\n".join(lines))


def _row(asked: Asked) -> dict[str, Any]:
    told = asked.change.model_dump(mode="json")
    about = asked.model_dump(mode="json", include={"by", "comment", "at"})
    return {"campaign": asked.campaign, **asked.slot._asdict(), **told, **about, "ad": asked.ad}


def _short(asked: Asked) -> dict[str, Any]:
    """Return what a table for people writes otherwise."""
    seed = "" if asked.change.seed is None else asked.change.seed
    return {"seed": seed, "at": f"{asked.at:%Y-%m-%d %H:%M}", "ad": asked.ad[:12]}
