"""Says times and texts as people read them on a terminal."""

import math
import unicodedata

_FEW, _MINUTE, _HOUR, _DAY = 5, 60, 3600, 86_400
_HUNDRED, _THOUSAND = 99.95, 999.5
"""What rounds to that."""
_UNSEEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the direction of what stands after them."""


def about(seconds: float) -> str:
    """Return *seconds* no finer than an estimate is: ``about 40 s``, ``about 2 h 10 min``."""
    if seconds <= _FEW:
        return "a few seconds"
    return f"about {_rounded(seconds)}"


def _rounded(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{math.ceil(seconds / 10) * 10} s"
    if seconds < _HOUR - _MINUTE / 2:
        return f"{round(seconds / _MINUTE)} min"
    if seconds < _DAY - _HOUR / 2:
        return _two(seconds, _HOUR, "h", 5 * _MINUTE, _MINUTE, "min")
    return _two(seconds, _DAY, "days", _HOUR, _HOUR, "h").replace("1 days", "1 day")


def number(value: float) -> str:
    """Return *value* without decimals, in groups of three digits."""
    return f"{math.ceil(value):,}"


def in_bytes(size: float) -> str:
    """Return *size*, bytes, in two or three digits with a unit of powers of 1,000: ``3.2 MB``, ``740 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(size) < _THOUSAND:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= _HUNDRED else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def counted(many: int, name: str) -> str:
    """Return *many* things called *name*: ``1 shot``, ``12 shots``."""
    return f"{many:,} {name}" + "s" * (many != 1)


def plain(text: str, most: int = 400) -> str:
    """Return *text* on one line of at most *most* characters, without characters that steer a terminal."""
    line = " ".join("".join(_seen(char) for char in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _seen(char: str) -> str:
    if char in "\n\r\t":
        return " "
    hidden = char in _TURNING or unicodedata.category(char) in _UNSEEN
    return f"\\u{ord(char):04x}" if hidden else char


def _two(seconds: float, large: int, name: str, step: int, small: int, other: str) -> str:
    """Return *seconds* in two units, rounded to *step*."""
    rounded = round(seconds / step) * step
    whole, rest = divmod(rounded, large)
    return f"{whole} {name} {rest // small} {other}" if rest else f"{whole} {name}"
