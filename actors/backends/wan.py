"""Wan 2.1 and 2.2: text, pictures and video to video, VACE for all that is led by pictures.

Source: github.com/Wan-Video/Wan2.1 and Wan2.2, Apache-2.0; VACE is arXiv 2503.07598.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from actors.backends import Materials
from actors.backends.diffusion import Diffusion, empty
from actors.backends.diffusion.loading import sharing
from actors.backends.diffusion.room import tile
from actors.backends.diffusion.stretches import as_images, as_still, covered
from actors.backends.diffusion.takes import Picture, Take
from actors.backends.motion.first_frame import fit_still, subject_on_white
from schemas.plan import Shot

_GREY = 128
"""What stands where VACE is to draw."""
_KEPT, _DRAWN = 0, 255
"""VACE's masks."""
_STRENGTH = 0.75
"""How far a restyled video may go from the one it was: 1 would forget it."""


class Wan(Diffusion):
    """Text to video, and video to video by drawing over noise (SDEdit, arXiv 2108.01073)."""

    pipeline = "WanPipeline"
    full = ("vae",)
    words_max = 512

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the video to restyle, if there is one."""
        del before
        if shot.given.task != "restyle":
            return {}
        return {
            "video": covered(self.footage(materials.video, shot, materials.video_subject), shot, take),
            "strength": _STRENGTH,
        }

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Denoise, then decode: what a full memory keeps from being decoded is decoded in tiles."""
        pipe = self.pipe
        if "strength" in arguments:
            pipe = self._restyler()
            del arguments["num_frames"]
        try:
            latents = pipe(**arguments, output_type="latent").frames
            references = len(arguments.get("reference_images") or ())  # VACE puts them before the clip
            return self._decoded(latents[:, :, references:])
        finally:
            self.pipe.vae.clear_cache()  # where it was stopped by a full memory, most of that is still there

    def _decoded(self, latents: Tensor) -> Tensor:
        try:
            return self._decoded_at_once(latents)
        except torch.OutOfMemoryError:
            tile(self.pipe.vae, on=True)
        # Only now has the error let go of all that did not fit.
        self.pipe.vae.clear_cache()
        empty(self.device)
        return self._decoded_at_once(latents)

    @torch.inference_mode()
    def _decoded_at_once(self, latents: Tensor) -> Tensor:
        vae = self.pipe.vae
        mean, spread = (
            torch.tensor(values, device=latents.device, dtype=vae.dtype).view(1, -1, 1, 1, 1)
            for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        decoded = vae.decode(latents.to(vae.dtype) / (1 / spread) + mean, return_dict=False)[0]
        made: Tensor = self.pipe.video_processor.postprocess_video(decoded, output_type="pt")[0]
        return made

    def _restyler(self) -> Any:  # noqa: ANN401 (a class of diffusers)
        """Return the pipeline that begins from a video; it shares all parts."""
        names = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")
        return sharing(self.pipe, "WanVideoToVideoPipeline", names)


class WanImage(Wan):
    """Image to video, with a last frame too where the checkpoint hears of it."""

    pipeline = "WanImageToVideoPipeline"

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the first picture: of the still, later the last of the take before; and the last one."""
        first = Image.fromarray(before[-1]) if before else as_still(materials.still, shot)
        pictures = {"image": first}
        if take.last and materials.until is not None:
            pictures["last_image"] = as_still(materials.until, shot)
        return pictures


class WanTextImage(Wan):
    """Text to video and image to video in one checkpoint (Wan 2.2 TI2V)."""

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the first picture, where there is one."""
        if before:
            return {"image": Image.fromarray(before[-1])}
        if materials.still is not None and take.number == 0:
            return {"image": as_still(materials.still, shot)}
        return {}

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline for pictures where there is one, else that for text; they share all parts."""
        if "image" not in arguments:
            return super().call(arguments)
        text = self.pipe
        try:
            self.pipe = self._animator()
            return super().call(arguments)
        finally:
            self.pipe = text

    def _animator(self) -> Any:  # noqa: ANN401 (a class of diffusers)
        names = ("tokenizer", "text_encoder", "transformer", "transformer_2", "vae", "scheduler")
        config = {name: self.pipe.config[name] for name in ("boundary_ratio", "expand_timesteps")}
        return sharing(self.pipe, "WanImageToVideoPipeline", names, **config)


class WanVace(Wan):
    """VACE: what is to stay is shown with a black mask, what is to be drawn is grey under a white one."""

    pipeline = "WanVACEPipeline"

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return the pictures that lead, their masks, and the references."""
        known = self._known(shot, materials, take, before)
        grey = Image.new("RGB", (shot.width, shot.height), (_GREY, _GREY, _GREY))
        video = [grey] * take.frames
        if shot.given.task == "restyle":
            video = [
                _greyed(image)
                for image in covered(self.footage(materials.video, shot, materials.video_subject), shot, take)
            ]
        video = [Image.fromarray(known[n]) if n in known else image for n, image in enumerate(video)]
        masks = [_KEPT if n in known else _DRAWN for n in range(take.frames)]
        if shot.given.task == "extend_back":
            video, masks = video[::-1], masks[::-1]
        size = shot.width, shot.height
        return {
            "video": video,
            "mask": [Image.new("L", size, mask) for mask in masks],
            "reference_images": as_images(list(self._references(shot, materials))) or None,
        }

    def _known(
        self, shot: Shot, materials: Materials, take: Take, before: list[Picture]
    ) -> dict[int, Picture]:
        """Return the pictures of *take* that are there already, by their number."""
        known = dict(enumerate(before))
        if not before and materials.still is not None and not shot.given.subjects:
            known[0] = fit_still(materials.still, shot)
        if take.last and materials.until is not None:
            known[take.frames - 1] = fit_still(materials.until, shot)
        return known

    def _references(self, shot: Shot, materials: Materials) -> Iterator[Picture]:
        """Yield each subject, and how what is kept looked when its first shot began."""
        yield from (subject_on_white(subject, shot) for subject in materials.subjects)
        if materials.follows is not None:
            yield from islice(self.footage(materials.follows, shot), 1)


def _greyed(image: Image.Image) -> Image.Image:
    """Return *image* without its colours: what VACE was trained to draw anew."""
    return image.convert("L").convert("RGB")
