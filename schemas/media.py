"""What was made: files with their facts. Pixels never travel inside a value."""

from typing import Literal

from schemas.facts import ContainerFacts, HeardFacts, PictureFacts, SeenPrice, SeenText, StreamFacts
from schemas.layout import Box
from schemas.marks import Origin
from schemas.record import Record


class StoredFile(Record):
    """A file in the blob store."""

    name: str
    """Name in the store, for example ``clips/<key>.mp4``."""
    sha256: str
    bytes: int


class Source(Record):
    """A file that the brief names, known by its content."""

    name: str
    """Name in the store: ``inputs/<sha256><suffix>``."""
    sha256: str
    width: int = 0
    """Pixels; 0 for a sound or a font."""
    height: int = 0
    seconds: float = 0.0
    """Of a video or a recorded voice; 0 for all else."""
    origin: Origin = Origin()
    """What a picture or a video says of how it was made."""


class StillFile(Record):
    """A prepared picture: RGB, upscaled; its alpha channel is the subject's matte."""

    still: str
    """Key of the Still that it answers."""
    file: StoredFile
    width: int
    height: int
    matted: bool
    """Whether the alpha channel tells the subject from its background."""
    subject: Box | None = None
    """What must not be cut, in pixels of this picture: matte, faces, or what draws the eye; None where
    nothing stands out."""
    cpu_seconds: float
    looked: str = ""
    """Policy and classifier that looked at a drawing; empty for none."""


class Word(Record):
    """A word as it is said."""

    text: str
    """As it is written, with the punctuation that belongs to it."""
    start: float
    """Seconds from the beginning of the recording."""
    end: float


class VoiceFile(Record):
    """A spoken text, as a file: mono or stereo sound, lossless."""

    narration: str
    """Key of the Narration that it says."""
    file: StoredFile
    seconds: float
    words: tuple[Word, ...]
    """In order; empty where nobody told what a recording says."""
    cpu_seconds: float


class Clip(Record):
    """The video of one shot, as a file."""

    shot: str
    """Key of the Shot that it shows."""
    file: StoredFile
    width: int
    height: int
    fps: int
    frames: int
    cpu_seconds: float
    sound: bool = False
    """Whether the file holds the shot's own sound."""
    looked: str = ""
    """Policy and classifier that looked at what a model made; empty for none."""


class Facts(Record):
    """What was measured on a finished ad, after encoding."""

    width: int
    height: int
    fps: float
    frames: int
    seconds: float
    """Length of the video stream, not of the container."""
    video_codec: str
    pixel_format: str
    audio_codec: str
    audio_rate: int
    audio_channels: int
    lufs: float
    """Integrated loudness."""
    true_peak: float
    """dBTP."""
    kbps: int
    """Video bit rate, kbit/s."""
    bytes: int
    moov_first: bool
    keyframe_seconds_max: float
    """Longest way between two keyframes."""
    container: ContainerFacts = ContainerFacts()
    stream: StreamFacts = StreamFacts()
    picture: PictureFacts = PictureFacts()
    heard: HeardFacts = HeardFacts()
    texts: tuple[SeenText, ...] = ()
    prices: tuple[SeenPrice, ...] = ()
    """What was read of the price; empty where it is nowhere shown alone, or nobody could read."""


class Finding(Record):
    """A rule of the placement, the house or the brief that an ad breaks."""

    rule: str
    """Its name, ``frame_rate_constant``."""
    measured: str
    """What was found, with its unit."""
    limit: str
    """What is asked, with its unit."""
    source: str
    """Who asks, and when that was read."""
    severity: Literal["reject", "warn"]
    """``warn``: the rule is of low certainty, or only advice."""

    def __str__(self) -> str:
        """Return the sentence that people read."""
        return f"{self.rule}: {self.measured}, must be {self.limit} ({self.source})"


class Asset(Record):
    """A finished ad, as a file, with what was measured on it."""

    ad: str
    """Key of the Ad that it delivers."""
    file: StoredFile
    facts: Facts
    captions: tuple[StoredFile, ...] = ()
    """What is said or written in it as SRT and VTT; empty where there are no words."""
    findings: tuple[Finding, ...] = ()
    """Rules that it breaks; with one that rejects, the ad is kept, but not delivered."""
    unsigned_sha256: str = ""
    """SHA-256 of the file before it was signed: no two signatures are the same. Empty without a signature."""
    cpu_seconds: float

    @property
    def repeatable_sha256(self) -> str:
        """SHA-256 of what is the same whenever the ad is made: of the file without its signature."""
        return self.unsigned_sha256 or self.file.sha256

    @property
    def rejected(self) -> bool:
        """Whether it breaks a rule that keeps it from delivery."""
        return any(finding.severity == "reject" for finding in self.findings)

    @property
    def objections(self) -> str:
        """What keeps it from delivery, a sentence a rule; empty where nothing does."""
        return "; ".join(str(finding) for finding in self.findings if finding.severity == "reject")
