"""Yields the rows of a feed one by one, whatever its format."""

from typing import NamedTuple

COLUMNS_MAX = 500
CELL_MAX = 20_000
"""Characters of one value; the longest that Google and Meta allow is a description of 9,999."""


class Row(NamedTuple):
    """One row, as written."""

    line: int
    """Where it begins, from 1."""
    values: dict[str, str]
    """By column; those that are empty are left out."""
    pictures: tuple[str, ...] = ()
    """Further pictures that an XML feed lists one by one."""
    fault: str = ""
    """What is wrong with the row as a whole: ``what; cure``."""


def column_name(written: str) -> str:
    """Return the name of the column that a feed calls *written*: ``g:image_link``, ``Image link``.

    A locale behind a full stop, as in ``title.de-DE``, keeps its capitals.
    """
    name, stop, tag = written.strip().lstrip("\ufeff").partition(".")
    return "_".join(name.lower().removeprefix("g:").split()) + stop + tag
