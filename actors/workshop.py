"""The worker: prepares stills, generates and enlarges clips, speaks, composes ads, whichever is next.

One kind of worker for all stages keeps every core busy on a small machine, where a worker a stage would leave
cores to whichever stage has nothing to do. It needs the blob store, and nothing else of the machine that
planned.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from actors.composer import Composer
from actors.generator import Generator
from actors.lines import say
from actors.models import Means
from actors.scratch import Scratch
from actors.upscaler import Upscaler
from actors.video import ffmpeg_path
from actors.watch import CallWatch
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.plan import Narration, Shot, Still
from schemas.sidecar import Recipe
from storage.blobs import BlobStore

if TYPE_CHECKING:
    from actors.narrator import Narrator

_SCRATCH_BYTES_MAX = 2_000_000_000
"""How much of what it fetched from a distant store a worker keeps between two calls."""


class Workshop:
    """Does one thing at a time; loads what it needs when it first needs it."""

    def __init__(
        self, blobs: BlobStore, ffmpeg: str | None, scratch: Path | None, means: Means | None = None
    ) -> None:
        """Work on *blobs* with files in a folder under *scratch*; None is a folder of this machine's own."""
        import torch  # noqa: PLC0415 (the driver imports this module, and must stay light)

        torch.set_num_threads(1)
        os.nice(5)
        self._scratch = Scratch(scratch)
        self._blobs = blobs
        self._ffmpeg = ffmpeg_path(ffmpeg)
        self._means = means or Means()
        self._watch = CallWatch()

    def stop(self) -> None:
        """Let the call that runs end at its next step; called from another thread, as is `progress`."""
        self._watch.stop()

    def progress(self) -> float:
        """Return how much of the call that runs is done, 0 to 1."""
        return self._watch.progress

    def prepare(self, still: Still, shrink: int) -> StillFile:
        """Make a picture ready. *shrink* counts how often it did not fit into memory, here as below."""
        with self._call(shrink):
            if still.drawing is None:
                return self._upscaler.prepare(still, shrink)
            drawn = self._generator.draw(still.drawing, shrink, self._watch)
            made = self._upscaler.prepare(still, shrink, drawn)
            return made.model_copy(update={"looked": self._generator.looked})

    def generate(self, shot: Shot, shrink: int) -> Clip:
        """Make a shot with its model."""
        with self._call(shrink):
            return self._generator.generate(shot, shrink, self._watch)

    def enlarge(self, shot: Shot, base: Clip, shrink: int) -> Clip:
        """Make a shot from the clip of its base."""
        with self._call(shrink):
            return self._upscaler.enlarge(shot, base, shrink)

    def speak(self, narration: Narration) -> VoiceFile:
        """Make a voice."""
        with self._call():
            return self._narrator.speak(narration)

    def compose(self, recipe: Recipe, twin: Asset | None) -> Asset:
        """Make an ad."""
        with self._call():
            return self._composer.compose(recipe, twin)

    @contextmanager
    def _call(self, shrink: int = 0) -> Iterator[None]:
        # Between two calls nothing is in use.
        self._scratch.trim(_SCRATCH_BYTES_MAX)
        if shrink:
            say(f"made with what is worked on at a time halved {shrink} times, to fit into memory")
        with self._watch.call():
            yield

    @cached_property
    def _upscaler(self) -> Upscaler:
        return Upscaler(self._blobs, self._scratch.folder, self._ffmpeg)

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._blobs, self._scratch.folder, self._ffmpeg, self._means)

    @cached_property
    def _narrator(self) -> "Narrator":
        from actors.narrator import Narrator  # noqa: PLC0415 (most workers never speak)

        return Narrator(self._blobs, self._scratch.folder)

    @cached_property
    def _composer(self) -> Composer:
        means, folder = self._means, self._scratch.folder
        return Composer(self._blobs, folder, self._ffmpeg, means.reader, means.signing)
