"""The CPU worker: prepares stills, generates clips and composes ads, whichever is next.

One kind of worker for all three stages keeps every core busy on a small machine, where a worker a stage would
leave cores to whichever stage has nothing to do.
"""

import os
import tempfile
from functools import cached_property
from pathlib import Path

from actors.composer import Composer
from actors.generator import Generator
from actors.upscaler import Upscaler
from actors.video import ffmpeg_path
from schemas.media import Asset, Clip, StillFile
from schemas.plan import Shot, Still
from schemas.sidecar import Recipe
from storage.blobs import BlobStore


class Workshop:
    """Does one thing at a time; loads what it needs when it first needs it."""

    def __init__(self, blobs: BlobStore, weights: Path, ffmpeg: str | None, scratch: Path | None) -> None:
        import torch  # noqa: PLC0415 (the driver imports this module, and must stay light)

        torch.set_num_threads(1)
        os.nice(5)
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="reelmill-", dir=scratch))
        self._blobs = blobs
        self._weights = weights
        self._ffmpeg = ffmpeg_path(ffmpeg)

    def prepare(self, still: Still) -> StillFile:
        """Make a picture ready."""
        return self._upscaler.prepare(still)

    def generate(self, shot: Shot) -> Clip:
        """Make a shot."""
        return self._generator.generate(shot)

    def compose(self, recipe: Recipe, twin: Asset | None) -> Asset:
        """Make an ad."""
        return self._composer.compose(recipe, twin)

    @cached_property
    def _upscaler(self) -> Upscaler:
        return Upscaler(self._blobs, self._scratch, self._weights)

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._blobs, self._scratch, self._ffmpeg)

    @cached_property
    def _composer(self) -> Composer:
        return Composer(self._blobs, self._scratch, self._weights, self._ffmpeg)
