"""Helios: chunk after chunk of 33 pictures, each seeing what came before; any length in the same memory.

Source: github.com/PKU-YuanGroup/Helios. diffusers keeps every picture of a clip until its end; here each
chunk leaves as it is made, and only the latents that the next one sees stay. On the CPU the pictures are
those of the pipeline's own loop, bit by bit.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from actors.backends import Materials, Watch
from actors.backends.diffusion import Diffusion
from actors.backends.diffusion.stretches import as_images, as_still
from actors.backends.diffusion.takes import Picture
from schemas.errors import GenerationError
from schemas.plan import Shot

_CHUNK = 33
_LATENTS = 9
"""Of a chunk."""
_SEEN = 19
"""Latents that a chunk sees of what came before: 16 roughly, 2 better, 1 whole."""
_TAIL = 3 * _CHUNK
"""Pictures of a video that it goes on from."""
_NOISE = 0.111, 0.135
"""Least and greatest noise on what is given, of which the model was taught to make good."""


class Past(NamedTuple):
    """What a chunk sees of the ones before, as latents ``[1, C, T, h, w]``; None at the very beginning."""

    first: Tensor | None
    """The first latent of all, which keeps the look."""
    history: Tensor | None


class Helios(Diffusion):
    """Text, a picture, or the end of a video to begin from."""

    pipeline = "HeliosPipeline"
    full = ("vae",)
    words_max = 512

    def _pictures(
        self,
        shot: Shot,
        materials: Materials,
        shrink: int,  # noqa: ARG002 (a chunk is the least that it makes)
        watch: Watch,
    ) -> Iterator[NDArray[np.uint8]]:
        given = self._given(shot, materials, backwards=False)
        yield from given
        draw = torch.Generator("cpu").manual_seed(shot.seed)
        past = self._beginning(shot, materials, draw)
        left = shot.frames - len(given)
        chunks = math.ceil(left / _CHUNK)
        for number in range(chunks):
            pictures, past = self._chunk(shot, past, draw, number, chunks, watch)
            yield from pictures[:left]
            left -= len(pictures)

    def _chunk(
        self, shot: Shot, past: Past, draw: torch.Generator, number: int, chunks: int, watch: Watch
    ) -> tuple[list[Picture], Past]:
        """Make chunk *number* of *chunks*, and return it with what the next one sees."""
        done, of = number * self.weights.steps, chunks * self.weights.steps
        watch.step(done, of)
        made: dict[str, Tensor] = {}
        pictures = self.run(
            shot,
            watch,
            done=done,
            of=of,
            generator=draw,
            kept=made,
            num_frames=_CHUNK,
            image_latents=past.first,
            video_latents=past.history,
            add_noise_to_image_latents=False,
            add_noise_to_video_latents=False,
        )
        return self._read(pictures, shot), _after(past, made["latents"])

    def _beginning(self, shot: Shot, materials: Materials, draw: torch.Generator) -> Past:
        """Return what the first chunk sees: nothing, a still, or the end of a video."""
        try:
            if shot.given.task == "extend":
                return self._of_video(shot, materials, draw)
            if materials.still is not None:
                return self._of_still(shot, materials, draw)
        finally:
            self.pipe.maybe_free_model_hooks()
        return Past(None, None)

    @torch.inference_mode()
    def _of_still(self, shot: Shot, materials: Materials, draw: torch.Generator) -> Past:
        image = as_still(materials.still, shot)
        pixels = self.pipe.video_processor.preprocess(image, height=shot.height, width=shot.width)
        first, standing = self.pipe.prepare_image_latents(pixels, **self._coding(draw))
        return Past(_noised(first, draw), _noised(standing, draw))

    @torch.inference_mode()
    def _of_video(self, shot: Shot, materials: Materials, draw: torch.Generator) -> Past:
        tail = self._tail(shot, materials)
        pixels = self.pipe.video_processor.preprocess_video(
            as_images(tail), height=shot.height, width=shot.width
        )
        first, history = self.pipe.prepare_video_latents(pixels, **self._coding(draw))
        first = _noised(first, draw)
        chunks = [_noised(chunk, draw, each=True) for chunk in history.split(_LATENTS, dim=2)]
        return Past(first, torch.cat(chunks, dim=2))

    def _tail(self, shot: Shot, materials: Materials) -> list[Picture]:
        kept = list(deque(self.footage(materials.video, shot, materials.video_subject), maxlen=_TAIL))
        if len(kept) < _CHUNK:
            has, needs = len(kept) / shot.fps, _CHUNK / shot.fps
            raise GenerationError(
                f"the video has {has:.1f} s, {self.entry.name} goes on from {needs:.1f} s at least; "
                "give a longer one"
            )
        return kept

    def _coding(self, draw: torch.Generator) -> dict[str, Any]:
        """Return how the pipeline turns pictures into latents."""
        vae, device = self.pipe.vae, torch.device(self.device)
        mean, spread = (
            torch.tensor(values, device=device, dtype=vae.dtype).view(1, -1, 1, 1, 1)
            for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        return {
            "latents_mean": mean,
            "latents_std": 1 / spread,
            "num_latent_frames_per_chunk": _LATENTS,
            "dtype": torch.float32,
            "device": device,
            "generator": draw,
        }


def _after(past: Past, made: Tensor) -> Past:
    history = made if past.history is None else torch.cat((past.history, made), dim=2)
    first = made[:, :, :1] if past.first is None else past.first
    return Past(first, history[:, :, -_SEEN:])


def _noised(latents: Tensor, draw: torch.Generator, *, each: bool = False) -> Tensor:
    """Return *latents* with a little noise, of one strength or of *each* its own.

    The pipeline itself draws on its device, which fails with a generator of the CPU.
    """
    least, most = _NOISE
    count = latents.shape[2] if each else 1
    strength = torch.rand(count, generator=draw) * (most - least) + least
    strength = strength.view(1, 1, -1, 1, 1).to(latents.device)
    noise = torch.randn(latents.shape, generator=draw).to(latents)
    return strength * noise + (1 - strength) * latents
