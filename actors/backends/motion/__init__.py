"""The built-in renderer: camera moves over photos, and moving colours of the brand, without any weights."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.backends import Entry, Materials, Rendering, Site, Watch
from actors.backends.motion.canvas import Canvas
from actors.backends.motion.framing import read_photo
from actors.backends.motion.scenes import CardScene, PhotoScene, Scene, TextScene
from actors.backends.pixels import make_dither, to_frame
from schemas.errors import GenerationError
from schemas.plan import Shot


class Motion:
    """Renders shots at the size of delivery; memory is bounded by the frame, not by the length."""

    def __init__(self, entry: Entry, site: Site) -> None:  # noqa: ARG002 (it needs no weights)
        self._device = site.device

    def render(
        self,
        shot: Shot,
        materials: Materials,
        *,
        shrink: int,  # noqa: ARG002 (it draws one frame at a time: there is nothing smaller)
        watch: Watch,
    ) -> Rendering:
        """Draw *shot*, of which only the still of *materials* is looked at; it makes no sound.

        Raises GenerationError if the still is missing or unreadable, or the size is odd.
        """
        if shot.width % 2 or shot.height % 2:
            raise GenerationError(f"shot of {shot.width}x{shot.height}: yuv420p needs even sides")
        return Rendering(self._frames(shot, self._stage(shot, materials.still), watch))

    def _stage(self, shot: Shot, still: Path | None) -> Scene:
        if shot.show == "text":
            return TextScene(shot)
        photo = read_photo(still) if still else None
        if shot.show == "end_card":
            return CardScene(shot, photo, self._device)
        if photo is None:
            raise GenerationError(f"a shot that shows {shot.show!r} needs a still")
        return PhotoScene(shot, photo, self._device)

    def _frames(self, shot: Shot, scene: Scene, watch: Watch) -> Iterator[NDArray[np.uint8]]:
        dither = make_dither(shot.width, shot.height, grain=scene.grain, seed=shot.seed, device=self._device)
        canvas = Canvas(shot.width, shot.height, self._device)
        for frame in range(shot.frames):
            watch.step(frame, shot.frames)
            scene.paint(canvas, frame)
            yield to_frame(canvas.planes, dither)
