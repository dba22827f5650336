"""What an ad carries about how it was made: its kind of source, the visible label, keys, who signs it.

XMP and C2PA name the source by a term of the IPTC (cv.iptc.org/newscodes/digitalsourcetype, 2024-09-17 and
later; read 2026-11-23).
"""

from pathlib import Path
from typing import Literal

from schemas.record import Record

SourceType = Literal[
    "composite",
    "algorithmicMedia",
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
]
"""What an ad is, as the IPTC calls it: a mix of elements, none of which a trained model made; made by
algorithms alone, from nothing that was captured; made by trained models alone; a mix with what they made."""
TRAINED = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"})
"""The IPTC's terms, of ads and of pictures given, that say that a trained model made something."""
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""What the address of each term begins with."""

TEST_NAME = "Reelmill TEST certificate, trusted by nobody"
"""Common name of the test certificate."""
Signer = Literal["test", "own"]
"""Whose certificate signs: one that a worker makes for itself and nobody trusts, or that of the settings."""


class Label(Record):
    """A text that tells viewers that AI took part."""

    text: str
    seconds: float
    """How long it is there at least, from the first frame on."""
    share: float
    """Least height of its letters, as a share of the frame's shorter side."""


class Origin(Record):
    """What a file that came in says of how it was made."""

    source: str = ""
    """The IPTC's term, without its address; empty where the file says nothing."""
    manifest: bool = False
    """Whether it carries a C2PA manifest."""


class Incoming(Origin):
    """A file that came with marks."""

    name: str
    """In the blob store."""


class Marks(Record):
    """What one composition carries."""

    source: SourceType
    models: tuple[str, ...] = ()
    """The trained models that took part, with their revisions; sorted."""
    label: Label | None = None
    aigc: str = ""
    """Who made it, name or code, for the key ``AIGC`` of GB 45438-2025; empty for no such key."""
    incoming: tuple[Incoming, ...] = ()
    """What it shows of files that came with marks of their own, which are kept; sorted by name."""
    signer: Signer


class Signing(Record):
    """Where the certificate and the key lie that sign ads; the key itself is in no value."""

    certificate: Path | None = None
    """PEM file with the signer's certificate first; None for a test certificate, and so is *key*."""
    key: Path | None = None
    timestamp: str = ""
    """Address of an RFC 3161 service that says when; empty for none."""

    @property
    def signer(self) -> Signer:
        """Whose certificate signs."""
        return "own" if self.certificate and self.key else "test"
