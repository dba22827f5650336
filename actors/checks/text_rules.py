"""Rules about the texts in the picture: where they stand, how large they are, whether they can be read."""

from collections.abc import Iterator

from actors.checks.case import EPSILON, Breach, Case
from actors.layouts.contrast import READABLE
from actors.layouts.disclosure import LETTERS
from schemas.layout import Box

SIZE_MIN = 0.03
"""Least em size, as a share of the shorter side."""
_SHOWN = 30
"""Characters of a text that a message quotes."""
_BLUR = 0.2
"""What encoding takes of a contrast ratio: chroma has half the resolution."""


def text_in_safe_zone(case: Case) -> Iterator[Breach]:
    """Texts stand where the platform's own controls cover nothing."""
    safe = case.composition.safe
    for seen in case.facts.texts:
        if (box := seen.placed.box).within(safe) != box:
            yield Breach(f"{_quoted(seen.placed.text)} at {_spoken(box)}", f"within {_spoken(safe)}")


def text_size(case: Case) -> Iterator[Breach]:
    """Em size of the texts."""
    least = _least(case)
    for seen in case.facts.texts:
        if seen.placed.size_px < least:
            yield Breach(
                f"{_quoted(seen.placed.text)} of {seen.placed.size_px:.0f} px", f"at least {least:.0f} px"
            )


def text_contrast(case: Case) -> Iterator[Breach]:
    """Contrast of the texts to what is behind them, on three frames of each that is large enough."""
    for seen in case.facts.texts:
        if seen.contrast < READABLE - _BLUR and seen.placed.size_px >= _least(case):
            yield Breach(
                f"{_quoted(seen.placed.text)} with {seen.contrast:.2f} : 1", f"at least {READABLE} : 1"
            )


def ai_label(case: Case) -> Iterator[Breach]:
    """The label about AI is seen from the first frame on, as long and as high as its market asks."""
    label = case.composition.marks.label if case.composition.marks else None
    if label is None:
        return
    seen = next((one.placed for one in case.facts.texts if one.placed.text == label.text), None)
    wanted = repr(label.text)
    if seen is None:
        yield Breach("none", f"{wanted} over the opening frames")
        return
    if seen.start:
        yield Breach(f"{wanted} from frame {seen.start} on", "there from the first frame on")
    seconds = (seen.end - seen.start) / case.composition.fps
    if seconds < label.seconds - EPSILON and seen.end < case.composition.frames:
        yield Breach(f"{wanted} for {seconds:.2f} s", f"there for at least {label.seconds:g} s")
    high, least = seen.size_px * LETTERS, label.share * min(case.composition.width, case.composition.height)
    if high < least:
        yield Breach(f"{wanted} in letters of {high:.0f} px", f"at least {least:.0f} px high")


def price_shown(case: Case) -> Iterator[Breach]:
    """The price read from the frame is the one of the brief or the feed."""
    for seen in case.facts.prices:
        if seen.agreement == "other":
            yield Breach(repr(seen.read), repr(seen.wanted))


def price_legible(case: Case) -> Iterator[Breach]:
    """Price and currency are of a kind that can be read by a machine, or somebody has to look."""
    for seen in case.facts.prices:
        if seen.agreement == "amount":
            yield Breach(f"the amount of {seen.wanted!r}, not its currency", "seen by somebody")
        if seen.agreement == "unreadable":
            yield Breach(f"nothing of {seen.wanted!r}", "seen by somebody")


def _least(case: Case) -> float:
    return SIZE_MIN * min(case.composition.width, case.composition.height)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _spoken(box: Box) -> str:
    return f"x {box.left} to {box.right}, y {box.top} to {box.bottom}"
