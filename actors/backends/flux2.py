"""FLUX.2 klein: stills in four steps.

Source: github.com/black-forest-labs/flux2.
"""

from actors.backends.diffusion import Words
from actors.backends.diffusion.painting import Painter


class Flux2Klein(Painter):
    """The distilled checkpoint draws without guidance, so that it hears no negative prompt."""

    pipeline = "Flux2KleinPipeline"

    def encode(self, prompt: str, negative: str) -> Words:
        """Return the words as tensors; the pipeline finds their places itself."""
        del negative
        embeds, _ = self.pipe.encode_prompt(prompt, device=self.reading)
        return {"prompt_embeds": embeds}
