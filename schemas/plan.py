"""The work, before any of it is done: stills, shots, ads, and the plan that holds them.

Still  a picture made ready: upscaled, its subject cut out
Shot   one thing to generate; serves every ad that shows it
Ad     one thing to deliver: a composition for a product, locale, placement and variant
Plan   all of them
"""

from functools import cached_property
from typing import Literal

from schemas.brief import Camera, Palette
from schemas.layout import Box
from schemas.placements import FPS
from schemas.record import Keyed, Record

TRANSITION_FRAMES = 8
"""A shot that another follows is this much longer, so that the two can dissolve."""


class Still(Keyed):
    """A picture to prepare once for all shots that show it."""

    source: str
    """Name of the input file in the blob store."""
    source_sha256: str
    scale: Literal[1, 2, 4]
    """How many times larger each side becomes."""
    upscaler: str
    """``lanczos`` or the super-resolution model with its revision."""
    matte: str
    """The cut-out model with its revision; empty for none."""
    recipe: int
    """Version of the code that prepares stills."""


class Shot(Keyed):
    """One clip to generate."""

    show: Literal["product", "image", "text", "end_card"]
    still: str
    """Key of the Still that it shows; empty for a text-only background."""
    prompt: str
    camera: Camera
    palette: Palette
    """The colours that the picture takes from the brand."""
    width: int
    height: int
    frames: int
    seed: int
    model: str
    """Back-end with its revision."""
    fps: int = FPS


class Cut(Record):
    """A shot's place in an ad, with what is written over it."""

    shot: str
    """Key of the Shot."""
    frames: int
    """Frames until the next cut begins; the shot itself may be longer by the dissolve."""
    caption: str
    end_card: bool


class BrandKit(Record):
    """How the brand looks, as far as an ad shows it."""

    name: str
    palette: Palette
    heading: str
    """Font family of headlines."""
    body: str
    logo: str
    """Name of the logo's file in the blob store; empty for none."""


class Sound(Record):
    """What is heard."""

    music: str
    """``pack:<track>@<revision>``, ``synth:<mood>``, an input's name, or empty for silence."""
    lufs: float
    true_peak_max: float


class Composition(Keyed):
    """Everything that is seen and heard in one ad. Two ads may share it."""

    width: int
    height: int
    safe: Box
    locale: str
    """BCP 47: script, direction and line breaking."""
    cuts: tuple[Cut, ...]
    kit: BrandKit
    price: str
    """The price to pay, as the locale writes it; empty for none."""
    old_price: str
    """The price struck out beside it; empty for none."""
    button: str
    disclaimer: str
    sound: Sound
    fonts: str
    """Revision of the font files."""
    recipe: int
    """Version of the code that composes."""
    fps: int = FPS

    @property
    def frames(self) -> int:
        """Length in frames."""
        return sum(cut.frames for cut in self.cuts)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


class Ad(Keyed):
    """One deliverable of a campaign."""

    campaign: str
    """Brand and campaign, ``kaffi/spring-roast``."""
    product: str
    locale: str
    placement: str
    variant: str
    composition: Composition

    @property
    def label(self) -> str:
        """A short name for people."""
        return f"{self.product} {self.locale} {self.placement} {self.variant}"

    @property
    def shots(self) -> tuple[str, ...]:
        """Keys of its shots, in order."""
        return tuple(cut.shot for cut in self.composition.cuts)


class Plan(Record):
    """Every still, shot and ad of a campaign, each once, in the order in which they are wanted."""

    campaign: str
    brief_sha256: str
    stills: tuple[Still, ...]
    shots: tuple[Shot, ...]
    ads: tuple[Ad, ...]
    notes: tuple[str, ...]
    """What the reader should know before the run: fitted lengths, voices that are missing."""

    @cached_property
    def shots_saved(self) -> int:
        """How many generations sharing saves."""
        return sum(len(ad.shots) for ad in self.ads) - len(self.shots)
