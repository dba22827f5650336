"""LTX-Video: one pipeline led by any picture or clip at any place, for text, pictures, ends and joints.

Source: github.com/Lightricks/LTX-Video; arXiv 2501.00103. Settings of decoding and of the distilled
checkpoints are those of the documentation of diffusers.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor

from actors.backends import Materials
from actors.backends.diffusion import Diffusion, Words
from actors.backends.diffusion.stretches import as_images, as_still, covered, whole_latents
from actors.backends.diffusion.takes import Picture, Take
from schemas.plan import Shot

_LATENT = 8
"""Pictures that one latent stands for, after the first."""
_NOISE = 0.9
"""Share of noise that a restyled video begins with: 1 would forget it. Half of all steps are above 0.97."""
_DECODING = {"decode_timestep": 0.05, "decode_noise_scale": 0.025}
_CONDITION_NOISE = 0.025


def masked_words(model: Diffusion, prompt: str, negative: str) -> Words:
    """Return *prompt* and *negative* as the pipelines of LTX take them: tensors, and masks of their words."""
    encoded = model.pipe.encode_prompt(
        prompt,
        negative,
        do_classifier_free_guidance=model.weights.guidance > 1,
        device=model.reading,
    )
    names = ("prompt_embeds", "prompt_attention_mask")
    return dict(zip((*names, *(f"negative_{name}" for name in names)), encoded, strict=True))


class Ltx(Diffusion):
    """Denoises in as many steps as its table line says, with guidance."""

    pipeline = "LTXConditionPipeline"

    def encode(self, prompt: str, negative: str) -> Words:
        """Return the words as tensors, and which of their places are words at all."""
        return masked_words(self, prompt, negative)

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the conditions of *take*, and the video that it restyles, if there is one."""
        asks = {
            "conditions": self._conditions(shot, materials, take, before) or None,
            "frame_rate": shot.fps,
            "image_cond_noise_scale": _CONDITION_NOISE,
            **_DECODING,
        }
        if shot.given.task == "restyle":
            asks |= {
                "video": covered(self.footage(materials.video, shot, materials.video_subject), shot, take)
            }
            asks |= self.restyling()
        return asks

    def restyling(self) -> dict[str, Any]:
        """Return what makes the pipeline begin from a noised video instead of noise alone."""
        from diffusers.pipelines.ltx.pipeline_ltx_condition import (  # noqa: PLC0415 (after the checks of loading)
            linear_quadratic_schedule,
        )

        schedule: Any = linear_quadratic_schedule
        steps = self.weights.steps
        left = sum(float(level) <= _NOISE for level in schedule(steps))
        return {"denoise_strength": _share(max(1, left), steps)}

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline; a video to restyle becomes the latents that it begins from."""
        if (video := arguments.pop("video", None)) is not None:
            arguments["latents"] = self._latents(video, arguments["width"], arguments["height"])
        return super().call(arguments)

    def _conditions(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> list[Any]:
        from diffusers.pipelines.ltx.pipeline_ltx_condition import (  # noqa: PLC0415 (after the checks of loading)
            LTXVideoCondition,
        )

        found = []
        if known := whole_latents(before, _LATENT):
            backwards = shot.given.task == "extend_back"
            place = take.frames - len(known) if backwards else 0
            led = as_images(known[::-1] if backwards else known)
            found.append(LTXVideoCondition(video=led, frame_index=place))
        elif materials.still is not None:
            found.append(LTXVideoCondition(image=as_still(materials.still, shot), frame_index=0))
        if take.last and materials.until is not None:
            end = as_still(materials.until, shot)
            found.append(LTXVideoCondition(image=end, frame_index=take.frames - 1))
        return found

    @torch.inference_mode()
    def _latents(self, video: list[Any], width: int, height: int) -> Tensor:
        """Return *video* as the denoiser sees it, without noise."""
        vae = self.pipe.vae
        pixels = self.pipe.video_processor.preprocess_video(video, height, width)
        coded = vae.encode(pixels.to(self.device, vae.dtype)).latent_dist.mode()
        mean, spread = (
            values.view(1, -1, 1, 1, 1).to(coded) for values in (vae.latents_mean, vae.latents_std)
        )
        latents: Tensor = (coded - mean) / spread
        return latents


class LtxDistilled(Ltx):
    """A checkpoint that was taught eight steps of its own, without guidance."""

    schedule: ClassVar[tuple[float, ...]] = (1000, 993, 987, 981, 975, 909, 725, 0.03)
    """Noise levels, of 1000, for a table line with as many steps."""
    refining: ClassVar[tuple[float, ...]] = (1000, 909, 725, 421, 0)
    """Noise levels for what is there already."""

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return what Ltx does, with the steps that the checkpoint knows."""
        asks = super().inputs(shot, materials, take, before)
        taught = self.weights.steps == len(self.schedule)
        return {"timesteps": list(self.schedule), **asks} if taught else asks

    def restyling(self) -> dict[str, Any]:
        """Return the steps that begin below full noise."""
        steps = len(self.refining)
        return {"timesteps": list(self.refining), "denoise_strength": _share(steps - 1, steps)}


def _share(left: int, steps: int) -> float:
    """Return the strength of which the pipeline makes *left* of *steps*; it rounds down."""
    return (left + 0.5) / steps
