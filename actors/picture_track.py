"""Cuts the clips of an ad together: its bare picture, frame by frame."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from actors.video import Frame, read_frames
from schemas.errors import MediaError
from schemas.plan import TRANSITION_FRAMES, Composition


def cut_together(composition: Composition, clips: Sequence[Path], first: int = 0) -> Iterator[Frame]:
    """Yield the frames before anything is laid over them; *clips* has one path a cut.

    They begin with that of the number *first*, with which a cut begins. Each cut dissolves into the next over
    TRANSITION_FRAMES. Raises MediaError where a clip is too short.
    """
    leaving: Iterator[Frame] = iter(())
    for (start, cut), path in zip(composition.timeline, clips, strict=True):
        if start < first:
            leaving = read_frames(path, cut.frames)
            continue
        reader = read_frames(path)
        for number in range(cut.frames):
            frame = next(reader, None)
            if frame is None:
                raise MediaError(f"{path.name}: ends after {number} of {cut.frames} frames")
            old = next(leaving, None) if number < TRANSITION_FRAMES else None
            yield frame if old is None else _dissolved(old, frame, (number + 1) / (TRANSITION_FRAMES + 1))
        leaving = reader


class TrackShelf:
    """Keeps the latest bare picture on disk once two ads in a row show it, so that others only read it.

    Ads that differ in their texts alone, such as those of several locales, show the same. One ad leaves
    nothing, and no more than one picture of *bytes_max* is kept.
    """

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._path = folder / "picture.yuv"
        self._bytes_max = bytes_max
        self._latest: tuple[object, ...] = ()

    def frames(self, composition: Composition, clips: Sequence[Path], first: int = 0) -> Iterator[Frame]:
        """Yield the same frames as `cut_together`; whoever takes them may write into them."""
        wanted = shown_by(composition, clips, composition.frames)
        again, self._latest = wanted == self._latest, wanted
        if not again:
            self._path.unlink(missing_ok=True)
        if self._path.exists():
            return self._read(composition, first)
        frames = cut_together(composition, clips, first)
        fits = composition.frames * _bytes(composition) <= self._bytes_max
        return self._kept(frames) if again and fits and not first else frames

    def _kept(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        unfinished = self._path.with_suffix(".part")
        try:
            with unfinished.open("wb", buffering=0) as file:
                for frame in frames:
                    file.write(frame.data)
                    yield frame
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _read(self, composition: Composition, first: int) -> Iterator[Frame]:
        with self._path.open("rb", buffering=0) as file:
            file.seek(first * _bytes(composition))
            for _ in range(first, composition.frames):
                yield np.fromfile(file, np.uint8, _bytes(composition))


def shown_by(composition: Composition, clips: Sequence[Path], frames: int) -> tuple[object, ...]:
    """Return all that decides how the first *frames* look before anything is laid over them."""
    cuts = zip(clips, composition.timeline, strict=True)
    shown = ((path, cut.frames) for path, (start, cut) in cuts if start < frames)
    return (composition.width, composition.height, *shown)


def _bytes(composition: Composition) -> int:
    return composition.width * composition.height * 3 // 2


def _dissolved(old: Frame, new: Frame, share: float) -> Frame:
    weight = round(share * 256)
    mixed = np.multiply(old, 256 - weight, dtype=np.uint16)
    mixed += np.multiply(new, weight, dtype=np.uint16)
    mixed >>= 8
    return mixed.astype(np.uint8)
