"""Z-Image: stills in few steps, with lettering in English and Chinese.

Source: github.com/Tongyi-MAI/Z-Image; arXiv 2511.22699.
"""

from typing import Any

from torch import Tensor

from actors.backends.diffusion import Words
from actors.backends.diffusion.painting import Painter


class ZImage(Painter):
    """The turbo checkpoint draws without guidance, so that it hears no negative prompt."""

    pipeline = "ZImagePipeline"

    def encode(self, prompt: str, negative: str) -> Words:
        """Return the words as tensors ``[tokens, width]``; the pipeline gets lists of its own."""
        guided = self.weights.guidance > 0
        embeds, unwanted = self.pipe.encode_prompt(
            [prompt],
            device=self.reading,
            do_classifier_free_guidance=guided,
            negative_prompt=[negative],
        )
        return {"prompt_embeds": embeds[0], "negative_prompt_embeds": unwanted[0] if guided else None}

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline, which takes a list of prompts."""
        for name in ("prompt_embeds", "negative_prompt_embeds"):
            arguments[name] = [arguments[name]] if arguments[name] is not None else None
        return super().call(arguments)
