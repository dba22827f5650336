"""The placement table: what each ad platform asks of a video, with source, date and certainty.

A row of low certainty only warns. Loudness is ours where a platform is silent: -14 LUFS, true peak at most
-1 dBTP. Facts were read on 2026-11-22 from the pages named in each row.
"""

from fractions import Fraction
from typing import Literal

from schemas.layout import Box
from schemas.record import Record

FPS = 30
"""Frames a second where a placement takes any rate."""


class Placement(Record):
    """One place where an ad can run."""

    name: str
    title: str
    width: int
    height: int
    fps: int = FPS
    """Frames a second, constant."""
    seconds_min: float
    seconds_max: float
    lengths: tuple[float, ...] = ()
    """The only lengths that are taken, in seconds; empty for any between least and most."""
    insets: tuple[int, int, int, int]
    """Pixels that the platform's own controls may cover: top, bottom, left, right."""
    bytes_max: int
    kbps_min: int = 0
    """Least video bit rate, kbit/s."""
    kbps_max: int = 0
    """Most, kbit/s; 0 for no limit."""
    kbps: int = 0
    """Video bit rate that is kept up from first to last frame, kbit/s; 0 encodes by quality."""
    audio_kbps_min: int = 0
    """Least bit rate of the sound, kbit/s."""
    sound: Literal["required", "recommended", "optional"] = "optional"
    """Whether a silent ad is taken."""
    lufs: float = -14.0
    """Integrated loudness, LUFS (ITU-R BS.1770)."""
    lufs_tolerance: float = 1.0
    """LU above or below."""
    true_peak_max: float = -1.0
    """Highest true peak, dBTP."""
    texts: dict[str, int] = {}
    """Most characters of the texts that stand beside the ad on the platform, by their name there."""
    doubtful: tuple[str, ...] = ()
    """Fields that are of low certainty in a row that is surer: what breaks them only warns."""
    source: str
    read: str = "2026-11-22"
    """When the source was read."""
    certainty: Literal["high", "medium", "low"]

    @property
    def ratio(self) -> str:
        """Width to height in lowest terms, for example 9:16."""
        share = Fraction(self.width, self.height)
        return f"{share.numerator}:{share.denominator}"

    @property
    def safe(self) -> Box:
        """Where text and logo may stand."""
        top, bottom, left, right = self.insets
        return Box(left=left, top=top, right=self.width - right, bottom=self.height - bottom)


_MB = 1_000_000
_GB = 1_000 * _MB
_MARGIN = (54, 54, 54, 54)
"""No safe zone is published: 5 % of the short side."""
_YOUTUBE_WIDE = (54, 108, 96, 96)
"""Title-safe margins; the lower edge holds the progress bar and the skip button."""
_YOUTUBE = "support.google.com/google-ads/answer/13547298"
_META = "xyzlab.com/meta-ads-specs"

_ROWS = (
    Placement(
        name="meta_reels",
        title="Instagram and Facebook Reels",
        width=1080,
        height=1920,
        seconds_min=1,
        seconds_max=900,
        insets=(269, 672, 65, 65),
        bytes_max=4 * _GB,
        source=f"{_META}; shotstack.io/learn/vertical-video-safe-zones",
        certainty="medium",
    ),
    Placement(
        name="meta_stories",
        title="Instagram and Facebook Stories",
        width=1080,
        height=1920,
        seconds_min=1,
        seconds_max=60,
        insets=(250, 340, 54, 54),
        bytes_max=4 * _GB,
        source="clarigital Meta stories guide",
        certainty="medium",
    ),
    Placement(
        name="meta_feed_square",
        title="Facebook and Instagram feed, square",
        width=1080,
        height=1080,
        seconds_min=1,
        seconds_max=14_460,
        insets=_MARGIN,
        bytes_max=4 * _GB,
        source=f"{_META}; noedos",
        certainty="medium",
    ),
    Placement(
        name="meta_feed_vertical",
        title="Facebook and Instagram feed, 4:5",
        width=1080,
        height=1350,
        seconds_min=1,
        seconds_max=14_460,
        insets=_MARGIN,
        bytes_max=4 * _GB,
        source=f"{_META}; noedos",
        certainty="medium",
    ),
    Placement(
        name="tiktok_in_feed",
        title="TikTok in-feed",
        width=1080,
        height=1920,
        seconds_min=5,
        seconds_max=60,
        insets=(130, 484, 120, 140),
        bytes_max=500 * _MB,
        kbps_min=516,
        source="ads.tiktok.com/help/article/tiktok-auction-in-feed-ads (2025-07); safe zone secondary",
        certainty="high",
    ),
    Placement(
        name="youtube_shorts",
        title="YouTube Shorts",
        width=1080,
        height=1920,
        seconds_min=1,
        seconds_max=60,
        insets=(288, 672, 48, 192),
        bytes_max=256 * _GB,
        source=f"{_YOUTUBE}; stish.app",
        certainty="medium",
    ),
    Placement(
        name="youtube_bumper",
        title="YouTube bumper",
        width=1920,
        height=1080,
        seconds_min=1,
        seconds_max=6,
        insets=_YOUTUBE_WIDE,
        bytes_max=256 * _GB,
        source=f"{_YOUTUBE}; DV360 structured data files",
        certainty="high",
    ),
    Placement(
        name="youtube_non_skippable",
        title="YouTube non-skippable in-stream",
        width=1920,
        height=1080,
        seconds_min=6,
        seconds_max=15,
        insets=_YOUTUBE_WIDE,
        bytes_max=256 * _GB,
        source=f"{_YOUTUBE}; DV360 structured data files",
        certainty="high",
    ),
    Placement(
        name="youtube_in_stream",
        title="YouTube skippable in-stream",
        width=1920,
        height=1080,
        seconds_min=12,
        seconds_max=180,
        insets=_YOUTUBE_WIDE,
        bytes_max=256 * _GB,
        source=f"{_YOUTUBE}; least length from recall",
        certainty="medium",
    ),
    Placement(
        name="snapchat",
        title="Snapchat single video",
        width=1080,
        height=1920,
        seconds_min=3,
        seconds_max=180,
        insets=(150, 310, 54, 54),
        bytes_max=1 * _GB,
        lufs=-16.0,
        source="odysseymediagroup (copy of Snap's specification)",
        certainty="medium",
    ),
    Placement(
        name="linkedin_feed",
        title="LinkedIn feed, 4:5",
        width=1080,
        height=1350,
        seconds_min=3,
        seconds_max=1800,
        insets=_MARGIN,
        bytes_max=500 * _MB,
        source="linkedin.com/help/lms/answer/a424737",
        certainty="high",
    ),
    Placement(
        name="x_feed",
        title="X feed, square",
        width=1080,
        height=1080,
        seconds_min=1,
        seconds_max=140,
        insets=_MARGIN,
        bytes_max=1 * _GB,
        source="business.x.com video specifications",
        certainty="high",
    ),
    Placement(
        name="pinterest_standard",
        title="Pinterest standard video, 2:3",
        width=1000,
        height=1500,
        seconds_min=4,
        seconds_max=900,
        insets=(50, 50, 50, 50),
        bytes_max=2 * _GB,
        source="help.pinterest.com/en/business/article/pinterest-product-specs",
        certainty="high",
    ),
)

PLACEMENTS: dict[str, Placement] = {row.name: row for row in _ROWS}
