"""LTX-2: pictures and their sound at once, speech as well, which the prompt quotes.

Source: github.com/Lightricks/LTX-2; arXiv 2601.03233. The sound is as long as the length that was asked for,
the pictures as long as whole latents: lengths of 8 k + 1 pictures keep them together.
"""

from typing import Any

import numpy as np
from torch import Tensor

from actors.backends import Materials, Rendering, Watch
from actors.backends.diffusion import Diffusion, Words
from actors.backends.diffusion.stretches import as_images, as_still, whole_latents
from actors.backends.diffusion.takes import Picture, Take
from actors.backends.ltx import masked_words
from actors.tracks import Heard, joined_track, resampled
from schemas.plan import Shot

_LATENT = 8
"""Pictures that one latent stands for, after the first."""
_CRF = 33
"""How strongly a picture that leads is compressed first, as those were that the model saw in training."""
_PROMPTS_KEPT = 2
"""A prompt is 0.8 GB here: every layer of the text encoder counts."""


class Ltx2(Diffusion):
    """Text, first and last picture, the end of a video; each with sound or without."""

    pipeline = "LTX2ConditionPipeline"

    def render(self, shot: Shot, materials: Materials, *, shrink: int, watch: Watch) -> Rendering:
        """Make *shot*; where its sound is asked for, all pictures are made before this returns."""
        self._heard: dict[int, Heard] = {}
        made = super().render(shot, materials, shrink=shrink, watch=watch)
        if not (shot.given.sound or shot.given.speech):
            return made
        frames = list(made.frames)
        sound = joined_track([self._heard[n] for n in sorted(self._heard)], shot.frames / shot.fps)
        return Rendering(iter(frames), sound)

    def encode(self, prompt: str, negative: str) -> Words:
        """Return the words as tensors, and which of their places are words at all."""
        return masked_words(self, prompt, negative)

    def words(self, prompt: str, negative: str) -> Words:
        """Return *prompt* and *negative* encoded; only the last few are kept."""
        found = super().words(prompt, negative)
        while len(self._words) > _PROMPTS_KEPT:
            self._words.popitem(last=False)
        return found

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the pictures that *take* begins and ends with."""
        self._number, self._start = take.number, take.start / shot.fps
        return {
            "conditions": self._conditions(shot, materials, take, before) or None,
            "frame_rate": float(shot.fps),
        }

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline, return its pictures and keep its sound."""
        made = self.pipe(**arguments, output_type="pt")
        wave = made.audio[0].float().cpu().numpy().T
        rate = int(self.pipe.vocoder.config.output_sampling_rate)
        self._heard[self._number] = Heard(self._start, resampled(np.asarray(wave, dtype=np.float32), rate))
        pictures: Tensor = made.frames[0]
        return pictures

    def _conditions(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> list[Any]:
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import (  # noqa: PLC0415 (after the checks of loading)
            LTX2VideoCondition,
        )

        found = []
        if known := whole_latents(before, _LATENT):
            found.append(LTX2VideoCondition(frames=as_images(known), index=0, crf=_CRF))
        elif materials.still is not None:
            found.append(LTX2VideoCondition(frames=as_still(materials.still, shot), index=0, crf=_CRF))
        if take.last and materials.until is not None:
            found.append(LTX2VideoCondition(frames=as_still(materials.until, shot), index=-1, crf=_CRF))
        return found
