"""Makes texts of strangers harmless: one line, no control characters, no marks that turn other texts."""

import html
import re
import unicodedata

from schemas.brief import INVISIBLE

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_OPENING, _CLOSING = frozenset("\u2066\u2067\u2068"), "\u2069"
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def neutral(text: str) -> str:
    """Return *text* on one line without characters that steer; isolates that are not balanced go too.

    Open, they would turn the price that a caption writes after a title (Unicode UAX 9).
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    line = " ".join(text.split())
    kept = "".join(char for char in line if unicodedata.category(char) not in _UNWANTED or char in INVISIBLE)
    return kept if _balanced(kept) else "".join(c for c in kept if c not in _OPENING and c != _CLOSING)


def from_html(text: str) -> str:
    """Return the text of a description that may be written in HTML, as shops export them."""
    return html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text


def shortened(text: str, most: int) -> str:
    """Return *text*, cut after a word if it has more than *most* characters."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in _OPENING) - (char == _CLOSING)
        if depth < 0:
            return False
    return depth == 0
