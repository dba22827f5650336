"""Refuses campaigns that nobody has made, with the names of those that there are."""

from collections.abc import Collection, Iterable

from schemas.errors import BriefError


def check_known(names: Iterable[str], known: Collection[str]) -> None:
    """Raise BriefError for the first of *names* that is not among *known*, the campaigns that there are."""
    for name in names:
        if name not in known:
            raise BriefError(f"campaign: unknown {name!r}; known: {', '.join(known) or 'none'}")
