"""What was measured on a finished ad, part by part; each part has defaults, so that old records open."""

from typing import Literal

from schemas.layout import PlacedText
from schemas.record import Record


class ContainerFacts(Record):
    """What the file holds, and how."""

    brand: str = ""
    """Major brand of its first box."""
    seconds: float = 0.0
    """Length that the container tells."""
    streams: tuple[str, ...] = ()
    """Kind and codec of each, ``video h264``; chapters count as one."""
    edits: tuple[str, ...] = ()
    """What edit lists do beyond naming the first sample: gaps, cuts, hidden frames."""
    private_tags: tuple[str, ...] = ()
    """Tags that tell where the file was made."""
    damage: str = ""
    """Where it breaks off or cannot be decoded; empty where it is whole."""


class StreamFacts(Record):
    """What the video stream says of itself, and what its packets show."""

    profile: str = ""
    sample_aspect: str = "1:1"
    """Width to height of a pixel."""
    rotation: int = 0
    """Degrees by which players turn it."""
    interlaced: bool = False
    primaries: str = "bt709"
    """The three colour tags, by ffmpeg's names; ``unset`` where there is none, ``N`` for a rare one."""
    transfer: str = "bt709"
    matrix: str = "bt709"
    full_range: bool = False
    irregular_frames: int = 0
    """Frames that are not shown as long as most."""
    starts_with_keyframe: bool = True
    open_gops: int = 0
    """Keyframes across which frames refer to each other."""


class PictureFacts(Record):
    """What is seen, measured on all frames at a reduced size."""

    black_first: float = 0.0
    """Seconds of black at the beginning."""
    black_last: float = 0.0
    black_between: float = 0.0
    """The longest black stretch that touches neither end, seconds."""
    frozen: float = 0.0
    """The longest stretch without any change where the plan has movement, seconds."""
    frozen_at: float = 0.0
    """When it begins."""
    flashes: float = 0.0
    """Flashes in the worst second: pairs of opposing changes of luminance over a quarter of the picture."""
    red_flashes: float = 0.0
    """The same of saturated red."""
    bars: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Black bars that stay: top, bottom, left, right; pixels."""


class HeardFacts(Record):
    """What is heard, beside its loudness."""

    profile: str = ""
    seconds: float = 0.0
    kbps: int = 0
    dead_channels: tuple[int, ...] = ()
    """Channels, from 0, that are silent while another is not."""
    gap: float = 0.0
    """The longest silence, seconds; the ends count."""
    clipped: int = 0
    """Samples at or above full scale."""
    offset: float = 0.0
    """Largest mean of a channel, of full scale 1."""


class SeenText(Record):
    """A text that should be there, with what was measured where it stands."""

    placed: PlacedText
    contrast: float
    """The lowest ratio to what is behind it, 1 to 21."""


Agreement = Literal["equal", "amount", "other", "unreadable"]
"""``amount``: the digits agree, and the sign of the currency is one that is not read reliably.
``unreadable``: the digits themselves are of a kind that is not read."""


class SeenPrice(Record):
    """A price that should be there, with what was read where it stands."""

    wanted: str
    read: str
    score: float
    """How sure the reader is, 0 to 1."""
    agreement: Agreement
