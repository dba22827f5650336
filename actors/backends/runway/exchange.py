"""Packs what a service is sent, and opens what it sends back: pictures and clips of a size and a rate."""

import base64
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from actors.backends.motion.first_frame import fit_still
from actors.backends.runway.patience import Patience
from actors.colors import to_frame
from actors.footage import all_frames, covering, frames_at, pictures
from actors.video import Encoding, ffmpeg_path
from actors.video_writer import VideoWriter
from schemas.errors import GenerationError, MediaError
from schemas.layout import Box
from schemas.plan import Shot

DATA_URI_MAX = 5 * 1024 * 1024
"""Characters of a picture inside a request; docs.dev.runwayml.com/assets/inputs, read on 2026-11-22."""
_QUALITIES = (95, 90, 80, 65)
_LENT = Encoding(preset="veryfast", crf=14)


class Received(NamedTuple):
    """A clip that came, decoded to its end once."""

    path: Path
    width: int
    height: int
    frames: int
    seconds: float


def as_data_uri(still: Path, shot: Shot) -> str:
    """Return *still* in the frame of *shot* as the ``data:`` URI of a JPEG. Raises GenerationError."""
    picture = Image.fromarray(fit_still(still, shot))
    for quality in _QUALITIES:
        file = BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling=0)
        uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
        if len(uri) < DATA_URI_MAX:
            return uri
    raise GenerationError(f"{still.name}: does not fit into {DATA_URI_MAX} bytes; use a calmer picture")


def write_part(
    video: Path, to: Path, shot: Shot, frames: int, patience: Patience, subject: Box | None = None
) -> None:
    """Write the first *frames* of *video*, at the size and rate of *shot*, to the MP4 *to*, without sound.

    Raises GenerationError if there are fewer, MediaError if it cannot be read.
    """
    written = 0
    with VideoWriter(
        to,
        width=shot.width,
        height=shot.height,
        fps=shot.fps,
        encoding=_LENT,
        ffmpeg_exe=ffmpeg_path(None),
    ) as writer:
        for picture in islice(pictures(video, fps=Fraction(shot.fps)), frames):
            patience.tell(0)
            writer.write(to_frame(torch.tensor(covering(picture, shot.width, shot.height, subject))))
            written += 1
    if written < frames:
        raise GenerationError(
            f"{video.name}: lasts {written / shot.fps:.1f} s where the shot takes {frames / shot.fps:.1f} s "
            "of it; give a longer video, or a shorter shot"
        )


def measure(path: Path) -> Received:
    """Decode *path* to its end. Raises MediaError if it cannot be, or if there is no frame in it."""
    shown = [(seen.begin, seen.end, seen.frame.width, seen.frame.height) for seen in all_frames(path)]
    if not shown:
        raise MediaError(f"{path.name}: has no frame")
    _, end, width, height = shown[-1]
    return Received(path, width, height, len(shown), float(end))


def retimed(clip: Received, *, fps: int, frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield *frames* frames of *clip* at *fps*, flat yuv420p; it must last so long."""
    for seen in islice(frames_at(clip.path, fps=Fraction(fps)), frames):
        yield np.asarray(seen.frame.to_ndarray(format="yuv420p"), dtype=np.uint8).reshape(-1)
