"""Measures how long the review page takes to answer, over a catalog with 100,000 ads in SQLite.

Run by `make bench`. The rows are those of `benchmarks/gallery.py`; each line is one page, asked in this
process with other values each time, from the request to the last byte of HTML. Nothing here passes or fails.
"""

import random
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks.gallery import CAMPAIGN, LOCALES, Shape, fill, key_of, measure, over_shapes
from flows.review.access import decide_access
from flows.review.app import review_app
from flows.review.asked import PAGE_SIZE
from schemas.settings import read_settings
from storage import database

PORT = 8321
GALLERY = f"/campaigns/{CAMPAIGN}"
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
        "one ad": lambda draw: f"/ads/{key_of(1, draw.randrange(ads))}?status=to_review",
        "progress strip": lambda _: f"{GALLERY}/progress",
        "runs": lambda _: "/runs",
    }


def show(shape: Shape, home: Path, times: int) -> None:
    """Fill a catalog in *home* and print a line for each page."""
    settings = read_settings({"REELMILL_HOME": str(home)})
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


if __name__ == "__main__":
    over_shapes(__doc__, show)
