"""Looks at every frame of an ad once: small for black, frozen, flashing frames and bars, large for text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from actors.checks.flashes import FlashMeter
from actors.checks.hearing import longest_run
from actors.checks.tags import FULL_RANGE, STANDARD, color_name
from actors.layouts.contrast import WORST, measured_contrast
from actors.video import open_media
from schemas.errors import CheckError
from schemas.facts import PictureFacts, SeenText
from schemas.layout import Box, PlacedText

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]

_SIDE = 180
"""Pixels of the shorter side at which frames are looked at; smaller ones as they are."""
_CELL = 9
_BLACK = 30
"""Luma, 16 to 235, up to which a pixel is black; 16 + 6 % of the range."""
_BLACK_SHARE = 0.98
_CHANGE = 3
"""Steps of luma from which on a small pixel has changed."""
_CHANGE_SHARE = 0.001
_BAR = 28
_BESIDE_BAR = 48
"""Luma right beside a bar, in half of its length at least: the edge of a bar is sharp and straight."""
_BAR_SHARE = 0.02
"""Least width of a bar, as a share of the side."""
_SOFT = 25
"""Percent of the ground within a plate of one colour that soft edges take between the strokes of Chinese."""
_SEEN_SHARE = 0.1
"""Least share of a text's box that must not be covered, or the text is not looked at."""
_MOMENTS = (0.1, 0.5, 0.9)
"""When a text is looked at, as shares of its time."""


class Looks(NamedTuple):
    """What was seen, and how far it could be."""

    facts: PictureFacts
    texts: tuple[SeenText, ...]
    frames: int
    rotation: int
    interlaced: bool
    colors: tuple[str, str, str]
    """Primaries, transfer and matrix of the first frame."""
    full_range: bool
    damage: str


def look(path: Path, *, fps: float, moving: Iterable[range], texts: Sequence[PlacedText]) -> Looks:
    """Decode the file at *path* once, on one thread.

    *moving* are the frames in which the picture has to change. Raises CheckError where no frame decodes.
    """
    watcher = Watcher(fps, {number for frames in moving for number in frames}, texts)
    damage = ""
    with open_media(path) as media:
        stream = media.streams.video[0]
        stream.thread_count = 1
        try:
            for frame in media.decode(stream):
                watcher.see(frame)
        except av.FFmpegError as error:
            damage = f"decoding ends after {watcher.frames} frames: {error.strerror or error}"
    if not watcher.frames:
        raise CheckError(f"{path.name}: cannot be measured: no frame can be decoded")
    if watcher.corrupt and not damage:
        damage = f"{watcher.corrupt} damaged frames"
    return watcher.looks(damage)


class Watcher:
    """Takes frame by frame, and keeps what the rules ask for."""

    def __init__(self, fps: float, moving: set[int], texts: Sequence[PlacedText]) -> None:
        self._fps = fps or 1.0
        self._moving = moving
        self._texts = texts
        self._asked = _moments(texts)
        self._contrasts: dict[int, float] = {}
        self._scaler = VideoReformatter()
        self._flashes = FlashMeter(fps)
        self._black: list[bool] = []
        self._same: list[bool] = []
        """Whether each frame shows what the frame did at which the stretch began."""
        self._held: Pixels | None = None
        self._rows = _Edges()
        self._columns = _Edges()
        self._size = (0, 0)
        self._rotation = 0
        self._interlaced = False
        self._colors = (STANDARD, STANDARD, STANDARD)
        self._full_range = False
        self.corrupt = 0
        self.frames = 0

    def see(self, frame: Any) -> None:  # noqa: ANN401 (PyAV's frames gain fields by version)
        """Take the next frame."""
        number, self.frames = self.frames, self.frames + 1
        if number == 0:
            self._size = (frame.width, frame.height)
            self._rotation = int(frame.rotation) % 360
            self._full_range = frame.color_range == FULL_RANGE
            primaries, transfer, matrix = frame.color_primaries, frame.color_trc, frame.colorspace
            self._colors = (color_name(primaries), color_name(transfer), color_name(matrix))
        self._interlaced |= bool(frame.interlaced_frame)
        self.corrupt += bool(frame.is_corrupt)
        width, height = _small(*self._size)
        small = self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format="yuv420p",
            interpolation="BILINEAR",
            dst_color_range="MPEG",
        )
        luma, blue, red = (_plane(plane) for plane in small.planes)
        self._see_luma(number, luma)
        self._flashes.see(_cell_colors(luma, blue, red))
        for text in self._asked.get(number, ()):
            self._read(text, frame)

    def _see_luma(self, number: int, luma: Pixels) -> None:
        black = bool(np.mean(luma <= _BLACK) >= _BLACK_SHARE)
        self._black.append(black)
        same = self._held is not None and not black and number in self._moving and self._shows(luma)
        self._same.append(same)
        if not same:
            self._held = luma
        if not black:
            self._rows.see(luma)
            self._columns.see(luma.T)

    def _shows(self, luma: Pixels) -> bool:
        """Tell whether *luma* is what the frame that is held shows."""
        held: Any = self._held
        change = np.maximum(luma, held) - np.minimum(luma, held)
        return bool(np.mean(change >= _CHANGE) <= _CHANGE_SHARE)

    def _read(self, number: int, frame: Any) -> None:  # noqa: ANN401 (as `see`)
        text, now = self._texts[number], self.frames - 1
        frame_box = Box(left=0, top=0, right=frame.width, bottom=frame.height)
        seen = text.box.within(frame_box)
        if seen.width > 0 and seen.height > 0:
            part, box = _part(frame, seen)
            free = np.ones((box.height, box.width), np.bool_)
            for plate in self._plates_over(number, now):
                free[_slices(plate.within(seen), seen)] = False
            if free.mean() > _SEEN_SHARE:
                worst = _SOFT if text.surface else WORST
                found = measured_contrast(part, text.color, box, free, worst)
                self._contrasts[number] = min(found, self._contrasts.get(number, found))

    def _plates_over(self, number: int, now: int) -> Iterator[Box]:
        """Yield the plates of later texts that are there at frame *now*: the word being said covers a cue."""
        for other in self._texts[number + 1 :]:
            if other.surface and other.start <= now < other.end:
                yield other.box

    def looks(self, damage: str) -> Looks:
        """Return what was seen."""
        black, same = np.array(self._black), np.array(self._same)
        lit = np.flatnonzero(~black)
        first, last = (int(lit[0]), len(black) - 1 - int(lit[-1])) if len(lit) else (len(black), len(black))
        frozen = longest_run(same)
        # A run of same frames shows what the frame before it does.
        begins = np.flatnonzero(np.convolve(same, np.ones(frozen), mode="valid") == frozen) if frozen else [0]
        width, height = self._size
        facts = PictureFacts(
            black_first=round(first / self._fps, 3),
            black_last=round(last / self._fps, 3),
            black_between=round(longest_run(black[first : len(black) - last]) / self._fps, 3),
            frozen=round((frozen + 1) / self._fps, 3) if frozen else 0.0,
            frozen_at=round(max(0, int(begins[0]) - 1) / self._fps, 3),
            flashes=self._flashes.flashes,
            red_flashes=self._flashes.red_flashes,
            bars=(*self._rows.bars(height), *self._columns.bars(width)),
        )
        seen = tuple(
            SeenText(placed=text, contrast=round(self._contrasts[number], 2))
            for number, text in enumerate(self._texts)
            if number in self._contrasts
        )
        return Looks(
            facts,
            seen,
            self.frames,
            self._rotation,
            self._interlaced,
            self._colors,
            self._full_range,
            damage,
        )


class _Edges:
    """Finds rows at both ends of a picture that stay black from the first frame to the last."""

    def __init__(self) -> None:
        self._brightest: Pixels | None = None
        self._lit: NDArray[np.float64] | None = None
        """The largest share of each row that was bright at once."""

    def see(self, luma: Pixels) -> None:
        brightest, lit = luma.max(axis=1), np.mean(luma > _BESIDE_BAR, axis=1)
        if self._brightest is None or self._lit is None:
            self._brightest, self._lit = brightest, lit
        np.maximum(self._brightest, brightest, out=self._brightest)
        np.maximum(self._lit, lit, out=self._lit)

    def bars(self, side: int) -> tuple[int, int]:
        """Return the bars at both ends of *side* pixels; 0 and 0 unless there are two."""
        if self._brightest is None or self._lit is None:
            return 0, 0
        first = _bar(self._brightest, self._lit)
        last = _bar(self._brightest[::-1], self._lit[::-1])
        scale = side / len(self._lit)
        return (round(first * scale), round(last * scale)) if first and last else (0, 0)


def _bar(brightest: Pixels, lit: NDArray[np.float64]) -> int:
    """Return how many rows from the first are a bar."""
    rows = int(np.argmax(brightest > _BAR))
    beside = lit[rows : rows + 2].max(initial=0)
    return rows if rows >= len(lit) * _BAR_SHARE and beside >= 1 / 2 else 0


def _moments(texts: Sequence[PlacedText]) -> dict[int, list[int]]:
    """Return which texts, by their place in *texts*, are looked at in which frame."""
    asked: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        for frame in {text.start + int(share * (text.end - text.start)) for share in _MOMENTS}:
            asked[frame].append(number)
    return asked


def _small(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a frame is looked at."""
    scale = min(1.0, _SIDE / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _plane(plane: Any) -> Pixels:  # noqa: ANN401 (a plane gives its bytes by the buffer protocol)
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].copy()


def _cell_colors(luma: Pixels, blue: Pixels, red: Pixels) -> Values:
    """Return R, G and B of square cells, 0 to 1, [3, cells]; BT.709, limited range."""
    half = max(1, min(_CELL, *luma.shape) // 2)
    return _rgb(_cells(luma, half * 2), _cells(blue, half), _cells(red, half))


def _cells(plane: Pixels, side: int) -> Values:
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cells = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float32).reshape(-1))


def _part(frame: Any, box: Box) -> tuple[Pixels, Box]:  # noqa: ANN401 (as `Watcher.see`)
    """Return the part of *frame* that holds *box* as RGB, uint8 [h, w, 3], and the box in it."""
    left, top = box.left // 2 * 2, box.top // 2 * 2
    planes = [_plane(plane) for plane in frame.planes[:3]] if frame.format.name == "yuv420p" else []
    moved = Box(left=box.left - left, top=box.top - top, right=box.right - left, bottom=box.bottom - top)
    if not planes:
        return frame.to_ndarray(format="rgb24")[top : box.bottom, left : box.right], moved
    light = planes[0][top : box.bottom, left : box.right]
    blue, red = (
        plane[top // 2 : -(-box.bottom // 2), left // 2 : -(-box.right // 2)]
        .repeat(2, axis=0)
        .repeat(2, axis=1)[: light.shape[0], : light.shape[1]]
        for plane in planes[1:]
    )
    rgb = np.moveaxis(_rgb(light, blue, red), 0, -1)
    return np.rint(rgb * 255).astype(np.uint8), moved


def _slices(part: Box, whole: Box) -> tuple[slice, slice]:
    """Return the rows and columns that *part* takes of *whole*, none where it lies outside."""
    rows = slice(part.top - whole.top, max(part.top, part.bottom) - whole.top)
    return rows, slice(part.left - whole.left, max(part.left, part.right) - whole.left)


def _rgb(luma: Pixels | Values, blue: Pixels | Values, red: Pixels | Values) -> Values:
    """Return R, G and B, 0 to 1, [3, ...], of BT.709 in limited range."""
    y = (luma - np.float32(16)) / 219
    u, v = (blue - np.float32(128)) / 224, (red - np.float32(128)) / 224
    rgb = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u])
    return np.clip(rgb, 0, 1).astype(np.float32)
