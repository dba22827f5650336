"""What a rule judges, and what it says."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from schemas.media import Facts
from schemas.placements import Placement
from schemas.plan import Composition


class Case(NamedTuple):
    """An ad with what was planned, what its placement asks, and what was measured."""

    facts: Facts
    composition: Composition
    placement: Placement

    @property
    def silent(self) -> bool:
        """Whether nothing is heard."""
        return self.facts.lufs <= SILENCE


class Breach(NamedTuple):
    """What breaks a rule, in words for people."""

    measured: str
    limit: str
    """What it must be: the sentence goes on with it."""


Judge = Callable[[Case], Iterator[Breach]]
"""Yields every breach of one rule. Its name is the rule's, its docstring says what is measured."""

SILENCE = -70.0
"""LUFS at and below which nothing is heard (ITU-R BS.1770-4)."""
EPSILON = 1e-6
"""Seconds and shares are compared as decimals."""
