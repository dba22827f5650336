"""Measures how long the review page takes to answer, over a catalog with 100,000 ads in SQLite.

Run by `make bench`. The rows are those of `benchmarks/gallery.py`; each line is one page, asked in this
process with other values each time, from the request to the last byte of HTML. Nothing here passes or fails.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks.gallery import LOCALES, ROOT, Shape, _key, fill, measure
from flows.review.access import decide_access
from flows.review.app import review_app
from flows.review.asked import PAGE_SIZE
from schemas.settings import read_settings
from storage import database

PORT = 8321
GALLERY = "/campaigns/brand/c001"
Question = Callable[[random.Random], str]


def addresses(shape: Shape) -> dict[str, Question]:
    """Return the addresses that are asked for, by name of the page."""
    ads = shape.ads // shape.campaigns
    pages = -(-ads // PAGE_SIZE)
    return {
        "campaigns": lambda _: "/",
        "gallery, first page": lambda _: GALLERY,
        "gallery, any page": lambda draw: f"{GALLERY}?page={draw.randint(1, pages)}",
        "gallery, filtered": lambda draw: f"{GALLERY}?locale={draw.choice(LOCALES)}&status=to_review",
        "gallery, searched": lambda draw: f"{GALLERY}?q=blend+{draw.randrange(10)}",
        "one ad": lambda draw: f"/ads/{_key(1, draw.randrange(ads))}?status=to_review",
        "progress strip": lambda _: f"{GALLERY}/progress",
        "runs": lambda _: "/runs",
    }


def show(shape: Shape, home: Path, times: int) -> None:
    """Fill a catalog in *home* and print a line for each page."""
    settings = read_settings({"REELMILL_HOME": str(home)})
    home.mkdir(parents=True)
    engine = database.connect(database.read_url(settings.database_url))
    database.migrate(engine)
    with engine.begin() as connection:
        fill(connection, shape)
    engine.dispose()
    print(f"{f'{shape.campaigns} campaigns with {shape.ads:,} ads':<40} p50 ms   p95 ms       kB")
    app = review_app(settings, decide_access("127.0.0.1", PORT, settings))
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", client=("127.0.0.1", 50_000)) as visitor:
        for name, address in addresses(shape).items():
            size = 0

            def ask(draw: random.Random, address: Question = address) -> None:
                nonlocal size
                answer = visitor.get(address(draw))
                answer.raise_for_status()
                size = max(size, len(answer.content))

            ask(random.Random(1))  # noqa: S311 (what is read once is read)
            middle, late = measure(ask, times)
            print(f"  {name:<38} {middle:>6.1f} {late:>8.1f} {size / 1000:>8.0f}")


def main() -> None:
    """Measure one campaign with all ads, then fifty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    (ROOT / "bench-data").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "bench-data") as folder:
        for campaigns in (1, 50):
            show(Shape(campaigns, asked.ads), Path(folder) / str(campaigns), asked.times)
    print(f"load average: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
