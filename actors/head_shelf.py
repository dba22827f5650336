"""Keeps how a worker's latest ad begins, as x264 coded it, for ads that differ in their end card alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from actors.elements import Element
from actors.overlay import Overlay
from actors.picture_track import shown_by
from actors.video import Encoding
from actors.video_writer import Coded
from schemas.plan import Composition


class Film(NamedTuple):
    """All that an ad's pictures are made of."""

    composition: Composition
    clips: Sequence[Path]
    """One a cut."""
    elements: Sequence[Element]
    """What is drawn over them."""
    encoding: Encoding

    @property
    def joint(self) -> int:
        """The first frame of the end card, where the film is joined; 0 for a film of one piece.

        A head of less than a second is worth no joint; and a bit rate that is kept allows none, for x264
        would begin anew with an empty buffer (H.264, annex C).
        """
        ends = (start for start, cut in self.composition.timeline if cut.end_card)
        start = next(ends, 0)
        return start if start >= self.composition.fps and not self.encoding.kbps else 0

    @property
    def shown(self) -> tuple[object, ...]:
        """What decides the frames before the joint, but for what is drawn over them."""
        bare = shown_by(self.composition, self.clips, self.joint)
        return (*bare, self.composition.fps, self.encoding, self.joint)

    @property
    def overlay(self) -> Overlay:
        """The elements, ready to be drawn from the first frame on."""
        return Overlay(self.elements, self.composition.width, self.composition.height)


class HeadShelf:
    """The coded frames of one ad up to its joint."""

    def __init__(self) -> None:
        self._film: Film | None = None
        self._head: Sequence[Coded] = ()

    def take(self, film: Film) -> Sequence[Coded]:
        """Return the head of *film*; empty where it has to be made.

        It is taken over where every frame before the joint is the same, to the last bit.
        """
        kept = self._film
        if not film.joint or kept is None or film.shown != kept.shown:
            return ()
        return self._head if film.overlay.is_like(kept.overlay, film.joint) else ()

    def keep(self, film: Film, head: Sequence[Coded]) -> None:
        """Keep the *head* of *film* in place of what was kept."""
        self._film, self._head = film, head
