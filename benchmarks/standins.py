"""Workers that take time and make nothing, and plans for them: what is left is the engine."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import ray

from schemas.brief import Palette
from schemas.media import Asset, Clip, Facts, StoredFile
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, BrandKit, Composition, Cut, Plan, Shot, Sound
from schemas.sidecar import Recipe

GPUS, CPUS = 4, 4
"""Logical ones: stand-ins sleep, so a machine with two cores has room for them."""
_STORE_BYTES = 200 * 1024 * 1024

MODEL = "standin"
"""Name of the model that the shots ask for; it needs a GPU."""
SECONDS, SPREAD, STRAGGLER = 0.5, 0.8, 4.0
"""Of generating a shot: the median, sigma of its logarithm, and the one that takes much longer."""
ENLARGE_SECONDS, COMPOSE_SECONDS = 0.2, 0.1
FRAMES_A_SECOND = 100
"""A shot's frames for each second that it takes, so that a forecast can know which are long."""

_PLACE = PLACEMENTS["meta_reels"]
_PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D")
_KIT = BrandKit(name="Kaffi", palette=_PALETTE, heading="Noto Sans", body="Noto Sans", logo="")


class Stand:
    """Sleeps as long as a spec says and answers as a worker does, without a file."""

    def __init__(self, journal: str) -> None:
        """Write what was done when to the file *journal*; take no time at all if it is empty."""
        self._journal = journal

    def generate(self, shot: Shot, shrink: int = 0) -> Clip:  # noqa: ARG002 (a worker's verb)
        """Take the shot's time."""
        self.take(float(shot.prompt), "gpu")
        return _clip(shot)

    def enlarge(self, shot: Shot, base: Clip, shrink: int = 0) -> Clip:  # noqa: ARG002
        """Take the shot's time."""
        self.take(float(shot.prompt), "gpu")
        return _clip(shot)

    def compose(self, recipe: Recipe, twin: Asset | None = None) -> Asset:  # noqa: ARG002
        """Take the time that the ad's button says."""
        self.take(float(recipe.ad.composition.button), "cpu")
        return _asset(recipe.ad)

    def take(self, seconds: float, device: str) -> None:
        """Sleep for *seconds*, as if *device* (``gpu`` or ``cpu``) worked, and note when."""
        if not self._journal:
            return
        began = time.time()
        time.sleep(seconds)
        line = f"{device} {began:.6f} {time.time():.6f} {seconds}\n"
        with Path(self._journal).open("a") as file:
            file.write(line)


class Clock:
    """Tells how well the GPUs were used for one plan, from the journal of the workers."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self._began = time.time()

    def facts(self) -> dict[str, float]:
        """Return what is known at the end.

        ``busy`` is GPU time that was asked for / (GPUs x time), from the first shot's begin to the last one's
        end; ``busy_whole`` counts from the start; ``first`` and ``last`` are the seconds until the first shot
        began and the last ended, ``all`` until now.
        """
        ended = time.time()
        rows = [line.split() for line in self.journal.read_text().splitlines()]
        shots = [[float(field) for field in row[1:]] for row in rows if row[0] == "gpu"]
        asked = sum(seconds for _, _, seconds in shots)
        first, last = min(begin for begin, _, _ in shots), max(end for _, end, _ in shots)
        return {
            "busy": asked / (GPUS * (last - first)),
            "busy_whole": asked / (GPUS * (last - self._began)),
            "first": first - self._began,
            "last": last - self._began,
            "all": ended - self._began,
        }


@contextmanager
def started_ray() -> Iterator[None]:
    """Have Ray with GPUS and CPUS for the length of the block."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    ray.init(
        "local",
        num_cpus=CPUS,
        num_gpus=GPUS,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        logging_level="ERROR",
        log_to_driver=False,
    )
    try:
        yield
    finally:
        ray.shutdown()


def uneven(count: int, seed: int) -> list[float]:
    """Return seconds of *count* shots: lognormal, and one straggler among them."""
    draws = np.random.default_rng(seed)
    seconds = SECONDS * np.exp(SPREAD * draws.standard_normal(count))
    seconds[draws.integers(count)] = STRAGGLER
    return [round(float(one), 3) for one in seconds]


def draw_graph(seed: int, campaign: str) -> Plan:
    """Plan 40 uneven shots and 40 ads; of one *seed* they take the same time in every campaign."""
    return draw_plan(campaign, uneven(40, seed), ads=40, enlarge=ENLARGE_SECONDS, compose=COMPOSE_SECONDS)


def draw_plan(
    campaign: str, shots: Sequence[float], ads: int, *, enlarge: float = 0.0, compose: float = 0.0
) -> Plan:
    """Plan a base for each of *shots* (seconds), its enlargement, and *ads* that show two of them each."""
    bases = [_shot(seconds, n, f"{MODEL}/{campaign}") for n, seconds in enumerate(shots)]
    larger = [_enlarged(base, enlarge) for base in bases]
    return Plan(
        campaign=f"bench/{campaign}",
        brief_sha256="0" * 64,
        stills=(),
        shots=(*bases, *larger),
        ads=tuple(
            _ad(campaign, n, (larger[n % len(larger)], larger[(n + 1) % len(larger)]), compose)
            for n in range(ads)
        ),
        notes=(),
    )


def _shot(seconds: float, seed: int, model: str) -> Shot:
    return Shot(
        show="text",
        still="",
        prompt=f"{seconds}",
        camera="hold",
        palette=_PALETTE,
        width=480,
        height=832,
        frames=max(1, round(seconds * FRAMES_A_SECOND)),
        seed=seed,
        model=model,
    )


def _enlarged(base: Shot, seconds: float) -> Shot:
    size = {"width": _PLACE.width, "height": _PLACE.height}
    return base.model_copy(
        update={**size, "prompt": f"{seconds}", "base": base.key, "upscaler": "spanx4@bench/1"}
    )


def _ad(campaign: str, number: int, shots: Sequence[Shot], seconds: float) -> Ad:
    composition = Composition(
        width=_PLACE.width,
        height=_PLACE.height,
        safe=_PLACE.safe,
        locale="en-US",
        cuts=tuple(
            Cut(shot=shot.key, frames=shot.frames, caption=f"{campaign} {number}", end_card=False)
            for shot in shots
        ),
        kit=_KIT,
        price="",
        old_price="",
        button=f"{seconds}",
        disclaimer="",
        sound=Sound(music="", lufs=-14.0, true_peak_max=-1.0),
        fonts="bench",
        recipe=1,
    )
    return Ad(
        campaign=f"bench/{campaign}",
        product=f"P-{number:05}",
        locale="en-US",
        placement=_PLACE.name,
        variant="a",
        composition=composition,
    )


def _clip(shot: Shot) -> Clip:
    file = StoredFile(name=f"clips/{shot.key}.mp4", sha256=shot.key, bytes=1)
    size = {"width": shot.width, "height": shot.height, "fps": shot.fps, "frames": shot.frames}
    return Clip(shot=shot.key, file=file, cpu_seconds=0, **size)


def _asset(ad: Ad) -> Asset:
    look = ad.composition
    file = StoredFile(name=f"ads/{ad.key}.mp4", sha256=ad.key, bytes=1)
    facts = Facts(
        width=look.width,
        height=look.height,
        fps=look.fps,
        frames=look.frames,
        seconds=look.seconds,
        video_codec="h264",
        pixel_format="yuv420p",
        audio_codec="aac",
        audio_rate=48_000,
        audio_channels=2,
        lufs=-14.0,
        true_peak=-1.5,
        kbps=4_000,
        bytes=1,
        moov_first=True,
        keyframe_seconds_max=2.0,
    )
    return Asset(ad=ad.key, file=file, facts=facts, cpu_seconds=0)
