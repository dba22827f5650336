"""Reads the price where it stands, from frames of the finished file."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from actors.reading import Picture, TextReader, agreement
from actors.video import grab_picture
from schemas.facts import SeenPrice
from schemas.layout import Box, PlacedText

_PLACES_MAX = 3
"""Places of one ad that are read: a scene, the badge, the closing card."""
_MARGIN = 0.18
"""Room around a text for the network, as a share of its height."""


def seen_prices(
    path: Path, texts: Sequence[PlacedText], price: str, reader: TextReader, fps: float
) -> Iterator[SeenPrice]:
    """Yield what is read in *path* wherever *texts* tell that *price* stands alone, while it rests."""
    for placed in islice((placed for placed in texts if placed.text == price), _PLACES_MAX):
        frame = grab_picture(path, (placed.start + placed.end) / 2 / fps)
        found = reader.read(_part(frame, placed.box))
        yield SeenPrice(
            wanted=price, read=found.text, score=found.score, agreement=agreement(price, found.text)
        )


def _part(frame: Picture, box: Box) -> Picture:
    margin = round(_MARGIN * box.height)
    rows = slice(max(0, box.top - margin), box.bottom + margin)
    return np.ascontiguousarray(frame[rows, max(0, box.left - margin) : box.right + margin])
