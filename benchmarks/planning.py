"""Measures planning, and the rerun of a finished campaign, from the start of the process to its end.

Run by `make bench`. Briefs are drawn for it, with real pictures; finished ads are rows in a real catalog and
tiny files in a real store, so nothing is rendered. Every figure is of a process of its own. Nothing here
passes or fails.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from flows.preflight import Preflight, preflight
from flows.report import contact_sheet_path
from schemas.media import Asset, Clip, Facts, StillFile, StoredFile
from schemas.placements import PLACEMENTS
from schemas.plan import Ad, Shot, Still
from schemas.settings import Settings, read_settings
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog

ROOT = Path(__file__).parent.parent
REELMILL = str(Path(sys.executable).parent / "reelmill")
VARIANTS = ("a", "b")
LOCALES = {
    "en-US": ("Wake up to something better", "Made with care, every day", "Shop now"),
    "de-DE": ("Der Morgen wird schöner", "Jeden Tag mit Sorgfalt gemacht", "Jetzt kaufen"),
    "fr-FR": ("Un meilleur réveil vous attend", "Préparé avec soin, chaque jour", "Acheter"),
    "es-ES": ("Despierta con algo mejor", "Hecho con mimo cada día", "Comprar"),
    "it-IT": ("Svegliati con qualcosa di meglio", "Fatto con cura, ogni giorno", "Acquista ora"),
    "pl-PL": ("Obudź się z czymś lepszym", "Robione starannie każdego dnia", "Kup teraz"),
    "zh-CN": ("唤醒更好的清晨", "每天用心制作", "立即购买"),
    "ja-JP": ("もっと良い朝を", "毎日、心をこめて", "今すぐ購入"),
    "ko-KR": ("더 나은 아침을 맞이하세요", "매일 정성껏 만듭니다", "지금 구매"),
    "ar": ("استيقظ على ما هو أفضل", "يصنع بعناية كل يوم", "تسوق الآن"),
}


class Spent(NamedTuple):
    """What one process took."""

    wall: float
    cpu: float
    peak: float
    """Most memory that was resident, MB."""


def draw_brief(folder: Path, products: int, *, placements: int = 10) -> Path:
    """Write a brief of *products* x 10 locales x *placements* x 2 variants, with a picture a product."""
    (folder / "media").mkdir(parents=True)
    for n in range(products):
        _draw_picture(folder / "media" / f"{n}.jpg", seed=n)
    path = folder / "brief.json"
    path.write_text(json.dumps(_brief(products, list(PLACEMENTS)[:placements]), ensure_ascii=False))
    return path


def _brief(products: int, placements: list[str]) -> dict[str, Any]:
    return {
        "campaign": f"large-{products}",
        "brand": {
            "name": "Kaffi",
            "colors": {"primary": "#5B2A1E", "accent": "#FF6A3D", "background": "#FFF6EC", "text": "#2B1A12"},
            "disclaimer": "While stocks last.",
        },
        "products": [
            {
                "id": f"P-{n:04}",
                "title": f"House Blend {n + 1}, 250 g",
                "price": f"{12 + n % 40}.90 EUR",
                "sale_price": f"{8 + n % 40}.90 EUR",
                "sale_ends": "2099-12-24T23:59:59+01:00",
                "images": [f"media/{n}.jpg"],
            }
            for n in range(products)
        ],
        "locales": {
            tag: {"hook": hook, "benefit": benefit, "cta": cta}
            for tag, (hook, benefit, cta) in LOCALES.items()
        },
        "placements": placements,
        "variants": [
            {"id": VARIANTS[0]},
            {"id": VARIANTS[1], "locales": {"en-US": {"hook": "Better beans. Better mornings."}}},
        ],
        "storyboard": [
            {"id": "hero", "show": "product", "camera": "push_in", "seconds": 2.5, "caption": "{hook}"},
            {"id": "detail", "show": "product", "camera": "orbit", "seconds": 2, "caption": "{benefit}"},
            {"id": "plain", "show": "text", "prompt": "warm light", "seconds": 2, "caption": "{title}"},
            {"id": "offer", "show": "end_card", "seconds": 1.5, "caption": "{title} {sale_price}"},
        ],
    }


def _draw_picture(path: Path, *, seed: int) -> None:
    """Draw a picture of a product photo's size and weight."""
    coarse = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(coarse).resize((1000, 1000), Image.Resampling.BICUBIC).save(path, quality=92)


def finish(brief: Path, settings: Settings) -> None:
    """Fill catalog and store as a run of *brief* that made every ad would."""
    ready = preflight(brief, settings)
    blobs = open_blobs(settings.blobs)
    with Catalog(settings.database_url) as catalog:
        run = catalog.start_run(ready.plan, ready.ingested.brief.model_dump_json())
        for still in ready.plan.stills:
            catalog.adopt("still", _still_file(still, blobs))
        for shot in ready.plan.shots:
            catalog.adopt("shot", _clip(shot, blobs))
        for ad in ready.plan.ads:
            catalog.adopt("ad", _asset(ad, blobs))
        catalog.end_run(run, "done")
    _leave_sheet(ready, settings)


def _still_file(still: Still, blobs: BlobStore) -> StillFile:
    file = blobs.put_text(f"stills/{still.key}.png", still.key)
    return StillFile(still=still.key, file=file, width=8, height=8, matted=False, cpu_seconds=0)


def _clip(shot: Shot, blobs: BlobStore) -> Clip:
    file = blobs.put_text(f"clips/{shot.key}.mp4", shot.key)
    size = {"width": shot.width, "height": shot.height, "fps": shot.fps, "frames": shot.frames}
    return Clip(shot=shot.key, file=file, cpu_seconds=0, **size)


def _asset(ad: Ad, blobs: BlobStore) -> Asset:
    blobs.put_text(f"ads/{ad.key}.json", "{}")
    file = blobs.put_text(f"ads/{ad.key}.mp4", ad.key)
    return Asset(ad=ad.key, file=file, facts=_facts(ad, file), cpu_seconds=0)


def _facts(ad: Ad, file: StoredFile) -> Facts:
    look = ad.composition
    return Facts(
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
        bytes=file.bytes,
        moov_first=True,
        keyframe_seconds_max=2.0,
    )


def _leave_sheet(ready: Preflight, settings: Settings) -> None:
    path = contact_sheet_path(ready.plan, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path)


def spend(command: list[str], home: Path) -> Spent:
    """Run *command* with its output thrown away, and return what it took. Raises SystemExit if it fails."""
    environ = os.environ | {"REELMILL_HOME": str(home)}
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(rounds: list[Spent]) -> Spent:
    """Return the medians of *rounds*, each figure by itself."""
    return Spent(*(statistics.median(figures) for figures in zip(*rounds, strict=True)))


def measure_planning(rounds: int, folder: Path) -> None:
    """Print what `reelmill plan` takes for 10,000 and 20,000 ads; the rounds of the two alternate."""
    briefs = [draw_brief(folder / f"plan-{products}", products) for products in (50, 100)]
    spent: list[list[Spent]] = [[], []]
    for _ in range(rounds):
        for brief, into in zip(briefs, spent, strict=True):
            into.append(spend([REELMILL, "plan", str(brief)], folder / "empty"))
    few, many = (median(one) for one in spent)
    for ads, one in ((10_000, few), (20_000, many)):
        print(f"planning {ads} ads: {one.wall:.1f} s ({one.cpu:.1f} s CPU), peak {one.peak:.0f} MB")
    print(f"memory a further ad: {(many.peak - few.peak) * 1024 / 10_000:.1f} KB")


def measure_rerun(rounds: int, folder: Path) -> None:
    """Print what a run of a finished campaign of 1,000 ads takes, which finds all of them there."""
    brief, home = draw_brief(folder / "rerun", 5), folder / "home"
    finish(brief, read_settings({"REELMILL_HOME": str(home)}))
    commands = {"a table": [REELMILL, "run", str(brief)], "JSON": [REELMILL, "run", str(brief), "--json"]}
    spent: dict[str, list[Spent]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            spent[name].append(spend(command, home))
    for name, one in spent.items():
        walls = [round(each.wall, 2) for each in one]
        middle = median(one)
        print(
            f"rerun of 1,000 finished ads, {name}: {middle.wall:.2f} s ({min(walls)} to {max(walls)}), "
            f"{middle.cpu:.2f} s CPU"
        )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Beside the project: /tmp may be memory.
    (ROOT / "bench-data").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "bench-data") as folder:
        measure_planning(rounds, Path(folder))
        measure_rerun(rounds, Path(folder))
    print(f"load average: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
