"""The rows of the table with tiny checkpoints: the same classes, loaders and rules, at small sizes."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from actors.backends import VIDEO_MODELS, Entry
from schemas.placements import PLACEMENTS


class Small(NamedTuple):
    """How a row is made small."""

    family: str
    """Of the tiny checkpoint."""
    side: int
    """Shorter side that it renders, in pixels."""
    multiple: int
    most: int
    """Most frames at once."""
    context: int = 0
    steps: int = 2
    """0 for what a distilled checkpoint was made for."""


class Notebook(dict[str, str]):
    """Notes in memory."""

    def recall(self, key: str) -> str | None:
        return self.get(key)

    def keep(self, key: str, text: str) -> None:
        self[key] = text


SMALL_HOSTED = 160, 96
"""What the local server of tests makes beside the service's own sizes."""
SMALL_PLACEMENT = "youtube_in_stream"

SMALL = {
    "cogvideox:CogVideoX": Small("cogvideox", 32, 16, 17),
    "flux2:Flux2Klein": Small("flux2_klein", 32, 16, 0),
    "helios:Helios": Small("helios", 32, 16, 0, 33),
    "ltx:Ltx": Small("ltx_condition", 64, 32, 17, 9),
    "ltx:LtxDistilled": Small("ltx_condition", 64, 32, 17, 9, steps=0),
    "ltx2:Ltx2": Small("ltx2", 64, 32, 41, 9),
    "svd:StableVideo": Small("svd", 64, 64, 25),
    "wan:Wan": Small("wan_t2v", 32, 16, 25),
    "wan:WanImage": Small("wan22_i2v", 32, 16, 17, 1),
    "wan:WanTextImage": Small("wan22_ti2v", 64, 32, 17, 1),
    "wan:WanVace": Small("wan_vace", 32, 16, 25, 5),
    "zimage:ZImage": Small("z_image", 32, 16, 0),
}
"""By ``module:Class`` of the row."""


def small_of(entry: Entry) -> Small:
    """Return how the row *entry* is made small."""
    return SMALL[entry.path.removeprefix("actors.backends.")]


def shrunk(entry: Entry) -> Entry:
    """Return *entry* with the sizes of its tiny checkpoint, and two steps."""
    if entry.service is not None:
        return entry.model_copy(update={"sizes": (SMALL_HOSTED,)})
    if entry.weights is None:
        return entry
    small = small_of(entry)
    return entry.model_copy(
        update={
            "short_side": small.side,
            "multiple": small.multiple,
            "sizes": (),
            "frames": entry.frames.model_copy(
                update={
                    "least": 1,
                    "most": small.most,
                    "context": small.context,
                }
            ),
            "weights": entry.weights.model_copy(update={"steps": small.steps or entry.weights.steps}),
        }
    )


def shrink_table() -> None:
    """Make every row of this process's table small: a worker of a test calls it first."""
    for name, entry in VIDEO_MODELS.items():
        VIDEO_MODELS[name] = shrunk(entry)


def folder_of(entry: Entry, tiny: Callable[[str], Path]) -> Path | None:
    """Return the folder of the tiny checkpoint of *entry*; None for a model without weights."""
    return tiny(small_of(entry).family) if entry.weights else None


def shrink_placement() -> None:
    """Make one placement so small that its ads are quickly enlarged and composed."""
    PLACEMENTS[SMALL_PLACEMENT] = PLACEMENTS[SMALL_PLACEMENT].model_copy(update={"width": 640, "height": 360})
