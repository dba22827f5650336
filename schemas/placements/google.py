"""Placements that Google sells: YouTube, and the campaigns that take their videos from there."""

from typing import Literal

from schemas.placements.placement import GB, MARGIN, Placement

Shape = Literal["wide", "vertical", "square", "portrait"]

_WIDE = (54, 108, 96, 96)
"""Title-safe margins; the lower edge holds the progress bar and the skip button."""
_VERTICAL = (288, 672, 48, 192)
_FRAMES: dict[Shape, tuple[int, int, tuple[int, int, int, int], str]] = {
    "wide": (1920, 1080, _WIDE, "16:9"),
    "vertical": (1080, 1920, _VERTICAL, "9:16"),
    "square": (1080, 1080, MARGIN, "square"),
    "portrait": (1080, 1350, MARGIN, "4:5"),
}
_BYTES_MAX = 256 * GB
_CONTAINERS = ("mp4", "webm", "mov")
_CODECS = ("h264", "h265", "prores")
_YOUTUBE = "support.google.com/google-ads/answer/13547298"
_DV360 = "DV360 structured data files"
_ZONE = "shotstack.io/learn/vertical-video-safe-zones"
_SECONDS_ADVISED = 180
"""The longest that YouTube advises, where it sets no limit."""


def _bumper(name: str, shape: Shape) -> Placement:
    width, height, insets, ratio = _FRAMES[shape]
    return Placement(
        name=name,
        title="YouTube bumper" if shape == "wide" else f"YouTube bumper, {ratio}",
        width=width,
        height=height,
        seconds_min=1,
        seconds_max=6,
        insets=insets,
        bytes_max=_BYTES_MAX,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"button": 10, "headline": 15},
        doubtful=("seconds_min",),
        source=f"{_YOUTUBE}; {_DV360}",
        certainty="high",
    )


def _app(shape: Shape) -> Placement:
    width, height, insets, ratio = _FRAMES[shape]
    return Placement(
        name=f"google_app_{shape}",
        title=f"Google app campaign, {ratio}",
        width=width,
        height=height,
        seconds_min=10,
        seconds_max=60,
        insets=insets,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"headline": 30, "description": 90},
        source=f"support.google.com/google-ads/answer/13676244; {_ZONE}",
        certainty="high",
    )


def _performance_max(shape: Shape) -> Placement:
    width, height, insets, ratio = _FRAMES[shape]
    return Placement(
        name=f"google_pmax_{shape}",
        title=f"Google Performance Max, {ratio}",
        width=width,
        height=height,
        seconds_min=10,
        seconds_max=_SECONDS_ADVISED,
        insets=insets,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"headline": 30, "long headline": 90, "description": 90, "business": 25, "path": 15},
        doubtful=("seconds_max",),
        source=f"support.google.com/google-ads/answer/17091269; {_ZONE}",
        certainty="high",
    )


def _demand_gen(shape: Shape) -> Placement:
    width, height, insets, ratio = _FRAMES[shape]
    return Placement(
        name=f"google_demand_gen_{shape}",
        title=f"Google Demand Gen, {ratio}",
        width=width,
        height=height,
        seconds_min=5,
        seconds_max=_SECONDS_ADVISED,
        insets=insets,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"headline": 40, "description": 90, "business": 25},
        doubtful=("seconds_min", "seconds_max"),
        source=f"support.google.com/google-ads/answer/13704860; {_ZONE}",
        certainty="high",
    )


ROWS = (
    Placement(
        name="youtube_shorts",
        title="YouTube Shorts",
        width=1080,
        height=1920,
        seconds_min=1,
        seconds_max=60,
        insets=_VERTICAL,
        bytes_max=_BYTES_MAX,
        containers=_CONTAINERS,
        codecs=_CODECS,
        doubtful=("seconds_min",),
        source=f"{_YOUTUBE}; stish.app",
        certainty="medium",
    ),
    _bumper("youtube_bumper", "wide"),
    Placement(
        name="youtube_non_skippable",
        title="YouTube non-skippable in-stream",
        width=1920,
        height=1080,
        seconds_min=6,
        seconds_max=15,
        insets=_WIDE,
        bytes_max=_BYTES_MAX,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"button": 10, "headline": 15},
        source=f"{_YOUTUBE}; {_DV360}",
        certainty="high",
    ),
    Placement(
        name="youtube_in_stream",
        title="YouTube skippable in-stream",
        width=1920,
        height=1080,
        seconds_min=12,
        seconds_max=_SECONDS_ADVISED,
        insets=_WIDE,
        bytes_max=_BYTES_MAX,
        containers=_CONTAINERS,
        codecs=_CODECS,
        texts={"button": 10, "headline": 15},
        doubtful=("seconds_min", "seconds_max"),
        source=f"{_YOUTUBE}; least length from recall",
        certainty="medium",
    ),
    _bumper("youtube_bumper_vertical", "vertical"),
    _bumper("youtube_bumper_square", "square"),
    _app("wide"),
    _app("vertical"),
    _app("square"),
    _performance_max("wide"),
    _performance_max("vertical"),
    _performance_max("square"),
    _demand_gen("wide"),
    _demand_gen("vertical"),
    _demand_gen("square"),
    _demand_gen("portrait"),
)
