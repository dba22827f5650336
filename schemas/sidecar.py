"""The recipe beside each ad: everything that is needed to make it again, and to compare."""

from schemas.change import Asked
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.plan import Ad, Narration, Shot, Still
from schemas.record import Record


class Recipe(Record):
    """What an ad is made from; known before it is composed."""

    brief_sha256: str
    policy: str = ""
    """Revision of the policy that the brief was held against; clips and stills say whether they were looked
    at."""
    ad: Ad
    shots: tuple[Shot, ...]
    """All that took part, each once: in the order of the ad's cuts, a base before what enlarges it."""
    clips: tuple[Clip, ...]
    """One for each shot, in the same order."""
    stills: tuple[Still, ...]
    still_files: tuple[StillFile, ...]
    narration: Narration | None = None
    """What is said; None for no voice."""
    voice_file: VoiceFile | None = None
    asked: Asked | None = None
    """By whose request it is otherwise than the brief says; None where it is not."""


class Sidecar(Record):
    """The file ``ads/<key>.json``."""

    recipe: Recipe
    asset: Asset
    composed_from: str
    """Name of the ad whose picture and sound were taken over whole; empty where it was composed itself."""
    versions: dict[str, str]
    """Software that took part, by name."""
    made_at: str
    """UTC, ISO 8601."""
