"""Draws stills with a diffusers pipeline: what models of pictures share beside what all models do."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from actors.backends import Watch
from actors.backends.diffusion import Diffusion
from schemas.errors import GenerationError
from schemas.plan import Drawing


class Painter(Diffusion):
    """One pipeline on one device; it draws one picture at a time."""

    def draw(self, drawing: Drawing, *, shrink: int, watch: Watch) -> NDArray[np.uint8]:
        """Return the picture, RGB ``uint8 [height, width, 3]``, as ImageModel says."""
        self._check(drawing)
        self._prepare(shrink)
        steps = self.weights.steps
        watch.step(0, steps)

        def told(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 (diffusers)
            watch.step(step + 1, steps)
            return values

        arguments = {
            **self.words(drawing.prompt, drawing.negative),
            "width": drawing.width,
            "height": drawing.height,
            "num_inference_steps": steps,
            "guidance_scale": self.weights.guidance,
            "generator": torch.Generator("cpu").manual_seed(drawing.seed),
            "callback_on_step_end": told,
        }
        try:
            made = self.call(arguments)
        finally:
            self.pipe.maybe_free_model_hooks()
        return self._picture(made, drawing)

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline and return its picture, float ``[3, H, W]`` in 0..1."""
        made: Tensor = self.pipe(**arguments, output_type="pt").images[0]
        return made

    def _check(self, drawing: Drawing) -> None:
        """Refuse what the checkpoint would change without a word."""
        multiple = self.entry.multiple
        if drawing.width % multiple or drawing.height % multiple:
            raise GenerationError(
                f"{self.entry.name} draws sides that are a multiple of {multiple}: "
                f"{drawing.width}x{drawing.height}; plan again"
            )

    def _picture(self, made: Tensor, drawing: Drawing) -> NDArray[np.uint8]:
        wide, tall = made.shape[-1], made.shape[-2]
        if (wide, tall) != (drawing.width, drawing.height):
            asked = f"{drawing.width}x{drawing.height}"
            raise GenerationError(f"{self.entry.name} drew {wide}x{tall} where {asked} was asked for")
        if not torch.isfinite(made).all():
            raise GenerationError(f"{self.entry.name} drew pixels that are no numbers")
        whole = (made.float().clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu()
        return np.asarray(whole.contiguous().numpy(), dtype=np.uint8)
