"""Makes pictures ready for the camera: enlarged, with the subject's matte as alpha."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.pictures import open_picture
from actors.resources import cpu_seconds
from actors.weights import MANIFEST, weights_path
from schemas.errors import GenerationError
from schemas.media import StillFile, StoredFile
from schemas.plan import Still
from storage.blobs import BlobStore, publish

if TYPE_CHECKING:
    from actors.matte import Matter
    from actors.span import Span

Picture = NDArray[np.uint8]

_PIXELS_MAX = 160_000_000
"""Of an enlarged picture: about 2 GB of memory on the way."""


class Upscaler:
    """Makes pictures ready: enlarged, upright, with the subject's matte as alpha. Loads each model once."""

    def __init__(self, blobs: BlobStore, scratch: Path, weights: Path) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._weights = weights
        self._spans: dict[str, Span] = {}
        self._matters: dict[str, Matter] = {}

    def prepare(self, still: Still) -> StillFile:
        """Prepare *still* as ``stills/<key>.png``, RGBA where its subject is cut out and RGB elsewhere.

        A source that is a cut-out keeps its own alpha. Raises MediaError for a source that cannot be read,
        GenerationError for weights that are not on this machine or a picture that would be too large.
        """
        began = cpu_seconds()
        picture, alpha = _open(self._blobs.local(still.source, self._scratch))
        large = self._enlarge(picture, still)
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

    def _enlarge(self, picture: Picture, still: Still) -> Picture:
        height, width = picture.shape[:2]
        if height * width * still.scale**2 > _PIXELS_MAX:
            raise GenerationError(
                f"{still.source}: {width} x {height} times {still.scale} is over {_PIXELS_MAX} pixels"
            )
        if still.scale == 1:
            return picture
        if still.upscaler == "lanczos":
            return _lanczos(picture, still.scale)
        from actors.span import upscale  # noqa: PLC0415 (torch waits until a model is asked for)

        return upscale(self._span(still.upscaler, still.scale), picture)

    def _span(self, revision: str, scale: int) -> "Span":
        from actors.span import load_span  # noqa: PLC0415 (torch waits until a model is asked for)

        if revision not in self._spans:
            self._spans[revision] = load_span(self._fetched(revision), device=self._device)
        span = self._spans[revision]
        if span.scale != scale:
            raise GenerationError(f"{revision} enlarges {span.scale} times, not {scale} times")
        return span

    def _matter(self, revision: str) -> "Matter":
        from actors.matte import Matter  # noqa: PLC0415 (onnxruntime waits until a model is asked for)

        if revision not in self._matters:
            self._matters[revision] = Matter(self._fetched(revision))
        return self._matters[revision]

    @cached_property
    def _device(self) -> str:
        import torch  # noqa: PLC0415 (torch waits until a model is asked for)

        return "cuda" if torch.cuda.is_available() else "cpu"

    def _fetched(self, revision: str) -> Path:
        name = revision.partition("@")[0]
        if name not in MANIFEST or MANIFEST[name].revision != revision:
            raise GenerationError(f"unknown weights {revision!r}: use one version of Reelmill on all workers")
        path = weights_path(self._weights, name)
        if not path.exists():
            raise GenerationError(
                f"weights {revision} are not on this worker: run `reelmill weights fetch {name}` there"
            )
        return path

    def _store(self, still: Still, picture: Picture, alpha: Picture | None) -> StoredFile:
        pixels = picture if alpha is None else np.dstack([picture, alpha])
        path = self._scratch / f"{still.key}.png"
        try:
            Image.fromarray(pixels).save(path, compress_level=1)
            return publish(self._blobs, f"stills/{still.key}.png", path)
        finally:
            path.unlink(missing_ok=True)


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
