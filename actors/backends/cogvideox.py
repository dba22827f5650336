"""CogVideoX: text to video, and video to video by drawing over noise; one checkpoint does both.

Source: github.com/zai-org/CogVideo; arXiv 2408.06072.
"""

from typing import Any

from torch import Tensor

from actors.backends import Materials
from actors.backends.diffusion import Diffusion
from actors.backends.diffusion.loading import sharing
from actors.backends.diffusion.stretches import covered
from actors.backends.diffusion.takes import Picture, Take
from schemas.plan import Shot

_STRENGTH = 0.8
"""How far a restyled video may go from the one it was: 1 would forget it."""


class CogVideoX(Diffusion):
    """Makes clips of six seconds at eight pictures a second."""

    pipeline = "CogVideoXPipeline"

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
        """Run the pipeline for text, or where there is a video the one for video; they share all parts."""
        if "video" not in arguments:
            return super().call(arguments)
        del arguments["num_frames"]
        restyler = sharing(self.pipe, "CogVideoXVideoToVideoPipeline", self.pipe.components)
        made: Tensor = restyler(**arguments, output_type="pt").frames[0]
        return made
