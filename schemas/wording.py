"""Words of a refusal: values shown short and safe, the nearest known name."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

SHOWN_MAX = 60
"""Characters of a value that a message repeats."""


def shown(value: object) -> str:
    """Return *value* as a message shows it: quoted, on one line, control characters escaped, shortened."""
    match value:
        case None:
            return "an empty value"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 2]}…{text[-1]}"


def nearest(name: object, known: Iterable[str]) -> str | None:
    """Return the name in *known* that *name* was probably meant to be, or None."""
    asked = str(name)[:SHOWN_MAX].lower()
    by_lower = {one.lower(): one for one in known}
    close = get_close_matches(asked, by_lower, n=1, cutoff=0.6)
    if not close and len(asked) > 2:  # noqa: PLR2004 (two letters are in nearly every name)
        close = [one for one in by_lower if asked in one or one in asked]
    return by_lower[close[0]] if close else None


def suggestion(name: object, known: Iterable[str]) -> str:
    """Return a cure for an unknown *name*: the nearest of *known*, where one is near, and all of them."""
    names = tuple(dict.fromkeys(known))
    close = nearest(name, names)
    return f"{f'did you mean {close}? ' if close else ''}known: {', '.join(names)}"


def refusal(what: str, cure: str, *, kind: str = "refused") -> PydanticCustomError:
    """Return the error that a validator raises; ``ctx`` keeps the two halves for whoever reports them."""
    return PydanticCustomError(kind, "{what}; {cure}", {"what": what, "cure": cure})
