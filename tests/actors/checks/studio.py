"""Draws small ads of every kind, good ones and ones with a single defect, as real files."""

import re
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from actors.sound.loudness import loudness
from actors.video import ffmpeg_path
from schemas.layout import Box, PlacedText
from schemas.placements import PLACEMENTS, Placement
from schemas.plan import Ad, Cut, Sound
from tests.compositions import draw_ad

Film = NDArray[np.uint8]
"""Frames: RGB uint8 [T, H, W, 3]."""
Wave = NDArray[np.float32]
"""Stereo: float32 [samples, 2] at 48 kHz."""

RATE = 48_000
TALL = (270, 480)
WIDE = (480, 270)
TINY = (96, 54)
"""For long films of which only time and sound matter."""
SQUARE = (270, 270)
_SHRUNK = 4
RATE_KEPT: dict[str, Any] = dict.fromkeys(("b_v", "minrate", "maxrate", "bufsize"), "640k") | {
    "x264-params": "nal-hrd=cbr",
    "crf": None,
}
"""A bit rate that is kept up from first to last frame."""

COLORS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
_OPTIONS: dict[str, Any] = {
    "c:v": "libx264",
    "preset": "superfast",
    "crf": 20,
    "profile:v": "high",
    "bf": 2,
    "g": 30,
    "threads": 1,
    "pix_fmt": "yuv420p",
    "vf": f"scale=out_color_matrix=bt709:out_range=tv,{COLORS}",
    "c:a": "aac",
    "b:a": "192k",
    "ar": RATE,
    "flags:v": "+bitexact+cgop",
    "movflags": "+faststart",
    "fflags": "+bitexact",
    "map_metadata": -1,
    "f": "mp4",
}


class Sent(NamedTuple):
    """A file with the ad that it should be."""

    path: Path
    ad: Ad
    texts: tuple[PlacedText, ...] = ()
    still_cuts: tuple[int, ...] = ()


def shrunk(row: Placement) -> Placement:
    """Return *row* with a quarter of its pixels on each side, and a sixteenth of its bit rates."""
    sides = {"width": row.width // _SHRUNK // 2 * 2, "height": row.height // _SHRUNK // 2 * 2}
    rates = {name: getattr(row, name) // _SHRUNK**2 for name in ("kbps_min", "kbps_max", "bytes_min")}
    return row.model_copy(
        update={**sides, **rates, "insets": tuple(inset // _SHRUNK for inset in row.insets)}
    )


def plan(
    frames: int = 60,
    placement: str = "meta_reels",
    *,
    card: int = 15,
    size: tuple[int, int] | None = None,
    **changes: Any,
) -> Ad:
    """Return an ad of a scene and an end card of *card* frames, *frames* together."""
    row = PLACEMENTS[placement]
    values: dict[str, Any] = {
        "cuts": (
            Cut(shot="scene", frames=frames - card, caption="", end_card=False),
            *([Cut(shot="card", frames=card, caption="", end_card=True)] if card else []),
        ),
        "sound": Sound(music="synth:upbeat", lufs=row.lufs, true_peak_max=row.true_peak_max),
        "fps": row.fps,
        **({"width": size[0], "height": size[1]} if size else {}),
    }
    return draw_ad(placement, **(values | changes))


class Studio:
    """A folder in which files are made; the plain ones are made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._made: dict[int, Path] = {}

    def base(self, frames: int = 60) -> Path:
        """Return a good ad for Reels."""
        if frames not in self._made:
            self._made[frames] = self.film(slide(frames))
        return self._made[frames]

    def film(self, film: Film, sound: Wave | None = None, *, fps: float = 30, **changes: Any) -> Path:
        """Encode *film* with *sound*, by default a chord at -14 LUFS; *changes* are ffmpeg's options.

        An option is written with ``_`` for ``:``; None leaves it out.
        """
        path = self._new()
        options = _OPTIONS | {
            re.sub("^(c|b|q|flags|profile)_", r"\1:", name): value for name, value in changes.items()
        }
        height, width = film.shape[1:3]
        heard = path.with_suffix(".raw")
        (chord(len(film) / fps) if sound is None else sound).astype("<f4").tofile(heard)
        pixels = [
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{width}x{height}",
            "-r",
            str(fps),
            "-i",
            "pipe:0",
        ]
        channels = 2 if sound is None or sound.ndim == 1 else sound.shape[1]
        audio = ["-f", "f32le", "-ar", str(RATE), "-ac", str(channels), "-i", str(heard)]
        given = [
            word for name, value in options.items() if value is not None for word in (f"-{name}", str(value))
        ]
        _ffmpeg(*pixels, *audio, *given, str(path), data=film.tobytes())
        return path

    def remuxed(
        self,
        *options: str,
        source: Path | None = None,
        inputs: tuple[str, ...] = (),
        also: Path | None = None,
        to: str = "mp4",
    ) -> Path:
        """Copy the streams of *source*, by default the plain ad, with ffmpeg's *options*.

        *inputs* stand before it, the file *also* behind.
        """
        path = self._new()
        sources = [*inputs, "-i", str(source or self.base()), *(["-i", str(also)] if also else [])]
        _ffmpeg(*sources, "-c", "copy", "-movflags", "+faststart", *options, "-f", to, str(path))
        return path

    def edited(self, change: Callable[[bytearray], object], source: Path | None = None) -> Path:
        """Copy the plain ad with *change* made to its bytes."""
        data = bytearray((source or self.base()).read_bytes())
        change(data)
        path = self._new()
        path.write_bytes(data)
        return path

    def _new(self) -> Path:
        self._count += 1
        return self.folder / f"{self._count}.mp4"


def _ffmpeg(*words: str, data: bytes = b"") -> None:
    command = [ffmpeg_path(None), "-v", "error", "-y", *words]
    subprocess.run(command, input=data, check=True, timeout=60)


@cache
def slide(
    frames: int = 60, size: tuple[int, int] = TALL, speed: int = 2, low: int = 60, high: int = 200
) -> Film:
    """Return soft spots of colour that slide to the left by *speed* pixels a frame."""
    width, height = size
    x, y = np.meshgrid(np.arange(width + frames * abs(speed)), np.arange(height))
    waves = [np.sin(x / a + c) * np.cos(y / b) for a, b, c in ((23, 31, 0), (37, 19, 2), (13, 41, 4))]
    wall = np.stack(waves, axis=-1) * (high - low) / 2 + (high + low) / 2
    wall = wall.astype(np.uint8)
    return np.stack([wall[:, n * speed : n * speed + width] for n in range(frames)])


def flat(color: tuple[int, int, int], frames: int = 60, size: tuple[int, int] = TALL) -> Film:
    """Return *frames* of one colour."""
    return np.broadcast_to(np.array(color, np.uint8), (frames, size[1], size[0], 3)).copy()


def blinking(
    first: Film, second: Film, rate: float, *, fps: float = 30, area: tuple[slice, slice] = (slice(None),) * 2
) -> Film:
    """Show *second* in place of *first* within *area*, *rate* times a second."""
    film = first.copy()
    for number in range(len(film)):
        if int(number * rate * 2 / fps) % 2:
            film[(number, *area)] = second[(number, *area)]
    return film


@cache
def chord(seconds: float, lufs: float = -14.0) -> Wave:
    """Return a chord of organ pipes that swells, at *lufs*; peaks stay far below full scale."""
    time = np.arange(round(seconds * RATE)) / RATE
    left, right = (sum(np.sin(2 * np.pi * pitch * time) for pitch in pitches) for pitches in _CHORDS)
    swell = 0.85 + 0.15 * np.sin(2 * np.pi * 1.5 * time)
    return tuned(np.stack([left * swell, right * swell], axis=1).astype(np.float32) / 20, lufs)


def tuned(wave: Wave, lufs: float = -14.0) -> Wave:
    """Return *wave*, of one channel or two, at *lufs*."""
    both = wave if wave.shape[1] == 2 else np.concatenate([wave, np.zeros_like(wave)], axis=1)
    return wave * np.float32(10 ** ((lufs - loudness(both)) / 20))


_CHORDS = ((220, 330, 554, 1108, 2217), (220, 440, 554, 1320, 2640))


def write(
    film: Film,
    text: str,
    *,
    at: tuple[int, int],
    size: float = 28,
    color: str = "#FFFFFF",
    span: tuple[int, int] | None = None,
) -> PlacedText:
    """Write *text* onto the frames of *span* with its upper left corner *at*; return what was written."""
    start, end = span or (0, len(film))
    height, width = film.shape[1:3]
    font = ImageFont.truetype(str(_font(text)), size)
    font.set_variation_by_name("Bold")
    sheet = Image.new("L", (width, height))
    ImageDraw.Draw(sheet).text(at, text, 255, font)
    alpha = np.asarray(sheet, np.float32)[..., None] / 255
    rows, columns = np.flatnonzero(alpha.any(axis=(1, 2))), np.flatnonzero(alpha.any(axis=(0, 2)))
    ink = np.array([int(color[n : n + 2], 16) for n in (1, 3, 5)], np.float32)
    for frame in film[start:end]:
        frame[...] = np.rint(frame * (1 - alpha) + ink * alpha)
    box = Box(left=int(columns[0]), top=int(rows[0]), right=int(columns[-1]) + 1, bottom=int(rows[-1]) + 1)
    return PlacedText(text=text, box=box, size_px=size, color=color, start=start, end=end)


def _font(text: str) -> Path:
    """Return a font file of the packages that has the letters of *text*."""
    packages = {"\u0600": "rtl/fonts/ofl/notosansarabic", "\u4e00": "cjk/fonts/ofl/notosanssc"}
    folder = next((packages[low] for low in sorted(packages, reverse=True) if max(text) >= low), "")
    root = Path(
        str(files("justmytype_intl_" + folder.split("/")[0] if folder else "justmytype_western_core"))
    )
    found = root / folder.partition("/")[2] if folder else root / "fonts/ofl/notosans"
    return min(found.glob("*.ttf"), key=lambda path: ("Italic" in path.name, path.name))


def priced(shown: str, wanted: str) -> Callable[[Studio], Sent]:
    """Return an ad that shows *shown* where its brief says *wanted*."""

    def make(studio: Studio) -> Sent:
        film = slide(60, low=20, high=90).copy()
        placed = write(film, shown, at=(30, 90), size=40, span=(10, 60))
        return Sent(
            studio.film(film, crf=12), plan(price=wanted), (placed.model_copy(update={"text": wanted}),)
        )

    return make
