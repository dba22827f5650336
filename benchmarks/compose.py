"""Measures composing: against its floor, against peers, for twelve locales, on all cores, and its memory.

    python benchmarks/compose.py [PART]... [--rounds N] [--seconds S]

The floor is x264 on the very same finished frames with the same settings, read from a file. What is compared
alternates in one run, so a machine that slows down slows both. CPU time is user + system of this process and
its ended children. Nothing here passes or fails. All of it takes a quarter of an hour on two free cores.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from storyboard import MEDIA, ROOT, TEXTS, Storyboard

from actors.checks import check_ad
from actors.composer import Composer
from actors.resources import cpu_seconds
from actors.video import DELIVERY, Encoding, read_frames, tail, x264_options
from schemas.plan import Composition

PEERS = Path(__file__).parent / "peers"
MOVIEPY = "moviepy==2.2.1"
"""In an environment of its own: it wants an older Pillow."""
PEER_SECONDS_MAX = 300
"""After which a peer is left out."""
_SAMPLED = 4
"""Of so many locales, one is compared."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class PeerError(Exception):
    """A peer cannot be compared with, for the reason given."""


class Cost(NamedTuple):
    """What one run took, in seconds."""

    cpu: float
    wall: float


def main() -> None:
    """Measure what is asked, or all."""
    parts = {part.__name__: part for part in (floor, locales, tails, cores, peers, check, memory, cold)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=", ".join(parts))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8)
    arguments = parser.parse_args()
    for name in arguments.what or parts:
        with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
            parts[name](Path(folder), arguments.seconds, arguments.rounds)


def floor(folder: Path, seconds: float, rounds: int) -> None:
    """Print composing over its floor at two presets."""
    story = Storyboard(folder, seconds)
    raw = write_raw(story)
    for preset in ("medium", "faster"):
        encoding = Encoding(preset=preset, crf=DELIVERY.crf)
        ours, floors = [], []
        for _ in range(rounds):
            ours.append(compose(story, story.composer(), story.ad, encoding))
            floors.append(encode(story, raw, encoding))
        for what in Cost._fields:
            print_ratios(f"compose / floor, preset {preset}, {what}", ours, floors, what)


def locales(folder: Path, seconds: float, rounds: int) -> None:
    """Print what twelve locales of one ad cost, over the floor: with shared pictures, and each alone."""
    story = Storyboard(folder, seconds)
    raw = write_raw(story)
    ads = [story.composition(locale) for locale in TEXTS]
    shared, alone, floors = [], [], []
    for _ in range(rounds):
        together = story.composer()
        for number, ad in enumerate(ads):
            shared.append(compose(story, together, ad, DELIVERY).cpu)
            if number % _SAMPLED == 0:
                floors.append(encode(story, raw, DELIVERY).cpu)
                alone.append(compose(story, story.composer(), ad, DELIVERY).cpu)
    base = statistics.mean(floors)
    for name, side in (("12 locales of one ad", shared), ("the same, each by itself", alone)):
        mean = statistics.mean(side)
        print(f"{name} / 12 floors, cpu: {mean / base:.2f}  [{12 * mean:.0f} s / {12 * base:.0f} s]")
    print(f"of these, the first: {shared[0] / base:.2f}, the second: {shared[1] / base:.2f}", flush=True)


def tails(folder: Path, seconds: float, rounds: int) -> None:
    """Print what an ad costs that differs from the one before in its end card alone, over one by itself."""
    story = Storyboard(folder, seconds)
    other = story.composition("en-US", button="Buy it today")
    after, alone = [], []
    for _ in range(rounds):
        composer = story.composer()
        compose(story, composer, story.ad, DELIVERY)
        after.append(compose(story, composer, other, DELIVERY))
        alone.append(compose(story, story.composer(), other, DELIVERY))
    for what in Cost._fields:
        print_ratios(f"an ad that differs in its end card / one by itself, {what}", after, alone, what)


def cores(folder: Path, seconds: float, rounds: int) -> None:
    """Print how much of N times the speed of one process on one core N at once reach, on N cores."""
    story = Storyboard(folder, seconds)
    count = os.cpu_count() or 1
    shares = []
    for _ in range(rounds):
        one = max(run["wall"] for run in run_alone(story, 1, cores={0}))
        shares.append(one / max(run["wall"] for run in run_alone(story, count)))
    print(f"{count} ads at once on {count} cores / {count} x one on one: {spread(shares)}", flush=True)


def peers(folder: Path, seconds: float, rounds: int) -> None:
    """Print what MoviePy and Remotion take for the same storyboard, over what composing takes."""
    story = Storyboard(folder, seconds)
    raw = write_raw(story)
    made = folder / "ours.mp4"
    compose(story, story.composer(), story.ad, DELIVERY)
    sound = folder / "sound.wav"
    subprocess.run([story.exe, "-nostdin", "-loglevel", "error", "-i", made, sound], check=True)
    told = story.told(DELIVERY, sound)
    for name, prepare in (("MoviePy 2.2.1", moviepy), ("Remotion 4.0.529", remotion)):
        command = prepare()
        if isinstance(command, str):
            print(f"{name}: left out: {command}")
            continue
        ours, floors, theirs = [], [], []
        try:
            for _ in range(rounds):
                ours.append(compose(story, story.composer(), story.ad, DELIVERY))
                theirs.append(timed(lambda: run_peer(command, told, folder / "peer.mp4")))  # noqa: B023 (called at once)
                floors.append(encode(story, raw, DELIVERY))
        except PeerError as error:
            print(f"{name}: left out: {error}", flush=True)
            continue
        for what in Cost._fields:
            print_ratios(f"{name} / ours, {what}", theirs, ours, what)
        print_beyond(name, theirs, ours, floors)


def print_beyond(name: str, theirs: Sequence[Cost], ours: Sequence[Cost], floors: Sequence[Cost]) -> None:
    """Print the CPU time beyond the encoder's own, as seconds: ours may be less than none."""
    base = statistics.median(cost.cpu for cost in floors)
    mine, other = (statistics.median(cost.cpu for cost in side) - base for side in (ours, theirs))
    ratio = f"{other / mine:.1f} x" if mine > 0 else "ours takes no more than x264 alone"
    print(f"CPU beyond x264 alone, {name} / ours: {other:.1f} s / {mine:.1f} s: {ratio}")


def check(folder: Path, seconds: float, rounds: int) -> None:
    """Print what checking an ad takes, over composing it and over decoding it."""
    story = Storyboard(folder, seconds)
    made = folder / "ours.mp4"
    texts = story.composer().draw(story.ad, story.clips, made)
    composed, checked, decoded = [], [], []
    for _ in range(rounds):
        composed.append(compose(story, story.composer(), story.ad, DELIVERY))
        checked.append(timed(lambda: check_ad(made, story.delivered, story.exe, texts=texts)))
        decoded.append(timed(lambda: sum(1 for _ in read_frames(made))))
    print_ratios("checking / composing, cpu", checked, composed, "cpu")
    print_ratios("checking / decoding, cpu", checked, decoded, "cpu")


def memory(folder: Path, _seconds: float, _rounds: int) -> None:
    """Print the peak memory of one ad in a process of its own, at three lengths."""
    for seconds in (6, 15, 30):
        inner = folder / str(seconds)
        inner.mkdir()
        (run,) = run_alone(Storyboard(inner, seconds), 1)
        print(f"peak memory of the composer, {seconds} s: {run['peak']:.0f} MB")


def cold(folder: Path, _seconds: float, _rounds: int) -> None:
    """Print the seconds from a cold start to the first finished ad, and to the last, of the example."""
    weights = ROOT / "reelmill-data" / "cache" / "weights"
    if weights.exists():
        shutil.copytree(weights, folder / "cache" / "weights")
    began = time.perf_counter()
    command = [Path(sys.executable).parent / "reelmill", "run", MEDIA.parent / "brief.yaml", "--json"]
    environ = os.environ | {"REELMILL_HOME": str(folder)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list((folder / "blobs" / "ads").glob("*.json")):
            time.sleep(0.1)
        first = time.perf_counter() - began
        process.wait()
    print(f"cold start to first finished ad: {first:.0f} s; to all: {time.perf_counter() - began:.0f} s")


def compose(story: Storyboard, composer: Composer, ad: Composition, encoding: Encoding) -> Cost:
    """Compose once."""
    return timed(lambda: composer.draw(ad, story.clips, story.folder / "ours.mp4", encoding))


def encode(story: Storyboard, raw: Path, encoding: Encoding) -> Cost:
    """Encode the finished frames in *raw* with the same settings."""
    size, rate = f"{story.ad.width}x{story.ad.height}", str(story.ad.fps)
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", rate, "-i", str(raw)]
    options = [word for name, value in x264_options(encoding).items() for word in (f"-{name}", value)]
    fixed = ["-c:v", "libx264", "-bf", "2", "-g", rate, "-flags", "+cgop", "-threads", "1"]
    to = ["-movflags", "+faststart", str(story.folder / "floor.mp4")]
    command = [story.exe, "-nostdin", "-y", "-loglevel", "error", *source, *fixed, *options, *to]
    return timed(lambda: subprocess.run(command, check=True))


def write_raw(story: Storyboard) -> Path:
    """Write the finished frames to a file, and read it once so that it is in memory."""
    raw = story.folder / "frames.yuv"
    with raw.open("wb") as file:
        composer, paths = story.composer(), story.paths()
        for frame in composer.frames(story.ad, paths, composer.design(story.ad, paths)):
            file.write(frame.data)
    return raw


def run_alone(story: Storyboard, count: int, cores: set[int] | None = None) -> list[dict[str, float]]:
    """Compose the ad in *count* processes at once, on *cores* only, or on all."""
    (story.folder / "composition.json").write_text(story.ad.model_dump_json())
    command = [
        sys.executable,
        str(Path(__file__).with_name("alone.py")),
        story.folder,
        json.dumps(story.clips),
    ]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores or before)
    try:
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    finally:
        os.sched_setaffinity(0, before)
    return [json.loads(run.communicate()[0]) for run in runs]


def moviepy() -> list[str] | str:
    """Return the command that composes with MoviePy, or why there is none."""
    home = bench_folder() / "moviepy"
    python = home / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    try:
        if not (home / "done").exists():
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
            subprocess.run([python, "-m", "pip", "install", *quiet, MOVIEPY], check=True)
            (home / "done").touch()
    except subprocess.CalledProcessError as error:
        return f"it cannot be installed: {error}"
    return [str(python), str(PEERS / "moviepy_peer.py")]


def remotion() -> list[str] | str:
    """Return the command that composes with Remotion, or why there is none."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None or browser is None:
        return f"it wants node, npm and one of {', '.join(BROWSERS)} on the PATH"
    home = bench_folder() / "remotion"
    shutil.copytree(PEERS / "remotion", home, dirs_exist_ok=True)
    try:
        if not (home / "done").exists():
            subprocess.run([npm, "install", "--no-audit", "--no-fund", "--silent"], cwd=home, check=True)
            (home / "done").touch()
    except subprocess.CalledProcessError as error:
        return f"it cannot be installed: {error}"
    return [node, str(home / "render.mjs"), browser]


def run_peer(command: Sequence[str], told: Path, to: Path) -> None:
    """Let a peer make its film. Raises PeerError, with its last words, where it fails or takes too long."""
    program, script, *browser = command
    line = [program, script, str(told), str(to), *browser]
    with (
        tempfile.TemporaryFile() as log,
        # In a session of its own: a browser that it started ends with it.
        subprocess.Popen(
            line, stdout=log, stderr=log, cwd=Path(script).parent, start_new_session=True
        ) as peer,
    ):
        try:
            code = peer.wait(PEER_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            os.killpg(peer.pid, signal.SIGKILL)
            raise PeerError(f"it took more than {PEER_SECONDS_MAX} s") from error
        if code:
            raise PeerError(f"{Path(script).name} ended with {code}: {tail(log)}")


def timed(work: Callable[[], object]) -> Cost:
    """Do *work* and return what it took."""
    began, clock = cpu_seconds(), time.perf_counter()
    work()
    return Cost(cpu_seconds() - began, time.perf_counter() - clock)


def print_ratios(name: str, ours: Sequence[Cost], others: Sequence[Cost], what: str) -> None:
    """Print the ratios of the rounds, and the medians of both sides."""
    pairs = [(getattr(our, what), getattr(other, what)) for our, other in zip(ours, others, strict=True)]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{name}: {spread([a / b for a, b in pairs])}  [{first:.1f} s / {second:.1f} s]", flush=True)


def spread(ratios: Sequence[float]) -> str:
    """Return the median with the least and the most."""
    return f"{statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f})"


def bench_folder() -> Path:
    """Return a folder beside the project: /tmp may be memory."""
    folder = ROOT / "bench-data"
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
