"""A campaign that is killed again and again comes out as if nothing had happened; `make chaos` tries more."""

import os
from collections.abc import Iterator

import pytest

from tests.chaos.judge import Result
from tests.chaos.points import Round, all_points, quick_points
from tests.chaos.report import line
from tests.chaos.site import Place, Site, open_site
from tests.chaos.storm import undisturbed, weather
from tests.chaos.strikes import STRIKES
from tests.servers import find_postgres, find_weed

pytestmark = pytest.mark.long

ROUNDS = quick_points()


@pytest.fixture(scope="module", name="site")
def _site() -> Iterator[Site]:
    if (find_weed() is None or find_postgres() is None) and os.environ.get("REELMILL_NEED_SERVERS") != "1":
        pytest.skip("SeaweedFS or PostgreSQL is not installed")
    with open_site({each.place for each in ROUNDS}) as site:
        yield site


@pytest.fixture(scope="module", name="expected")
def _expected(site: Site) -> dict[Place, Result]:
    return {place: undisturbed(site, place) for place in dict.fromkeys(each.place for each in ROUNDS)}


@pytest.mark.parametrize("what", ROUNDS, ids=lambda each: "-".join(point.fault for point in each.points))
def test_a_disturbed_campaign_comes_out_as_an_undisturbed_one(
    site: Site, expected: dict[Place, Result], what: Round
) -> None:
    """The same files, each once, with their rows, and hardly any clip made twice."""
    survival = weather(site, what, expected[what.place])

    assert survival.problems == (), line(survival)


def test_every_place_makes_the_same_ads(site: Site, expected: dict[Place, Result]) -> None:
    """A folder with SQLite and a bucket with PostgreSQL hold the same bytes under the same names."""
    assert undisturbed(site, "folder, cluster") == expected["servers, cluster"]


def test_the_whole_list_has_200_points_and_every_fault() -> None:
    """They are numbered from 1, and the same each time."""
    points = [point for each in all_points() for point in each.points]

    assert [point.number for point in points] == list(range(1, 201))
    assert {point.fault for point in points} == set(STRIKES)
    assert all_points() == all_points()


def test_the_quick_list_has_20_points() -> None:
    """So many are tried with every change."""
    assert sum(len(each.points) for each in ROUNDS) >= 20
