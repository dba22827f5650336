"""What this machine or cluster has to work with: models, small weights, music."""

from pathlib import Path

from actors.backends import VIDEO_MODELS
from actors.weights import music_tracks, ready
from schemas.errors import BriefError
from schemas.record import Record


class Equipment(Record):
    """The revisions that a plan may name; empty for what is not there."""

    spanx2: str = ""
    spanx4: str = ""
    matte: str = ""
    tracks: dict[str, tuple[str, ...]] = {}
    """Names of music tracks, by mood."""

    def model(self, name: str) -> str:
        """Return the back-end for *name*; ``auto`` is the built-in renderer."""
        chosen = "motion" if name == "auto" else name
        if chosen not in VIDEO_MODELS:
            raise BriefError(f"video.model: unknown {name!r}; known: auto, {', '.join(VIDEO_MODELS)}")
        return chosen

    def music(self, mood: str, seed: int) -> str:
        """Return the track for *mood*: one of the pack, else the synthesiser's; empty for none."""
        if mood == "none":
            return ""
        tracks = self.tracks.get(mood)
        return tracks[seed % len(tracks)] if tracks else f"synth:{mood}"

    @property
    def plainer(self) -> tuple[str, ...]:
        """What goes in a plainer way for want of weights, one sentence each."""
        lacks = (
            (self.spanx2 and self.spanx4, "pictures are enlarged with Lanczos, not super-resolution"),
            (self.matte, "products are not cut out: a plain camera move in place of parallax"),
            (self.tracks, "music comes from the built-in synthesiser"),
        )
        return tuple(sentence for there, sentence in lacks if not there)


def find_equipment(weights: Path) -> Equipment:
    """Look at what `reelmill weights fetch` has put into the folder *weights*."""
    there = ready(weights)
    return Equipment(
        **{
            field: there[name].revision
            for field, name in (("spanx2", "spanx2"), ("spanx4", "spanx4"), ("matte", "u2netp"))
            if name in there
        },
        tracks=music_tracks(weights),
    )
