"""Measures composing against its floor: encoding the very same finished frames with the same settings.

Run by `make bench`. Both sides alternate in one run, so a machine that slows down slows both. CPU time is
user + system of this process and its ended children. Nothing here passes or fails.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from actors.backends import VIDEO_MODELS
from actors.composer import Composer
from actors.generator import Generator
from actors.resources import cpu_seconds
from actors.upscaler import Upscaler
from actors.video import Encoding, encoder_command, ffmpeg_path
from schemas.brief import Palette
from schemas.placements import PLACEMENTS
from schemas.plan import TRANSITION_FRAMES, BrandKit, Composition, Cut, Shot, Sound, Still
from storage.blobs import BlobStore, open_blobs

ROOT = Path(__file__).parent.parent
MEDIA = ROOT / "examples" / "kaffi" / "media"
PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D", background="#FFF6EC", text="#2B1A12")
PLACE = PLACEMENTS["meta_reels"]
SCENES = (
    ("push_in", "Wake up to better coffee"),
    ("orbit", "Freshly roasted every morning"),
    ("pan", "Only now"),
)


class Bench:
    """One ad's clips, made once, in a folder that is removed afterwards."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self.folder = folder
        self.exe = ffmpeg_path(None)
        self.blobs: BlobStore = open_blobs(str(folder / "blobs"))
        self.composer = Composer(self.blobs, folder, self.exe)
        self._still = self._make_still()

    def composition(self, seconds: float) -> tuple[Composition, dict[str, str]]:
        """Return an ad of *seconds* and the names of its clips, by shot."""
        frames = round(seconds * 30 / (len(SCENES) + 1))
        shots = [self._shot(camera, "product", frames + TRANSITION_FRAMES) for camera, _ in SCENES]
        shots.append(self._shot("push_in", "end_card", frames))
        generator = Generator(self.blobs, self.folder, self.exe)
        clips = {shot.key: generator.generate(shot, 0).file.name for shot in shots}
        captions = [*(caption for _, caption in SCENES), "House Blend 250 g"]
        cuts = tuple(
            Cut(shot=shot.key, frames=frames, caption=caption, end_card=shot.show == "end_card")
            for shot, caption in zip(shots, captions, strict=True)
        )
        return self._composition(cuts), clips

    def compose(
        self, composition: Composition, clips: dict[str, str], encoding: Encoding
    ) -> tuple[float, float]:
        """Compose once; return CPU and wall seconds."""
        began, clock = cpu_seconds(), time.perf_counter()
        self.composer.draw(composition, clips, self.folder / "ours.mp4", encoding)
        return cpu_seconds() - began, time.perf_counter() - clock

    def encode(self, composition: Composition, raw: Path, encoding: Encoding) -> tuple[float, float]:
        """Encode the finished frames in *raw* with the same settings; return CPU and wall seconds."""
        command = encoder_command(
            self.folder / "floor.mp4",
            width=composition.width,
            height=composition.height,
            fps=composition.fps,
            encoding=encoding,
            sound=None,
            ffmpeg_exe=self.exe,
            frames=str(raw),
        )
        began, clock = cpu_seconds(), time.perf_counter()
        subprocess.run([command[0], "-nostdin", "-y", *command[1:]], check=True)
        return cpu_seconds() - began, time.perf_counter() - clock

    def write_raw(self, composition: Composition, clips: dict[str, str]) -> Path:
        """Write the finished frames to a file."""
        raw = self.folder / "frames.yuv"
        paths = [self.blobs.local(clips[cut.shot], self.folder) for cut in composition.cuts]
        with raw.open("wb") as file:
            for frame in self.composer.frames(composition, paths):
                file.write(frame.data)
        return raw

    def _make_still(self) -> Still:
        source = self.blobs.put("inputs/coffee.png", MEDIA / "coffee.png")
        self.blobs.put("inputs/logo.svg", MEDIA / "kaffi-logo.svg")
        still = Still(
            source=source.name, source_sha256=source.sha256, scale=4, upscaler="lanczos", matte="", recipe=1
        )
        Upscaler(self.blobs, self.folder, self.exe).prepare(still, 0)
        return still

    def _shot(self, camera: str, show: str, frames: int) -> Shot:
        return Shot.model_validate(
            {
                "show": show,
                "still": self._still.key,
                "prompt": "",
                "camera": camera,
                "palette": PALETTE,
                "width": PLACE.width,
                "height": PLACE.height,
                "frames": frames,
                "seed": 7,
                "model": VIDEO_MODELS["motion"].revision,
            }
        )

    @staticmethod
    def _composition(cuts: tuple[Cut, ...]) -> Composition:
        return Composition(
            width=PLACE.width,
            height=PLACE.height,
            safe=PLACE.safe,
            locale="en-US",
            cuts=cuts,
            kit=BrandKit(
                name="Kaffi", palette=PALETTE, heading="Noto Sans", body="Noto Sans", logo="inputs/logo.svg"
            ),
            price="€8.90",
            old_price="€12.90",
            button="Shop now",
            disclaimer="While stocks last.",
            sound=Sound(music="synth:upbeat", lufs=-14.0, true_peak_max=-1.0),
            fonts="bench",
            recipe=1,
        )


def compare(bench: Bench, preset: str, rounds: int) -> None:
    """Print composing over its floor, alternating, as the median of the rounds' ratios."""
    encoding = Encoding(preset=preset, crf=18)
    composition, clips = bench.composition(15)
    raw = bench.write_raw(composition, clips)
    ours, floors = [], []
    for _ in range(rounds):
        ours.append(bench.compose(composition, clips, encoding))
        floors.append(bench.encode(composition, raw, encoding))
    raw.unlink()
    for n, what in enumerate(("CPU", "wall")):
        ratios = [our[n] / floor[n] for our, floor in zip(ours, floors, strict=True)]
        ours_median, floor_median = (statistics.median(times[n] for times in side) for side in (ours, floors))
        print(
            f"compose / encode alone, preset {preset}, {what}: {statistics.median(ratios):.2f}"
            f"  (min {min(ratios):.2f}, max {max(ratios):.2f}; {ours_median:.1f} s / {floor_median:.1f} s)"
        )


def print_memory(seconds: float) -> None:
    """Compose one ad in a fresh process and print its peak memory and that of ffmpeg, in MB."""
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        bench = Bench(Path(folder))
        composition, clips = bench.composition(seconds)
        alone = [sys.executable, str(Path(__file__).with_name("memory.py")), folder, json.dumps(clips)]
        (Path(folder) / "composition.json").write_text(composition.model_dump_json())
        told = subprocess.run(alone, check=True, capture_output=True, text=True).stdout
        print(f"peak memory composing {seconds:g} s: {told.strip()}")


def first_ad() -> None:
    """Print the seconds from a cold start to the first finished ad, and to the last, of the example."""
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        home = Path(folder)
        weights = ROOT / "reelmill-data" / "cache" / "weights"
        if weights.exists():
            shutil.copytree(weights, home / "cache" / "weights")
        began = time.perf_counter()
        command = [
            str(Path(sys.executable).parent / "reelmill"),
            "run",
            str(MEDIA.parent / "brief.yaml"),
            "--json",
        ]
        environ = os.environ | {"REELMILL_HOME": folder}
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not list((home / "blobs" / "ads").glob("*.json")):
                time.sleep(0.1)
            first = time.perf_counter() - began
            process.wait()
        print(
            f"cold start to first finished ad: {first:.0f} s; to all 30: {time.perf_counter() - began:.0f} s"
        )


def bench_folder() -> Path:
    """Return a folder beside the project: /tmp may be memory."""
    folder = ROOT / "bench-data"
    folder.mkdir(exist_ok=True)
    return folder


def main() -> None:
    """Run what is asked, by default everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        bench = Bench(Path(folder))
        compare(bench, "medium", arguments.rounds)
        compare(bench, "faster", arguments.rounds)
    for seconds in (6, 15, 30):
        print_memory(seconds)
    first_ad()


if __name__ == "__main__":
    main()
