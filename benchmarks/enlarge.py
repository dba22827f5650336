"""Measures enlarging clips: peak memory at two lengths, which must be the same, and the time a frame takes.

    python benchmarks/enlarge.py [--frames N ...] [--upscaler lanczos|REVISION] [--weights FOLDER]

Each length runs in a process of its own, alone on its memory. Nothing here passes or fails.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from actors.backends import VIDEO_MODELS
from actors.upscaler import Upscaler
from actors.video import BASE, VideoWriter, ffmpeg_path
from actors.weights import MANIFEST
from schemas.brief import Palette
from schemas.media import Clip
from schemas.plan import Shot
from storage.blobs import BlobStore, open_blobs

WIDTH, HEIGHT = 480, 864
LARGE = (1080, 1920)


def main() -> None:
    """Measure what is asked, each length in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs="+", default=(60, 600))
    parser.add_argument("--upscaler", default="lanczos")
    parser.add_argument("--weights", type=Path, default=Path("reelmill-data/cache/weights"))
    arguments = parser.parse_args()
    if len(arguments.frames) == 1:
        print(measure(arguments.frames[0], arguments.upscaler, arguments.weights))
        return
    for frames in arguments.frames:
        command = [sys.executable, __file__, f"--frames={frames}", f"--upscaler={arguments.upscaler}"]
        subprocess.run([*command, f"--weights={arguments.weights}"], check=True)


def measure(frames: int, upscaler: str, weights: Path) -> str:
    """Enlarge a clip of *frames*; return what it took."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        blobs = open_blobs(f"{folder}/blobs")
        if upscaler != "lanczos":
            item = MANIFEST[upscaler.partition("@")[0]]
            blobs.put(f"weights/{item.place}", weights / item.place)
        shot, base = draw_base(frames, upscaler, blobs, Path(folder))
        worker = Upscaler(blobs, Path(folder), ffmpeg_path(None))
        began = time.perf_counter()
        clip = worker.enlarge(shot, base, 0)
        seconds = time.perf_counter() - began
    # ru_maxrss of this process would count its parent before exec; the kernel's high-water mark does not.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own = int(status["VmHWM"].split()[0]) / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        f"{frames} frames by {upscaler}: {own:.0f} MB and {child:.0f} MB of ffmpeg at most; "
        f"{seconds / frames * 1000:.0f} ms a frame, {clip.cpu_seconds / frames * 1000:.0f} ms of CPU"
    )


def draw_base(frames: int, upscaler: str, blobs: BlobStore, folder: Path) -> tuple[Shot, Clip]:
    """Store a clip of moving bands and grain; return it with a shot that enlarges it."""
    path = folder / "base.mp4"
    with VideoWriter(
        path, width=WIDTH, height=HEIGHT, fps=30, encoding=BASE, ffmpeg_exe=ffmpeg_path(None)
    ) as writer:
        for number in range(frames):
            writer.write(draw_frame(number))
    file = blobs.put("clips/base.mp4", path)
    path.unlink()
    clip = Clip(shot="base", file=file, width=WIDTH, height=HEIGHT, fps=30, frames=frames, cpu_seconds=0)
    shot = Shot(
        show="text",
        still="",
        prompt="",
        camera="hold",
        palette=Palette(primary="#5B2A1E", accent="#FF6A3D"),
        width=LARGE[0],
        height=LARGE[1],
        frames=frames,
        seed=0,
        model=VIDEO_MODELS["motion"].revision,
        base="base",
        upscaler=f"{upscaler}/1",
    )
    return shot, clip


def draw_frame(number: int) -> np.ndarray:
    """Return a flat yuv420p frame of grain over bands that move."""
    random = np.random.default_rng(number)
    frame = np.full(WIDTH * HEIGHT * 3 // 2, 128, np.uint8)
    bands = 120 + 60 * np.sin((np.arange(HEIGHT) + 3 * number) / 20)[:, None]
    luma = bands + random.normal(0, 2, (HEIGHT, WIDTH))
    frame[: WIDTH * HEIGHT] = luma.clip(16, 235).astype(np.uint8).reshape(-1)
    return frame


if __name__ == "__main__":
    main()
