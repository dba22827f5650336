"""Briefs with feeds for tests, in a folder of their own."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from flows.ingest import Ingested, ingest
from flows.reach import Reach

HEAD = (
    "id", "title", "description", "link", "image_link", "availability", "price", "sale_price",
    "sale_price_effective_date", "item_group_id", "custom_label_0",
)  # fmt: skip
GOOD = {
    "id": "T-1", "title": "Green tea", "description": "First flush.", "link": "https://tea.example/1",
    "image_link": "media/tea.png", "availability": "in_stock", "price": "9.00 EUR",
}  # fmt: skip


def row(**changes: str) -> dict[str, str]:
    """Return a good row with *changes*."""
    return GOOD | changes


def table(*rows: dict[str, str], head: tuple[str, ...] = HEAD, delimiter: str = "\t") -> bytes:
    """Return *rows* as a table in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, head, delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def brief(folder: Path, feed: bytes, name: str = "feed.tsv", **asked: Any) -> Path:
    """Write a brief with *feed*, of which it asks *asked*, and a picture, into *folder*."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    if not (folder / "media" / "tea.png").exists():
        Image.new("RGB", (300, 200), "green").save(folder / "media" / "tea.png")
        Image.new("RGB", (300, 200), "olive").save(folder / "media" / "leaf.png")
    (folder / name).write_bytes(feed)
    return named(folder, name, **asked)


def named(folder: Path, path: str, **asked: Any) -> Path:
    """Write a brief whose feed lies at *path*."""
    data = {
        "campaign": "tea",
        "brand": {"name": "Leaf", "colors": {"primary": "#123456", "accent": "#FFB020"}},
        "products": {"feed": {"path": path, "on_bad_row": "skip", **asked}},
        "locales": {"en-US": {"hook": "{title}", "cta": "Shop now"}},
        "placements": ["youtube_bumper"],
        "audio": {"voice": "none", "music": "calm"},
        "video": {"model": "motion"},
    }
    whole = folder / "brief.json"
    whole.write_text(json.dumps(data), "utf-8")
    return whole


def read(folder: Path, feed: bytes, name: str = "feed.tsv", **asked: Any) -> Ingested:
    """Return the brief in *folder* with what its *feed* gives."""
    return ingest(brief(folder, feed, name, **asked), reach=Reach(cache=folder / "cache"))


def ids(taken: Ingested) -> list[str]:
    """Return the products that were taken."""
    assert isinstance(taken.brief.products, tuple)
    return [product.id for product in taken.brief.products]


def faults(taken: Ingested) -> list[tuple[int, str, str]]:
    """Return line, column and reason of everything that is wrong."""
    assert taken.feed is not None
    return [(bad.line, bad.column, bad.reason) for bad in taken.feed.bad_rows]
