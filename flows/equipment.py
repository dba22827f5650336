"""What this machine or cluster has to work with: models, small weights, music."""

from collections.abc import Iterator
from pathlib import Path

from actors.backends import VIDEO_MODELS, Entry
from actors.checkpoints import ready as ready_models
from actors.voice import Choice, Wanted, choose_voice
from actors.voice.table import VOICES
from actors.weights import music_tracks, ready
from schemas.marks import Signer
from schemas.record import Record
from schemas.settings import Settings, secret

AUTO = "auto"


class Equipment(Record):
    """The revisions that a plan may name; empty for what is not there."""

    spanx2: str = ""
    spanx4: str = ""
    anime4k: str = ""
    realesrgan: str = ""
    rife: str = ""
    matte: str = ""
    faces: str = ""
    opennsfw: str = ""
    emoji: str = ""
    reader: str = ""
    """Who reads prices from finished ads."""
    tracks: dict[str, tuple[str, ...]] = {}
    """Names of music tracks, by mood."""
    models: dict[str, str] = {}
    """Revisions of the models whose weights or whose key are there, by name; those that need none are not
    named."""
    voices: tuple[str, ...] = ()
    """Names of the weights that voices may need and that are there."""
    signer: Signer = "test"
    """Whose certificate signs the ads."""
    gpus: bool = False
    """Whether models that need GPUs may be planned unasked."""

    def revision(self, name: str) -> str:
        """Return how plans name the model *name*; empty where its weights or its key are not there."""
        entry = VIDEO_MODELS[name]
        if entry.weights is None and entry.service is None:
            return entry.revision
        return self.models.get(name, "")

    def choices(self, wanted: str) -> Iterator[Entry]:
        """Yield the models that may make the shots of a brief that wants *wanted*, the best first.

        ``auto`` wants what the cluster can run: models of the table where there are GPUs for them, and the
        built-in renderer. It never wants a service, which costs money.
        """
        if wanted != AUTO:
            yield VIDEO_MODELS[wanted]
            return
        entries = [entry for entry in VIDEO_MODELS.values() if entry.service is None]
        yield from (entry for entry in entries if entry.gpus and self.gpus and self.revision(entry.name))
        yield from (entry for entry in entries if not entry.gpus)

    def music(self, mood: str, seed: int) -> str:
        """Return the track for *mood*: one of the pack, else the synthesiser's; empty for none."""
        if mood == "none":
            return ""
        tracks = self.tracks.get(mood)
        return tracks[seed % len(tracks)] if tracks else f"synth:{mood}"

    def voice(self, locale: str, wanted: Wanted) -> Choice:
        """Return who speaks *locale*, or why nobody does."""
        return choose_voice(locale, wanted, self.voices)

    @property
    def plainer(self) -> tuple[str, ...]:
        """What goes in a plainer way for want of weights, one sentence each."""
        lacks = (
            (self.spanx2 and self.spanx4, "pictures are enlarged with Lanczos, not super-resolution"),
            (self.matte, "products are not cut out: a plain camera move in place of parallax"),
            (self.faces, "faces are not looked for: crops follow the cut-out, or what draws the eye"),
            (self.reader, "no price is read back from the finished ads"),
            (self.tracks, "music comes from the built-in synthesiser"),
            (
                self.opennsfw or not self.models,
                "no classifier looks at what models generate (`reelmill weights fetch opennsfw`)",
            ),
        )
        return tuple(sentence for there, sentence in lacks if not there)


def find_equipment(settings: Settings) -> Equipment:
    """Look at what lies in the folders of *settings*, and which keys of services are set."""
    there = ready(settings.weights)
    names = ("spanx2", "spanx4", "anime4k", "realesrgan", "rife", "opennsfw", "emoji")
    return Equipment(
        **{name: there[name].revision for name in names if name in there},
        matte=there["u2netp"].revision if "u2netp" in there else "",
        faces=there["blazeface"].revision if "blazeface" in there else "",
        reader=find_reader(settings),
        tracks=music_tracks(settings.weights),
        voices=tuple(sorted({voice.weights for voice in VOICES} & there.keys())),
        models=ready_models(settings.models) | dict(_services()),
        signer=settings.signing.signer,
        gpus=bool(settings.ray_address) or settings.device == "cpu" or local_gpus() > 0,
    )


def find_reader(settings: Settings) -> str:
    """Return the revision of the network that reads prices; empty where it is not there."""
    item = ready(settings.weights).get("ppocr")
    return item.revision if item else ""


def _services() -> Iterator[tuple[str, str]]:
    for name, entry in VIDEO_MODELS.items():
        if entry.service is not None and secret(entry.service.key):
            yield name, entry.revision


def local_gpus() -> int:
    """Return how many GPUs the driver sees; torch takes seconds to say so."""
    return sum(1 for _ in Path("/dev").glob("nvidia[0-9]*"))
