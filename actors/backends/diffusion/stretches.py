"""Picks the pictures that lead a take: its part of a given video, a still, the end of the take before."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from PIL import Image

from actors.backends.diffusion.takes import Picture, Take
from actors.backends.motion.first_frame import fit_still
from schemas.errors import GenerationError
from schemas.plan import Shot


def covered(seen: Iterator[Picture], shot: Shot, take: Take) -> list[Image.Image]:
    """Return the pictures of *seen*, a video at the shot's rate, that *take* covers.

    Raises GenerationError if the video ends before.
    """
    found = list(islice(seen, take.start, take.start + take.frames))
    if len(found) < take.frames:
        has, needs = (take.start + len(found)) / shot.fps, (take.start + take.frames) / shot.fps
        raise GenerationError(f"the video has {has:.1f} s, the shot takes {needs:.1f} s of it")
    return as_images(found)


def as_images(pictures: list[Picture]) -> list[Image.Image]:
    """Return *pictures* as what diffusers takes for a video."""
    return [Image.fromarray(picture) for picture in pictures]


def as_still(still: Path | None, shot: Shot) -> Image.Image:
    """Return the picture of *still* in the frame of *shot*. Raises GenerationError where there is none."""
    if still is None:
        raise GenerationError(f"shot {shot.key[:12]} shows {shot.show!r} and needs a still")
    return Image.fromarray(fit_still(still, shot))


def whole_latents(before: list[Picture], step: int) -> list[Picture]:
    """Return the first of *before*, as many as make whole latents: one picture, then *step* each."""
    return before[: (len(before) - 1) // step * step + 1] if before else []
