"""Draws stills with a diffusers pipeline: what models of pictures share beside what all models do."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from actors.backends import Watch
from actors.backends.diffusion import Diffusion
from schemas.plan import Drawing


class Painter(Diffusion):
    """One pipeline on one device; it draws one picture at a time."""

    def draw(self, drawing: Drawing, *, shrink: int, watch: Watch) -> NDArray[np.uint8]:
        """Return the picture, RGB ``uint8 [height, width, 3]``, as ImageModel says."""
        self._refuse_sides(drawing, f"{drawing.width}x{drawing.height}; plan again")
        self._prepare(shrink)
        steps = self.weights.steps
        watch.step(0, steps)
        generator = torch.Generator("cpu").manual_seed(drawing.seed)
        return self._picture(self.run(drawing, watch, done=0, of=steps, generator=generator), drawing)

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline and return its picture, float ``[3, H, W]`` in 0..1."""
        made: Tensor = self.pipe(**arguments, output_type="pt").images[0]
        return made

    def _picture(self, made: Tensor, drawing: Drawing) -> NDArray[np.uint8]:
        (picture,) = self._read(made[None], drawing)
        return picture
