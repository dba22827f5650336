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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from flows.decisions import find_ads
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
CAMPAIGN = "brand/c001"
"""Whom is asked about."""
CHANGED = 50
"""For one ad of so many somebody has asked a change."""
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
        asked = (_change(number, n, ads[n]) for n in places[::CHANGED])
        insert_new(connection, tables.ChangeRow, asked)
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
    return {"key": key_of("w", campaign, words)[:16], "title": title, "words": words * 2}


def _ad(campaign: int, n: int, draw: random.Random) -> dict[str, Any]:
    product, locale, placement, variant = _place(n)
    state = draw.choice(STATES)
    made = state in tables.MADE
    return {
        "key": key_of(campaign, n),
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
        "composition": key_of("look", campaign, n),
        "decision": draw.choice(DECISIONS) if made else "",
        "wording": _wording(campaign, n)["key"],
        **_answered(campaign, n),
    }


def _answered(campaign: int, n: int) -> dict[str, Any]:
    """Return what became of the change that was asked for: most are made, some left out, some wait."""
    change = _change_number(campaign, n)
    match n % CHANGED, n // CHANGED % 10:
        case 0, 8:
            return {"change_id": change, "change_left": "hook: it does not fit"}
        case 0, nth if nth < 8:  # noqa: PLR2004 (the other tenth waits)
            return {"change_id": change, "change_left": ""}
    return {"change_id": None, "change_left": ""}


def _change(campaign: int, n: int, ad: dict[str, Any]) -> dict[str, Any]:
    place = {name: ad[name] for name in ("campaign_id", "product", "locale", "placement", "variant")}
    asked = {"seed": n % 100, "hook": "", "asked_by": "bob", "comment": "warmer", "asked_at": AT}
    return {"id": _change_number(campaign, n), "ad": ad["key"], **place, **asked}


def _change_number(campaign: int, n: int) -> int:
    return campaign * 1_000_000 + n


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
        yield {"shot": key_of(clip, campaign, n // OF_PRODUCT), "composition": ad["composition"]}
    yield {"shot": key_of("plain", campaign), "composition": ad["composition"]}


def key_of(*parts: object) -> str:
    """Return the key of the stand-in that *parts* name."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def questions(catalog: Catalog, shape: Shape) -> dict[str, Callable[[random.Random], object]]:
    """Return what is asked of the ads of one campaign, by name."""
    ads = shape.ads // shape.campaigns
    here = Filters(campaign=CAMPAIGN)

    def some(draw: random.Random) -> str:
        return key_of(1, draw.randrange(ads))

    def many(draw: random.Random) -> list[str]:
        return [some(draw) for _ in range(1_000)]

    def narrow(draw: random.Random) -> Filters:
        return Filters(campaign=CAMPAIGN, locales=(draw.choice(LOCALES),), statuses=("to_review",))

    def rare(draw: random.Random) -> Filters:
        return Filters(campaign=CAMPAIGN, text=f"blend {draw.randrange(10)},")

    def common(draw: random.Random) -> Filters:
        return Filters(campaign=CAMPAIGN, text=draw.choice(["wake", "better care", "house"]))

    def page(filters: Filters, offset: int = 0) -> object:
        return catalog.gallery(filters, offset=offset, most=60)

    return {
        "first page": lambda _: page(here),
        "deep page": lambda draw: page(here, draw.randrange(ads)),
        "filtered page": lambda draw: page(narrow(draw)),
        "words of few ads": lambda draw: page(rare(draw)),
        "words of all ads": lambda draw: page(common(draw)),
        "start of a key": lambda draw: page(Filters(campaign=CAMPAIGN, text=some(draw)[:8])),
        "choices": lambda _: catalog.gallery_choices(here),
        "choices, filtered": lambda draw: catalog.gallery_choices(narrow(draw)),
        "choices, words": lambda draw: catalog.gallery_choices(common(draw)),
        "neighbours": lambda draw: catalog.neighbours(here, some(draw)),
        "neighbours, filtered": lambda draw: catalog.neighbours(narrow(draw), some(draw)),
        "siblings": lambda draw: catalog.siblings(some(draw)),
        "story": lambda draw: catalog.ad_story(some(draw)),
        "uses of a product's clip": lambda draw: catalog.shot_uses([key_of("hero", 1, draw.randrange(10))]),
        "uses of a clip of all": lambda _: catalog.shot_uses([key_of("plain", 1)]),
        "progress of a run": lambda _: catalog.run_progress(CAMPAIGN),
        "changes that wait": lambda _: catalog.waiting_changes(CAMPAIGN, most=3),
        "seeds of 1,000 ads": lambda draw: catalog.seeds_had(many(draw)),
        "ads of 1,000 keys": lambda draw: find_ads(many(draw), catalog),
        "the ad of a key's start": lambda draw: find_ads([some(draw)[:12]], catalog),
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
        urls = [f"sqlite:///{folder / 'catalog.sqlite'}", server.url("postgres")]
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


def show(shape: Shape, folder: Path, times: int) -> None:
    """Fill a catalog of each kind in *folder* and print a line for each question."""
    with catalogs(shape, folder) as opened:
        where = f"one of {shape.campaigns} campaigns with {shape.ads:,} ads"
        print(f"{where:<52} SQLite p50   p95 ms   PostgreSQL p50   p95 ms")
        asked = [questions(catalog, shape) for catalog in opened]
        for name in asked[0]:
            lite, postgres = (measure(each[name], times) for each in asked)
            print(f"  {name:<50} {lite[0]:>10.1f} {lite[1]:>8.1f} {postgres[0]:>16.1f} {postgres[1]:>8.1f}")


def over_shapes(about: str | None, show: Callable[[Shape, Path, int], None]) -> None:
    """Have *show* measure one campaign with all ads, then fifty, each in a folder of its own."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--ads", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    (ROOT / "bench-data").mkdir(exist_ok=True)
    for campaigns in (1, 50):
        with tempfile.TemporaryDirectory(dir=ROOT / "bench-data") as folder:
            show(Shape(campaigns, asked.ads), Path(folder), asked.times)
    print(f"load average: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    over_shapes(__doc__, show)
