"""What one ad platform asks of a video."""

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
    bytes_max: int = 0
    """Largest file; 0 for no published limit."""
    bytes_min: int = 0
    containers: tuple[str, ...] = ("mp4",)
    """Forms of file that are taken, the house's MP4 among them."""
    codecs: tuple[str, ...] = ("h264",)
    """Video codecs that are taken, the house's H.264 among them."""
    profiles: tuple[str, ...] = ("Main", "High")
    """Profiles of H.264 that are taken."""
    kbps_min: int = 0
    """Least video bit rate, kbit/s."""
    kbps_max: int = 0
    """Most, kbit/s; 0 for no limit."""
    kbps: int = 0
    """Video bit rate that is kept up from first to last frame, kbit/s; 0 encodes by quality. It is ours,
    above the least by a margin, where a row asks for more than quality needs."""
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
    def longest(self) -> float:
        """Seconds that an ad may last at most."""
        return max(self.lengths, default=self.seconds_max)

    def doubts(self, field: str) -> bool:
        """Tell whether *field* is of low certainty, so that what breaks it only warns."""
        return self.certainty == "low" or field in self.doubtful

    @property
    def safe(self) -> Box:
        """Where text and logo may stand."""
        top, bottom, left, right = self.insets
        return Box(left=left, top=top, right=self.width - right, bottom=self.height - bottom)


MB = 1_000_000
GB = 1_000 * MB


def margin(side: int) -> tuple[int, int, int, int]:
    """Return the insets where no safe zone is published: 5 % of the shorter *side*, even."""
    edge = side // 40 * 2
    return edge, edge, edge, edge


MARGIN = margin(1080)
