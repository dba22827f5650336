"""A video model for tests that, like those for GPUs, renders one small size; it stands in no table."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from actors.backends import Entry, Materials, Rendering, Site, Watch
from schemas.errors import GenerationError
from schemas.plan import Shot

DREAM = Entry(
    path="tests.models:Dream",
    revision="dream/1",
    tasks=("text", "image"),
    gpus=0,
    cpus=1,
    memory_bytes=100_000_000,
    seconds=0.01,
    licence="Apache-2.0",
    any_size=False,
    short_side=48,
    multiple=16,
    note="bands that move",
)


class Dream:
    """Renders bands of the seed's brightness that move downwards."""

    def __init__(self, entry: Entry, site: Site) -> None:
        self.entry, self.site = entry, site

    def render(self, shot: Shot, materials: Materials, *, shrink: int, watch: Watch) -> Rendering:
        """Return the frames; refuses, as a real one would, a size that is not its own."""
        del materials, shrink
        if (shot.width, shot.height) != self.entry.own_size(shot.width, shot.height):
            raise GenerationError(f"dream makes no {shot.width}x{shot.height}")
        return Rendering(_bands(shot, watch))


def _bands(shot: Shot, watch: Watch) -> Iterator[NDArray[np.uint8]]:
    rows = np.arange(shot.height)[:, None]
    for number in range(shot.frames):
        watch.step(number, shot.frames)
        frame = np.full(shot.width * shot.height * 3 // 2, 128, np.uint8)
        bands = 60 + shot.seed % 100 + 40 * np.sin((rows - number) / 5)
        frame[: shot.width * shot.height] = np.broadcast_to(bands, (shot.height, shot.width)).reshape(-1)
        yield frame
