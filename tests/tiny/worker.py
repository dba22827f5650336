"""A worker whose table has the tiny rows; it does all else as ever."""

from actors.workshop import Workshop
from tests.tiny.rows import shrink_placement, shrink_table

shrink_table()
shrink_placement()


class TinyWorkshop(Workshop):
    """Does what a workshop does."""
