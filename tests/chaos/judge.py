"""What a campaign has to show in the end, however it got there."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from sqlalchemy import create_engine, text

from actors.marks import repeatable_sha256
from flows.verify import verify
from schemas.media import Asset
from storage.catalog import Catalog
from storage.database import read_url
from tests.chaos.campaign import ADS, NAME
from tests.chaos.site import WORKERS, Stage

_LINKED = {".mp4", ".srt", ".vtt"}
_GENERATION = {"generate", "enlarge"}
_MADE_TWICE = """
SELECT kind, key, count(*) FROM attempts WHERE outcome = 'done' GROUP BY kind, key HAVING count(*) > 1
"""
_NOT_OVER = """
SELECT 'attempts', outcome, count(*) FROM attempts WHERE outcome = 'running' GROUP BY outcome
UNION ALL SELECT 'runs', state, count(*) FROM runs WHERE state = 'running' GROUP BY state
UNION ALL SELECT 'stills', state, count(*) FROM stills WHERE state <> 'done' GROUP BY state
UNION ALL SELECT 'shots', state, count(*) FROM shots WHERE state <> 'done' GROUP BY state
UNION ALL SELECT 'voices', state, count(*) FROM voices WHERE state <> 'done' GROUP BY state
UNION ALL SELECT 'ads', state, count(*) FROM ads WHERE state <> 'done' GROUP BY state
"""


class Result(NamedTuple):
    """What a campaign has made."""

    ads: frozenset[tuple[str, str]]
    """Key of every ad, and its SHA-256 without its signature, which is never the same."""
    names: frozenset[str]
    """Every file in the store."""
    things: int
    """How many stills, clips, voices and ads were made."""


def result_of(stage: Stage) -> Result:
    """Return what *stage* has made: rows that say so, bytes that are so."""
    with _reaching(stage):
        names = frozenset(stage.blobs.names(""))
        made = [name for name in names if name.startswith("ads/") and name.endswith(".mp4")]
        hashes = {name: repeatable_sha256(stage.blobs.local(name, stage.folder / "judge")) for name in made}
    with Catalog(stage.settings.database_url) as catalog:
        rows = catalog.rows(NAME)
    ads = frozenset((row.key, hashes.get(row.name or "", "")) for row in rows if row.state == "done")
    return Result(ads, names, stage.notes.made())


def complaints(stage: Stage, expected: Result) -> Iterator[str]:
    """Yield all that is wrong with *stage* after its last run."""
    found = result_of(stage)
    if len(found.ads) != ADS or found.ads != expected.ads:
        wrong = len(found.ads ^ expected.ads)
        yield f"{wrong} ads are missing, or not what an undisturbed run makes ({len(found.ads)} are there)"
    for name in sorted(found.names - expected.names):
        yield f"orphan: {name}"
    for name in sorted(expected.names - found.names):
        yield f"missing: {name}"
    links = [path for path in stage.settings.out.glob("*/*") if path.exists() and path.suffix in _LINKED]
    if "folder" in stage.place and len(links) != len(_LINKED) * ADS:
        yield f"{len(links)} links to {ADS} ads and their captions"
    with Catalog(stage.settings.database_url) as catalog:
        made = [one for one in catalog.made("ad") if isinstance(one, Asset)]
    noted = {(asset.ad, asset.unsigned_sha256) for asset in made}
    if noted != found.ads:
        yield f"{len(noted ^ found.ads)} rows tell of another file than the store has, signatures left aside"
    yield from _wrong_rows(stage, found)
    with _reaching(stage):
        for problem in verify(stage.settings, repair=False).problems:
            yield f"verify: {problem}"
    yield from _leftovers(stage)


def wasted(stage: Stage) -> int:
    """Return how often clips were worked at beyond the first time."""
    work = stage.notes.work()
    return sum(count - 1 for (verb, _), count in work.items() if verb in _GENERATION)


@contextmanager
def _reaching(stage: Stage) -> Iterator[None]:
    """Let this process reach the stage's store."""
    aws = {name: value for name, value in stage.environ.items() if name.startswith("AWS_")}
    with patch.dict(os.environ, aws):
        yield


def _wrong_rows(stage: Stage, found: Result) -> Iterator[str]:
    files = {name for name in found.names if name.startswith(("stills/", "clips/", "voices/", "ads/"))}
    files = {name for name in files if not name.endswith(".json")}
    engine = create_engine(read_url(stage.settings.database_url))
    with closing(engine.connect()) as connection:
        for kind, key, count in connection.execute(text(_MADE_TWICE)):
            yield f"{kind} {key} was made {count} times"
        for table, state, count in connection.execute(text(_NOT_OVER)):
            yield f"{count} {table} are {state}"
        rows = {str(name) for (name,) in connection.execute(text("SELECT name FROM assets"))}
    engine.dispose()
    for name in sorted(rows ^ files):
        yield f"{name} has a row or a file, not both"


def _leftovers(stage: Stage) -> Iterator[str]:
    for pid in stage.notes.workers():
        if Path(f"/proc/{pid}").exists():
            yield f"worker {pid} is still there"
    home = stage.settings.home
    for path in [*home.glob("cache/scratch/*/*"), *home.glob("blobs/.incoming/*")]:
        yield f"left behind: {path}"
    # On a cluster a worker's folder is removed by the next worker there, so those of the last run stay.
    folders = [*Path(stage.environ["TMPDIR"]).glob("reelmill-*/*-*[!k]")]
    if len(folders) > max(WORKERS.values()):
        yield f"workers' folders pile up: {len(folders)}"
