"""Rules about what is seen: black, frozen and flashing pictures, bars."""

from collections.abc import Iterator

from actors.checks.case import Breach, Case

BLACK_SECONDS_MAX = 0.5
FROZEN_SECONDS_MAX = 1.5
FLASHES_MAX = 3


def black_first(case: Case) -> Iterator[Breach]:
    """The first frame is not black: it stands for the ad until it plays."""
    if seconds := case.facts.picture.black_first:
        yield Breach(f"black for {seconds:g} s", "a picture from the first frame on")


def black_last(case: Case) -> Iterator[Breach]:
    """The last frame is not black: it stays when the ad has ended."""
    if (seconds := case.facts.picture.black_last) and not _all_black(case):
        yield Breach(f"black for {seconds:g} s", "a picture to the last frame")


def black_between(case: Case) -> Iterator[Breach]:
    """The longest black stretch between first and last picture."""
    if (seconds := case.facts.picture.black_between) > BLACK_SECONDS_MAX:
        yield Breach(f"black for {seconds:g} s", f"at most {BLACK_SECONDS_MAX:g} s")


def picture_moves(case: Case) -> Iterator[Breach]:
    """The longest stretch without any change where the plan has movement."""
    if (seconds := case.facts.picture.frozen) > FROZEN_SECONDS_MAX:
        begin = case.facts.picture.frozen_at
        yield Breach(f"frozen for {seconds:g} s from {begin:g} s on", f"at most {FROZEN_SECONDS_MAX:g} s")


def flashes(case: Case) -> Iterator[Breach]:
    """Flashes in the worst second over a quarter of the picture."""
    if (count := case.facts.picture.flashes) > FLASHES_MAX:
        yield Breach(f"{count:g} in a second", f"at most {FLASHES_MAX}")


def red_flashes(case: Case) -> Iterator[Breach]:
    """Flashes of saturated red in the worst second over a quarter of the picture."""
    if (count := case.facts.picture.red_flashes) > FLASHES_MAX and case.facts.picture.flashes <= FLASHES_MAX:
        yield Breach(f"{count:g} in a second", f"at most {FLASHES_MAX}")


def letterbox(case: Case) -> Iterator[Breach]:
    """No black bars above and below."""
    top, bottom, left, _ = case.facts.picture.bars
    if top and not left:
        yield Breach(f"bars of {top} and {bottom} px", "none: the picture fills the frame")


def pillarbox(case: Case) -> Iterator[Breach]:
    """No black bars at the left and the right."""
    top, _, left, right = case.facts.picture.bars
    if left and not top:
        yield Breach(f"bars of {left} and {right} px", "none: the picture fills the frame")


def windowbox(case: Case) -> Iterator[Breach]:
    """No black bars all around."""
    top, bottom, left, right = case.facts.picture.bars
    if top and left:
        yield Breach(f"bars of {top}, {bottom}, {left} and {right} px", "none: the picture fills the frame")


def _all_black(case: Case) -> bool:
    """Tell whether the whole ad is black; `black_first` says so already."""
    return case.facts.picture.black_first >= case.facts.seconds
