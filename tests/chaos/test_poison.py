"""Poisoned items: each ends by itself and by name, and everything else is made."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text

from storage.catalog import Catalog
from tests.chaos.campaign import NAME, write_brief
from tests.chaos.driver import PATIENCE
from tests.chaos.site import Stage, open_site

pytestmark = pytest.mark.long

ENDS = {"kill": "quarantined", "hang": "quarantined", "raise": "failed", "memory": "failed"}
"""What becomes of a shot whose worker dies, hangs, raises an error, asks for more memory than there is."""
ENVIRON = {PATIENCE: "4"}
_ATTEMPTS = {"kill": 2, "hang": 2, "raise": 1, "memory": 4}
_VARIANTS = [
    "{id: good, locales: {en-US: {hook: POISON kill}}}",
    *(f"{{id: {name}, storyboard: [{{id: mood, prompt: POISON {name}}}]}}" for name in (*ENDS, "large")),
]


@pytest.fixture(scope="module", name="stage")
def _stage() -> Iterator[Stage]:
    """A campaign of 30 ads after a run that ended by itself: 20 show a poisoned shot, one is poisoned."""
    with open_site(["folder"]) as site:
        site.briefs["folder"] = write_brief(
            site.folder / "poisoned",
            placements="[meta_feed_square]",
            variants=f"[{', '.join(_VARIANTS)}]",
        )
        stage = Stage(site, "folder")
        try:
            assert stage.start(environ=ENVIRON).wait() == 1, stage.driver.words()
            yield stage
        finally:
            stage.close()


class Fate(NamedTuple):
    """What became of the poisoned shots of a kind."""

    states: set[str]
    errors: set[str]
    attempts: set[int]
    """How many each of them had."""


def _fate(stage: Stage, poison: str) -> Fate:
    query = """SELECT state, error, (SELECT count(*) FROM attempts WHERE attempts.key = shots.key)
        FROM shots WHERE spec LIKE :prompt"""
    engine = create_engine(stage.settings.database_url)
    with closing(engine.connect()) as connection:
        found = connection.execute(text(query), {"prompt": f"%POISON {poison}%"}).tuples().all()
    engine.dispose()
    states, errors, attempts = zip(*found, strict=True)
    return Fate(set(states), set(errors), set(attempts))


def _ads(stage: Stage) -> dict[str, Counter[str]]:
    """Count the ads of each variant by state."""
    ads: dict[str, Counter[str]] = defaultdict(Counter)
    with Catalog(stage.settings.database_url) as catalog:
        for row in catalog.rows(NAME):
            ads[row.variant][row.state] += 1
    return ads


def test_everything_else_is_made(stage: Stage) -> None:
    """So is what fits once it is made in smaller pieces."""
    ads = _ads(stage)

    assert ads["good"] == {"done": 4, "quarantined": 1}
    assert ads["large"] == {"done": 5}
    assert _fate(stage, "large").attempts == {3}


def test_what_shows_a_poisoned_shot_is_blocked(stage: Stage) -> None:
    """Each such ad, with the reason, which names the shot."""
    with Catalog(stage.settings.database_url) as catalog:
        rows = [row for row in catalog.rows(NAME) if row.variant in ENDS]

    assert {row.state for row in rows} == {"blocked"}
    assert all("shot" in row.error and "cannot be made" in row.error for row in rows)
    assert len(rows) == 20


@pytest.mark.parametrize("poison", ENDS)
def test_a_poisoned_shot_ends_by_itself(stage: Stage, poison: str) -> None:
    """After as many attempts as its error deserves, with a reason."""
    fate = _fate(stage, poison)

    assert (fate.states, fate.attempts) == ({ENDS[poison]}, {_ATTEMPTS[poison]})
    assert all(fate.errors)


def test_the_next_run_leaves_quarantined_shots_alone(stage: Stage) -> None:
    """It tries again only what failed in an orderly way; with --retry, those too."""
    code = stage.start(environ=ENVIRON).wait()
    ads = _ads(stage)
    after_run = {poison: _fate(stage, poison).attempts for poison in ENDS}
    code_of_retry = stage.start("--retry", environ=ENVIRON).wait()
    after_retry = {poison: _fate(stage, poison).attempts for poison in ENDS}

    assert (code, code_of_retry) == (1, 1)
    assert ads["good"] == {"done": 4, "quarantined": 1}
    assert after_run == {"kill": {2}, "hang": {2}, "raise": {2}, "memory": {8}}
    assert after_retry == {"kill": {4}, "hang": {4}, "raise": {3}, "memory": {12}}
