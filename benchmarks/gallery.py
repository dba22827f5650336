"""Measures what the review page asks of a catalog with 100,000 ads, on SQLite and PostgreSQL side by side.

Run by `make bench`. The rows are stand-ins, written in bulk: nothing is planned or rendered. Each line is one
method of the catalog, asked with other values each time. Nothing here passes or fails.
"""

import argparse
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from storage import database, tables
from storage.catalog import Catalog
from storage.dialect import insert_new
from storage.gallery_rows import Filters
from storage.owner import Owner
from tests.servers import find_postgres, serve_postgres
from tests.storage import drawn

ROOT = Path(__file__).parent.parent
PLACEMENTS = [f"placement_{number}" for number in range(10)]
LOCALES = ["ar", "de-DE", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pl-PL", "zh-CN"]
VARIANTS = ["a", "b"]
OF_PRODUCT = len(PLACEMENTS) * len(LOCALES) * len(VARIANTS)
STATES = ["done"] * 17 + ["rejected", "failed", "planned"]
DECISIONS = ["", "approved", "approved", "rejected"]
AT = datetime(2026, 11, 1, tzinfo=UTC)
PLAN = drawn.draw_plan("one")
SPEC = PLAN.ads[0].model_dump_json() + " " * 800
"""With room for what an ad of five scenes has more."""
RESULT = drawn.asset(PLAN.ads[0]).model_dump_json()


class Shape(NamedTuple):
    """How the ads are spread."""

    campaigns: int
    ads: int
    """Of all campaigns together."""


def fill(connection: Connection, shape: Shape) -> None:
    """Write the rows of finished campaigns: what was planned, made, decided."""
    draw = random.Random(7)  # noqa: S311 (the same each time)
    for number in range(1, shape.campaigns + 1):
        insert_new(
            connection, tables.Campaign, [{"id": number, "name": f"brand/c{number:03}", "created_at": AT}]
        )
        insert_new(connection, tables.Run, [_run(number, shape)])
        places = range(shape.ads // shape.campaigns)
        insert_new(
            connection,
            tables.Wording,
            {_wording(number, n)["key"]: _wording(number, n) for n in places}.values(),
        )
        ads = [_ad(number, n, draw) for n in places]
        insert_new(connection, tables.Ad, ads)
        made = [ad for ad in ads if ad["state"] in tables.MADE]
        insert_new(connection, tables.Attempt, (_attempt(ad) for ad in made))
        insert_new(connection, tables.Decision, (_decision(ad) for ad in made if ad["decision"]))
        insert_new(
            connection, tables.Showing, (link for n, ad in enumerate(ads) for link in _shown(number, n, ad))
        )


def _run(number: int, shape: Shape) -> dict[str, Any]:
    many = {"stills": 10, "shots": 50, "voices": 0, "ads": shape.ads // shape.campaigns}
    facts = {"brief_sha256": "b", "brief": "{}", "source": "", "state": "done", "cancel": False}
    when = {"started_at": AT, "beat_at": AT, "ended_at": AT + timedelta(hours=1)}
    return {"id": number, "campaign_id": number, "owner": Owner.here().text, **facts, **many, **when}


def _place(n: int) -> tuple[int, str, str, str]:
    product, rest = divmod(n, OF_PRODUCT)
    locale, rest = divmod(rest, len(PLACEMENTS) * len(VARIANTS))
    placement, variant = divmod(rest, len(VARIANTS))
    return product, LOCALES[locale], PLACEMENTS[placement], VARIANTS[variant]


def _wording(campaign: int, n: int) -> dict[str, str]:
    product, locale, _, variant = _place(n)
    title = f"House Blend {product}, 250 g"
    words = (
        f"p-{product:04} {title} wake up to something better ({locale}) {variant} made with care ".casefold()
    )
    return {"key": _key("w", campaign, words)[:16], "title": title, "words": words * 2}


def _ad(campaign: int, n: int, draw: random.Random) -> dict[str, Any]:
    product, locale, placement, variant = _place(n)
    state = draw.choice(STATES)
    made = state in tables.MADE
    return {
        "key": _key(campaign, n),
        "spec": SPEC,
        "state": state,
        "result": RESULT if made else None,
        "error": "",
        "created_at": AT,
        "updated_at": AT,
        "campaign_id": campaign,
        "run_id": campaign,
        "product": f"P-{product:04}",
        "locale": locale,
        "placement": placement,
        "variant": variant,
        "composition": _key("look", campaign, n),
        "decision": draw.choice(DECISIONS) if made else "",
        "wording": _wording(campaign, n)["key"],
    }


def _attempt(ad: dict[str, Any]) -> dict[str, Any]:
    facts = {"kind": "ad", "key": ad["key"], "run_id": ad["run_id"], "worker": "", "model": "compose/1"}
    size = {"work": 1.0, "gpus": 0.0, "seconds": 2.0, "outcome": "done", "error": ""}
    return {**facts, **size, "started_at": AT, "ended_at": AT + timedelta(seconds=2)}


def _decision(ad: dict[str, Any]) -> dict[str, Any]:
    facts = {"decided_by": "ann", "comment": "as agreed", "decided_at": AT}
    return {"ad": ad["key"], "decision": ad["decision"], **facts}


def _shown(campaign: int, n: int, ad: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the links of an ad: two clips of its product, and one that all its campaign shows."""
    for clip in ("hero", "detail"):
        yield {"shot": _key(clip, campaign, n // OF_PRODUCT), "composition": ad["composition"]}
    yield {"shot": _key("plain", campaign), "composition": ad["composition"]}


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def questions(catalog: Catalog, shape: Shape, campaign: str) -> dict[str, Callable[[random.Random], object]]:
    """Return what is asked of the ads of *campaign*, or of all (empty), by name."""
    ads = shape.ads // shape.campaigns if campaign else shape.ads
    here = Filters(campaign=campaign)

    def some(draw: random.Random) -> str:
        return _key(1, draw.randrange(shape.ads // shape.campaigns))

    def narrow(draw: random.Random) -> Filters:
        return Filters(campaign=campaign, locales=(draw.choice(LOCALES),), statuses=("to_review",))

    def rare(draw: random.Random) -> Filters:
        return Filters(campaign=campaign, text=f"blend {draw.randrange(10)},")

    def common(draw: random.Random) -> Filters:
        return Filters(campaign=campaign, text=draw.choice(["wake", "better care", "house"]))

    def page(filters: Filters, offset: int = 0) -> object:
        return catalog.gallery(filters, offset=offset, most=60)

    return {
        "first page": lambda _: page(here),
        "deep page": lambda draw: page(here, draw.randrange(ads)),
        "filtered page": lambda draw: page(narrow(draw)),
        "words of few ads": lambda draw: page(rare(draw)),
        "words of all ads": lambda draw: page(common(draw)),
        "start of a key": lambda draw: page(Filters(campaign=campaign, text=some(draw)[:8])),
        "choices": lambda _: catalog.gallery_choices(here),
        "choices, filtered": lambda draw: catalog.gallery_choices(narrow(draw)),
        "choices, words": lambda draw: catalog.gallery_choices(common(draw)),
        "neighbours": lambda draw: catalog.neighbours(here, some(draw)),
        "neighbours, filtered": lambda draw: catalog.neighbours(narrow(draw), some(draw)),
        "siblings": lambda draw: catalog.siblings(some(draw)),
        "story": lambda draw: catalog.ad_story(some(draw)),
        "uses of a product's clip": lambda draw: catalog.shot_uses([_key("hero", 1, draw.randrange(10))]),
        "uses of a clip of all": lambda _: catalog.shot_uses([_key("plain", 1)]),
        "progress of a run": lambda _: catalog.run_progress("brand/c001"),
        "deep page + choices + story": lambda draw: (
            page(here, draw.randrange(ads)),
            catalog.gallery_choices(here),
            catalog.ad_story(some(draw)),
        ),
    }


def measure(ask: Callable[[random.Random], object], times: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of asking, ms."""
    draw, took = random.Random(3), list[float]()  # noqa: S311 (the same each time)
    for _ in range(times):
        began = time.perf_counter()
        ask(draw)
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    return took[len(took) // 2], took[min(len(took) - 1, round(len(took) * 0.95))]


@contextmanager
def catalogs(shape: Shape, folder: Path) -> Iterator[list[Catalog]]:
    """Have a filled catalog of each kind."""
    with serve_postgres(_programs()) as server:
        urls = [f"sqlite:///{folder / f'{shape.campaigns}.sqlite'}", server.url("postgres")]
        for url in urls:
            engine = database.connect(database.read_url(url))
            database.migrate(engine)
            with engine.begin() as connection:
                fill(connection, shape)
            _settle(url)
            engine.dispose()
        with Catalog(urls[0]) as lite, Catalog(urls[1]) as postgres:
            yield [lite, postgres]


def _settle(url: str) -> None:
    """Have PostgreSQL do at once what it does by itself within a minute of such a load."""
    if url.startswith("postgresql"):
        engine = database.connect(database.read_url(url))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        engine.dispose()


def _programs() -> Path:
    found = find_postgres()
    if found is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql-15")
    return found


def show(shape: Shape, campaign: str, opened: Sequence[Catalog], times: int) -> None:
    """Print a line for each question."""
    where = f"{campaign or 'all campaigns'}, of {shape.campaigns} with {shape.ads:,} ads"
    print(f"{where:<52} SQLite p50   p95 ms   PostgreSQL p50   p95 ms")
    asked = [questions(catalog, shape, campaign) for catalog in opened]
    for name in asked[0]:
        lite, postgres = (measure(each[name], times) for each in asked)
        print(f"  {name:<50} {lite[0]:>10.1f} {lite[1]:>8.1f} {postgres[0]:>16.1f} {postgres[1]:>8.1f}")


def main() -> None:
    """Measure one campaign with all ads, then fifty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    (ROOT / "bench-data").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "bench-data") as folder:
        for campaigns in (1, 50):
            shape = Shape(campaigns, asked.ads)
            with catalogs(shape, Path(folder)) as opened:
                show(shape, "brand/c001", opened, asked.times)
                if campaigns > 1:
                    show(shape, "", opened, asked.times)
    print(f"load average: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
