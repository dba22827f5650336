"""Draws clips for tests: pictures in, a file as workers leave it out."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.video import BASE, ffmpeg_path
from actors.video_writer import VideoWriter

Picture = NDArray[np.uint8]


def draw_clip(path: Path, pictures: Iterable[Picture], fps: int = 30) -> Path:
    """Write *pictures*, RGB ``uint8 [H, W, 3]`` of one even size, as the clip at *path*."""
    frames = [_as_frame(picture) for picture in pictures]
    high, wide = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    encoder = VideoWriter(path, width=wide, height=high, fps=fps, encoding=BASE, ffmpeg_exe=ffmpeg_path(None))
    with encoder as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame).reshape(-1))
    return path


def draw_scene(seed: int = 1, width: int = 240, height: int = 320) -> Picture:
    """Draw soft blobs of many colours, other ones for every seed."""
    coarse = np.random.default_rng(seed).integers(30, 220, (12, 9, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def draw_product(side: int = 80) -> Image.Image:
    """Draw a red can with a white label and a dark lid, cut out."""
    picture = Image.new("RGBA", (side, side))
    for box, colour in (
        ((0.2, 0.05, 0.8, 0.95), "#C02018"),
        ((0.2, 0.05, 0.8, 0.2), "#30302C"),
        ((0.2, 0.45, 0.8, 0.7), "#F4F0E8"),
        ((0.4, 0.5, 0.6, 0.65), "#1C7A3C"),
    ):
        picture.paste(colour, tuple(round(part * side) for part in box))
    return picture


def placed(picture: Picture, product: Image.Image, at: tuple[int, int]) -> Picture:
    """Return *picture* with *product* on it."""
    scene = Image.fromarray(picture)
    scene.paste(product, at, product)
    return np.asarray(scene)


def _as_frame(picture: Picture) -> Picture:
    """Return *picture* as yuv420p ``[H * 3 / 2, W]``, BT.709, limited range."""
    rgb = picture.astype(np.float32)
    y = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    blue, red = (rgb[..., 2] - y) / 1.8556, (rgb[..., 0] - y) / 1.5748
    half = [plane.reshape(len(plane) // 2, 2, -1, 2).mean(axis=(1, 3)) for plane in (blue, red)]
    chroma = [(plane * 224 / 255 + 128).reshape(-1, picture.shape[1]) for plane in half]
    return np.concatenate([y * 219 / 255 + 16, *chroma]).round().clip(0, 255).astype(np.uint8)
