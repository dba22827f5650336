"""Makes pictures and clips large: stills for the camera, clips for delivery."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.clips import ClipStore
from actors.enlarging import Size, fitted, sharpened
from actors.pictures import open_picture
from actors.resources import cpu_seconds, gpu_memory
from actors.shelf import take_weights
from actors.video import MEZZANINE, Frame, read_frames
from schemas.errors import GenerationError
from schemas.media import Clip, StillFile, StoredFile
from schemas.plan import Shot, Still
from storage.blobs import BlobStore, publish

if TYPE_CHECKING:
    from actors.matte import Matter
    from actors.span import Span

Picture = NDArray[np.uint8]

_PIXELS_MAX = 160_000_000
"""Of an enlarged picture: about 2 GB of memory on the way."""
_TILE, _TILE_MIN = 512, 64
"""Side, in pixels, of what SPAN enlarges at a time; below the least its overlap is most of the work."""


class Upscaler:
    """Makes pictures and clips large. Loads each model once."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._clips = ClipStore(blobs, scratch, ffmpeg_exe)
        self._spans: dict[str, Span] = {}
        self._matters: dict[str, Matter] = {}

    def prepare(self, still: Still, shrink: int) -> StillFile:
        """Prepare *still* as ``stills/<key>.png``, RGBA where its subject is cut out and RGB elsewhere.

        A source that is a cut-out keeps its own alpha. Each step of *shrink* halves the tiles that are
        enlarged at a time. Raises MediaError for a source that cannot be read, GenerationError for a picture
        that would be too large, GpuMemoryError for tiles that are, SettingsError and StorageError for weights
        that cannot be had.
        """
        began = cpu_seconds()
        picture, alpha = _open(self._blobs.local(still.source, self._scratch))
        tile = _tile(shrink)
        with gpu_memory(f"{still.source} times {still.scale} by {still.upscaler}, in tiles of {tile} pixels"):
            large = self._enlarged(picture, still, tile)
        if alpha is not None:
            alpha = _lanczos(alpha, still.scale)
        elif still.matte:
            alpha = self._matter(still.matte).matte(large)
        file = self._store(still, large, alpha)
        height, width = large.shape[:2]
        return StillFile(
            still=still.key,
            file=file,
            width=width,
            height=height,
            matted=alpha is not None,
            cpu_seconds=round(cpu_seconds() - began, 2),
        )

    def enlarge(self, shot: Shot, base: Clip, shrink: int) -> Clip:
        """Enlarge the clip *base* to *shot* and store it as ``clips/<key>.mp4``.

        Frames go one by one from the decoder into the encoder, so memory does not grow with the length. Each
        step of *shrink* halves the tiles that are enlarged at a time. Raises GenerationError if *base* is not
        the shot's, else as `prepare` and ClipStore.store.
        """
        began = cpu_seconds()
        if base.shot != shot.base:
            raise GenerationError(f"shot {shot.key[:12]} enlarges {shot.base[:12]}, not {base.shot[:12]}")
        tile = _tile(shrink)
        tried = f"shot {shot.key[:12]} ({base.width}x{base.height} to {shot.width}x{shot.height})"
        with gpu_memory(f"{tried} by {shot.upscaler}, in tiles of {tile} pixels"):
            return self._clips.store(shot, self._frames(shot, base, tile), MEZZANINE, began=began)

    def _frames(self, shot: Shot, base: Clip, tile: int) -> Iterator[Frame]:
        frames = read_frames(self._blobs.local(base.file.name, self._scratch))
        size = Size(base.width, base.height)
        revision = shot.upscaler.partition("/")[0]
        if revision != "lanczos":
            span = self._span(revision)
            frames = sharpened(frames, size, span, tile)
            size = Size(size.width * span.scale, size.height * span.scale)
        return fitted(frames, size, Size(shot.width, shot.height))

    def _enlarged(self, picture: Picture, still: Still, tile: int) -> Picture:
        height, width = picture.shape[:2]
        if height * width * still.scale**2 > _PIXELS_MAX:
            raise GenerationError(
                f"{still.source}: {width} x {height} times {still.scale} is over {_PIXELS_MAX} pixels"
            )
        if still.scale == 1:
            return picture
        if still.upscaler == "lanczos":
            return _lanczos(picture, still.scale)
        span = self._span(still.upscaler)
        if span.scale != still.scale:
            raise GenerationError(f"{still.upscaler} enlarges {span.scale} times, not {still.scale} times")
        from actors.span import upscale  # noqa: PLC0415 (torch waits until a model is asked for)

        return upscale(span, picture, tile=tile)

    def _span(self, revision: str) -> "Span":
        from actors.span import load_span  # noqa: PLC0415 (torch waits until a model is asked for)

        if revision not in self._spans:
            path = take_weights(revision, self._blobs, self._scratch)
            self._spans[revision] = load_span(path, device=self._device)
        return self._spans[revision]

    def _matter(self, revision: str) -> "Matter":
        from actors.matte import Matter  # noqa: PLC0415 (onnxruntime waits until a model is asked for)

        if revision not in self._matters:
            self._matters[revision] = Matter(take_weights(revision, self._blobs, self._scratch))
        return self._matters[revision]

    @cached_property
    def _device(self) -> str:
        import torch  # noqa: PLC0415 (torch waits until a model is asked for)

        return "cuda" if torch.cuda.is_available() else "cpu"

    def _store(self, still: Still, picture: Picture, alpha: Picture | None) -> StoredFile:
        pixels = picture if alpha is None else np.dstack([picture, alpha])
        path = self._scratch / f"{still.key}.png"
        try:
            Image.fromarray(pixels).save(path, compress_level=1)
            return publish(self._blobs, f"stills/{still.key}.png", path)
        finally:
            path.unlink(missing_ok=True)


def _tile(shrink: int) -> int:
    return max(_TILE_MIN, _TILE >> shrink)


def _open(path: Path) -> tuple[Picture, Picture | None]:
    """Return colours ``[H, W, 3]``, and alpha ``[H, W]`` where it cuts a subject out."""
    pixels = np.array(open_picture(path))
    if pixels.shape[2] == 3:  # noqa: PLR2004 (RGB)
        return pixels, None
    from actors.matte import has_cut_out, spread_colours  # noqa: PLC0415 (it needs torch; few sources do)

    alpha = pixels[..., 3]
    return spread_colours(pixels), alpha if has_cut_out(alpha) else None


def _lanczos(pixels: Picture, scale: int) -> Picture:
    if scale == 1:
        return pixels
    height, width = pixels.shape[:2]
    large = Image.fromarray(pixels).resize((width * scale, height * scale), Image.Resampling.LANCZOS)
    return np.array(large)
