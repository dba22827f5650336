"""Makes pictures and clips large: stills for the camera, clips for delivery."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.clips import ClipStore
from actors.enlarging import Between, Size, drawn_between, fitted, retimed, sharpened
from actors.pictures import open_picture
from actors.resources import cpu_seconds, gpu_memory
from actors.shelf import take_weights
from actors.sound import RATE, Sound, read_sound
from actors.subjects import note_subject, subject_of, subject_of_clip
from actors.video import MEZZANINE, Frame, read_frames
from schemas.errors import GenerationError
from schemas.layout import Box
from schemas.media import Clip, StillFile, StoredFile
from schemas.plan import Shot, Still
from storage.blobs import BlobStore, publish

if TYPE_CHECKING:
    from actors.faces import FaceFinder
    from actors.matte import Matter
    from actors.networks import Network

Picture = NDArray[np.uint8]

_PIXELS_MAX = 160_000_000
"""Of an enlarged picture: about 2 GB of memory on the way."""
_TILE, _TILE_MIN = 512, 64
"""Side, in pixels, of what a network enlarges at a time; below the least its overlap is most of the work."""


class Upscaler:
    """Makes pictures and clips large. Loads each model once."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str, *, compiled: bool = False) -> None:
        """Work on *blobs*; *compiled* has torch compile what enlarges clips, see `load_network`."""
        self._blobs = blobs
        self._scratch = scratch
        self._clips = ClipStore(blobs, scratch, ffmpeg_exe)
        self._compiled = compiled
        self._networks: dict[tuple[str, bool], Network] = {}
        self._matters: dict[str, Matter] = {}

    def prepare(self, still: Still, shrink: int, drawn: Picture | None = None) -> StillFile:
        """Prepare *still* as ``stills/<key>.png``, RGBA where its subject is cut out and RGB elsewhere.

        A drawing comes as *drawn*, ``uint8 [H, W, 3]``. A source that is a cut-out keeps its own alpha. Each
        step of *shrink* halves the tiles that are enlarged at a time. Raises MediaError for a source that
        cannot be read, GenerationError for a picture that would be too large, GpuMemoryError for tiles that
        are, SettingsError and StorageError for weights that cannot be had.
        """
        began = cpu_seconds()
        picture, alpha = (drawn, None) if drawn is not None else self._given(still)
        tile = _tile(shrink)
        name = still.source or "a drawing"
        with gpu_memory(f"{name} times {still.scale} by {still.upscaler}, in tiles of {tile} pixels"):
            large = self._enlarged(picture, still, tile)
        if alpha is not None:
            alpha = _lanczos(alpha, still.scale)
        elif still.matte:
            alpha = self._matter(still.matte).matte(large)
        faces = self._face_finder(still.faces).find(large) if still.faces else ()
        subject = subject_of(large, alpha, faces)
        file = self._store(still, large, alpha, subject)
        height, width = large.shape[:2]
        return StillFile(
            still=still.key,
            file=file,
            width=width,
            height=height,
            matted=alpha is not None,
            subject=subject,
            cpu_seconds=round(cpu_seconds() - began, 2),
        )

    def enlarge(self, shot: Shot, base: Clip, shrink: int) -> Clip:
        """Enlarge the clip *base* to *shot* and store it as ``clips/<key>.mp4``.

        Frames go one by one from the decoder into the encoder, so memory does not grow with the length; what
        the base has of sound goes along. Whole frames are enlarged at a time, after the first *shrink* tiles,
        which each further one halves. Raises GenerationError if *base* is not the shot's, or too short, else
        as `prepare` and ClipStore.store.
        """
        began = cpu_seconds()
        if base.shot != shot.base:
            raise GenerationError(f"shot {shot.key[:12]} enlarges {shot.base[:12]}, not {base.shot[:12]}")
        tile = _tile(shrink - 1) if shrink else 0
        tried = f"shot {shot.key[:12]} ({base.width}x{base.height} to {shot.width}x{shot.height})"
        pieces = f"in tiles of {tile} pixels" if tile else "in whole frames"
        path = self._blobs.local(base.file.name, self._scratch)
        with gpu_memory(f"{tried} by {shot.upscaler}, {pieces}"):
            subject = self._subject(shot, base, path)
            frames = self._frames(shot, base, path, tile, subject)
            return self._clips.store(shot, frames, MEZZANINE, sound=_sound(shot, base, path), began=began)

    def _given(self, still: Still) -> tuple[Picture, Picture | None]:
        return _open(self._blobs.local(still.source, self._scratch))

    def _subject(self, shot: Shot, base: Clip, path: Path) -> Box | None:
        """Return what the whole clip *base* is of, in its pixels; None where nothing of it is cropped."""
        if not shot.framing or base.width * shot.height == base.height * shot.width:
            return None
        faces = shot.framing.partition("/")[0]
        return subject_of_clip(path, base.frames / base.fps, self._face_finder(faces) if faces else None)

    def _frames(self, shot: Shot, base: Clip, path: Path, tile: int, subject: Box | None) -> Iterator[Frame]:
        """Yield the frames of *shot* from those of *base*, the file *path*."""
        frames, size = read_frames(path), Size(base.width, base.height)
        rate = base.fps, shot.fps, shot.frames
        interpolator = shot.interpolator.partition("/")[0]
        if base.fps != shot.fps and not interpolator:
            rates = f"its base has {base.fps} fps, not {shot.fps}"
            raise GenerationError(f"shot {shot.key[:12]}: {rates}, and it names no interpolator")
        # Each frame is enlarged once: repeated afterwards, but left out or drawn between before.
        repeated = interpolator == "repeat" and base.fps < shot.fps
        if not repeated:
            frames = retimed(frames, *rate, self._between(interpolator, size))
        frames = self._large(frames, shot, size, tile, subject)
        return retimed(frames, *rate) if repeated else frames

    def _large(
        self, frames: Iterator[Frame], shot: Shot, size: Size, tile: int, subject: Box | None
    ) -> Iterator[Frame]:
        revision = shot.upscaler.partition("/")[0]
        if revision != "lanczos":
            network = self._network(revision, fast=True)
            frames = sharpened(frames, size, network, tile or self._bound(network))
            size = Size(size.width * network.scale, size.height * network.scale)
            subject = subject.times(network.scale) if subject else None
        return fitted(frames, size, Size(shot.width, shot.height), subject)

    def _between(self, interpolator: str, size: Size) -> Between | None:
        if interpolator in {"", "repeat"}:
            return None
        from actors.networks import load_rife  # noqa: PLC0415 (torch waits until a model is asked for)

        path = take_weights(interpolator, self._blobs, self._scratch)
        return drawn_between(load_rife(path, device=self._device), size)

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
        network = self._network(still.upscaler, fast=False)
        if network.scale != still.scale:
            raise GenerationError(f"{still.upscaler} enlarges {network.scale} times, not {still.scale} times")
        from actors.tiling import upscale  # noqa: PLC0415 (torch waits until a model is asked for)

        return upscale(network, picture, tile=min(tile, self._bound(network) or tile))

    def _network(self, revision: str, *, fast: bool) -> "Network":
        from actors.networks import load_network  # noqa: PLC0415 (torch waits until a model is asked for)

        if (revision, fast) not in self._networks:
            path = take_weights(revision, self._blobs, self._scratch)
            compiled = fast and self._compiled
            network = load_network(path, device=self._device, fast=fast, compiled=compiled)
            self._networks[revision, fast] = network
        return self._networks[revision, fast]

    def _bound(self, network: "Network") -> int:
        """Return the largest tile that a CPU's memory takes of *network*; 0 where there is no bound."""
        return network.tile if self._device == "cpu" else 0

    def _matter(self, revision: str) -> "Matter":
        from actors.matte import Matter  # noqa: PLC0415 (onnxruntime waits until a model is asked for)

        if revision not in self._matters:
            self._matters[revision] = Matter(take_weights(revision, self._blobs, self._scratch))
        return self._matters[revision]

    @cached_property
    def _device(self) -> str:
        import torch  # noqa: PLC0415 (torch waits until a model is asked for)

        return "cuda" if torch.cuda.is_available() else "cpu"

    def _face_finder(self, revision: str) -> "FaceFinder":
        from actors.faces import face_finder  # noqa: PLC0415 (onnxruntime waits until a model is asked for)

        return face_finder(take_weights(revision, self._blobs, self._scratch))

    def _store(
        self, still: Still, picture: Picture, alpha: Picture | None, subject: Box | None
    ) -> StoredFile:
        pixels = picture if alpha is None else np.dstack([picture, alpha])
        path = self._scratch / f"{still.key}.png"
        try:
            Image.fromarray(pixels).save(path, compress_level=1, pnginfo=note_subject(subject))
            return publish(self._blobs, f"stills/{still.key}.png", path)
        finally:
            path.unlink(missing_ok=True)


def _sound(shot: Shot, base: Clip, path: Path) -> Sound | None:
    """Return the sound of *base*, cut to the length of *shot*, or filled up with silence."""
    if not base.sound:
        return None
    length = round(shot.frames * RATE / shot.fps)
    sound = read_sound(path, seconds_max=length / RATE)[:length]
    return np.pad(sound, ((0, length - len(sound)), (0, 0)))


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
