"""Stable Video Diffusion: a picture begins to move; it hears no words.

Source: arXiv 2311.15127.
"""

from typing import Any

import torch
from torch import Tensor

from actors.backends import Materials
from actors.backends.diffusion import Diffusion, Words
from actors.backends.diffusion.stretches import as_still
from actors.backends.diffusion.takes import Picture, Take
from schemas.plan import Shot

_DECODED = 25
"""Pictures decoded at once, which is all of them: fewer change the pixels a little."""
_DECODED_MIN = 4


class StableVideo(Diffusion):
    """Image to video alone."""

    pipeline = "StableVideoDiffusionPipeline"
    full = ("vae",)
    readers = ()
    denoisers = ("unet",)

    def encode(self, prompt: str, negative: str) -> Words:
        """Return nothing: there is no text encoder."""
        del prompt, negative
        return {}

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the picture that moves, and the rate at which its movement is meant."""
        del take, before
        return {"image": as_still(materials.still, shot), "fps": shot.fps}

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Denoise, then decode; guidance grows from the first picture, which is given, to the last.

        Done at once by the pipeline, the two stumble over each other's precision: the VAE is fp32 on a GPU.
        """
        arguments["max_guidance_scale"] = arguments.pop("guidance_scale")
        return self._decoded(self.pipe(**arguments, output_type="latent").frames)

    @torch.inference_mode()
    def _decoded(self, latents: Tensor) -> Tensor:
        at_once = max(_DECODED_MIN, _DECODED >> self._shrink)
        decoded = self.pipe.decode_latents(latents.to(self.pipe.vae.dtype), latents.shape[1], at_once)
        made: Tensor = self.pipe.video_processor.postprocess_video(decoded, output_type="pt")[0]
        return made

    def _prepare(self, shrink: int) -> None:
        """Keep *shrink* too: a decoder without tiles takes fewer pictures at once."""
        self._shrink = shrink
        super()._prepare(shrink)
