"""Where things go in a frame: boxes for the subject and the text, by the frame's ratio.

The subject boxes are shared knowledge of the generator, which frames the product, and the composer, which
writes beside it. They depend on the frame alone, never on a placement, so one shot serves every placement of
its size. The tall ones hold the middle of the product inside what clears Meta Reels, YouTube and TikTok at
once (x 120-888, y 288-1248 of 1080 x 1920; shotstack.io/learn/vertical-video-safe-zones, read 2026-11); its
foot may reach below, where only a platform's own texts may cover it.
"""

from typing import Literal

from schemas.record import Record

Shape = Literal["story", "tall", "square", "wide"]


class Box(Record):
    """A rectangle in pixels; right and bottom lie outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """The middle, as (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def times(self, factor: int) -> "Box":
        """Return this box in a picture *factor* times as large."""
        return Box(
            left=self.left * factor,
            top=self.top * factor,
            right=self.right * factor,
            bottom=self.bottom * factor,
        )

    def within(self, other: "Box") -> "Box":
        """Return the part of this box that lies in *other*."""
        return Box(
            left=max(self.left, other.left),
            top=max(self.top, other.top),
            right=min(self.right, other.right),
            bottom=min(self.bottom, other.bottom),
        )


class PlacedText(Record):
    """A text as it stands in an ad."""

    text: str
    box: Box
    """What its ink covers, in pixels of the frame."""
    size_px: float
    """Em size."""
    color: str
    """``#RRGGBB``."""
    start: int
    """The first frame in which it rests, shown in full."""
    end: int
    """The frame after the last such one."""
    surface: str = ""
    """Colour of the plate that it stands on, ``#RRGGBB``; empty on the picture itself."""


# Shares of the frame: left, top, right, bottom.
_SUBJECT: dict[Shape, tuple[float, float, float, float]] = {
    "story": (0.06, 0.385, 0.94, 0.735),
    "tall": (0.08, 0.39, 0.92, 0.965),
    "square": (0.10, 0.40, 0.90, 0.98),
    "wide": (0.47, 0.08, 0.965, 0.93),
}
_END_CARD_SUBJECT: dict[Shape, tuple[float, float, float, float]] = {
    "story": (0.10, 0.453, 0.90, 0.755),
    "tall": (0.12, 0.16, 0.88, 0.505),
    "square": (0.515, 0.18, 0.955, 0.86),
    "wide": (0.52, 0.12, 0.955, 0.88),
}
_TEXT: dict[Shape, tuple[float, float, float, float]] = {
    "story": (0.0, 0.0, 1.0, 0.347),
    "tall": (0.0, 0.0, 1.0, 0.352),
    "square": (0.0, 0.0, 1.0, 0.362),
    "wide": (0.0, 0.0, 0.44, 1.0),
}
_END_CARD_TEXT: dict[Shape, tuple[float, float, float, float]] = {
    "story": (0.0, 0.0, 1.0, 0.43),
    "tall": (0.0, 0.53, 1.0, 1.0),
    "square": (0.0, 0.16, 0.463, 1.0),
    "wide": (0.0, 0.16, 0.48, 1.0),
}


def shape_of(width: int, height: int) -> Shape:
    """Return the family that a frame belongs to: story (9:16), tall (4:5, 2:3), square or wide."""
    ratio = height / width
    if ratio >= 1.6:  # noqa: PLR2004 (between 2:3 and 9:16)
        return "story"
    if ratio >= 1.15:  # noqa: PLR2004 (4:5 is 1.25)
        return "tall"
    return "square" if ratio >= 0.87 else "wide"  # noqa: PLR2004


def subject_box(width: int, height: int, *, end_card: bool) -> Box:
    """Return where the subject belongs in a frame of *width* x *height* pixels."""
    return _scaled((_END_CARD_SUBJECT if end_card else _SUBJECT)[shape_of(width, height)], width, height)


def text_box(width: int, height: int, *, end_card: bool) -> Box:
    """Return where text belongs; the composer keeps the part inside the safe zone."""
    return _scaled((_END_CARD_TEXT if end_card else _TEXT)[shape_of(width, height)], width, height)


def _scaled(shares: tuple[float, float, float, float], width: int, height: int) -> Box:
    left, top, right, bottom = shares
    return Box(
        left=round(left * width),
        top=round(top * height),
        right=round(right * width),
        bottom=round(bottom * height),
    )
