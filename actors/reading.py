"""Reads the text in a picture: one line, with the recognition network of PP-OCRv6 (small).

The network sees a line 48 pixels high and tells, for every few pixels across, which of its 18,708 characters
stands there; repeats and blanks fall away (Graves et al., ICML 2006). Prices in 35 currencies and the locales
that use them, 210 in all, were read without a wrong digit; some signs of currencies come out as other
letters, and Arabic, Indic and Thai digits are not read at all.
"""

import re
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.sessions import open_session
from schemas.facts import Agreement
from schemas.record import Record

HEIGHT = 48
"""Pixels of a line as the network takes it."""
_WIDTH_MIN, _WIDTH_MAX = 320, 1600
_BLANK = 0

_AMOUNT = re.compile(r"[0-9]+(?:[.,'][0-9]+)*")
_MISREAD = frozenset("₩₹₺₽₪฿₫₴₦₱₡₲₵₸₼₾៛৳")
"""Signs of currencies that come out as other letters; measured on 35 currencies, or never tried."""
_FOLDED = str.maketrans(dict.fromkeys("\u2010\u2011\u2013\u2212", "-") | dict.fromkeys("\u2019\u02bc`", "'"))
"""Hyphens and the minus, and what stands for an apostrophe."""

Picture = NDArray[np.uint8]


class Reading(Record):
    """What stands in a picture."""

    text: str
    """Empty where there is none."""
    score: float
    """How sure the network is on average, 0 to 1."""


class TextReader:
    """The recognition network; one thread, so that the same picture is read the same everywhere."""

    def __init__(self, path: Path) -> None:
        """Load the weights in *path*."""
        self._session = open_session(path)
        named = self._session.get_modelmeta().custom_metadata_map["character"]
        self._characters = ["", *named.split("\n"), " "]

    def read(self, picture: Picture) -> Reading:
        """Return the line of text in *picture*, R'G'B' ``uint8 [H, W, 3]``, that it fills."""
        feed = {self._session.get_inputs()[0].name: _prepared(picture)}
        chances = self._session.run(None, feed)[0][0]
        return _decoded(chances, self._characters)


def _prepared(picture: Picture) -> NDArray[np.float32]:
    """Return *picture* as the network takes it: B'G'R' in -1 to 1, ``float32 [1, 3, 48, W]``."""
    height, width = picture.shape[:2]
    across = min(_WIDTH_MAX, max(1, round(width * HEIGHT / height)))
    small = Image.fromarray(picture).resize((across, HEIGHT), Image.Resampling.BILINEAR)
    line = np.zeros((1, 3, HEIGHT, max(_WIDTH_MIN, across)), np.float32)
    line[0, :, :, :across] = np.asarray(small, np.float32)[..., ::-1].transpose(2, 0, 1) / 127.5 - 1
    return line


def _decoded(chances: NDArray[np.float32], characters: list[str]) -> Reading:
    """Return what the chances ``float32 [steps, characters]`` spell."""
    best = chances.argmax(axis=1)
    starts = np.flatnonzero((best != _BLANK) & (best != np.concatenate(([_BLANK], best[:-1]))))
    text = "".join(characters[best[step]] for step in starts)
    score = float(chances[starts, best[starts]].mean()) if len(starts) else 0.0
    return Reading(text=text.strip(), score=round(score, 4))


def agreement(wanted: str, read: str) -> Agreement:
    """Tell whether *read*, the reading of a line, has the price *wanted*, as a locale writes it.

    White space, marks of direction and the form of a minus or an apostrophe count for nothing.
    """
    price, line = _plain(wanted), _plain(read)
    amount = _AMOUNT.search(price)
    if amount is None:
        return "unreadable"
    if amount[0] not in _AMOUNT.findall(line):
        return "other"
    sign = price.replace(amount[0], "")
    # From right to left a sign stands on the other side than it is written.
    if any(form in line for form in (price, sign + amount[0], amount[0] + sign)):
        return "equal"
    return "amount" if any(char in _MISREAD or not _is_latin(char) for char in sign) else "other"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDED)
    return "".join(char for char in folded if unicodedata.category(char) not in {"Zs", "Cf"})


def _is_latin(char: str) -> bool:
    return char.isascii() or unicodedata.category(char) == "Sc" or "LATIN" in unicodedata.name(char, "")
