"""Asking that ads be made otherwise: what is refused at once, and a number that an ad never had."""

from collections.abc import Iterator

import pytest

from flows.changes import Wish, ask, read_seed
from schemas.change import Change
from schemas.errors import BriefError
from schemas.settings import Settings, read_settings
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.storage.drawn import draw_plan

PLAN = draw_plan("one", "two")
ONE, TWO = (ad.key for ad in PLAN.ads)


@pytest.fixture(name="settings")
def _settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings({"REELMILL_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(name="catalog")
def _catalog(settings: Settings) -> Iterator[Catalog]:
    with Catalog(copy_catalog(settings.home / "catalog.sqlite")) as catalog:
        catalog.end_run(catalog.start_run(PLAN, "{}"), "done")
        yield catalog


def test_another_seed_is_the_same_for_a_selection_and_new_to_all_of_it(
    catalog: Catalog, settings: Settings
) -> None:
    """So the ads share the new shots; what was taken back is not given again."""
    seeds = []
    for ads in ([ONE[:8]], [ONE, TWO], [TWO]):
        asked = ask(ads, Wish(seed="other"), "ann", "", catalog, settings)
        seeds.append([one.change.seed for one in asked])
    ask([TWO], Wish(back=True), "ann", "", catalog, settings)
    asked = ask([TWO], Wish(seed=read_seed(" Other "), hook="  Hi {title} "), "ann", "", catalog, settings)

    assert seeds == [[1], [2, 2], [1]]
    assert [one.change for one in asked] == [Change(seed=3, hook="Hi {title}")]


@pytest.mark.parametrize(
    ("ads", "wish", "comment", "told"),
    [
        ([ONE, "abc", "f" * 64], Wish(seed=1), "", "'abc': no ad has a key that begins so"),
        ([ONE], Wish(), "", "change: asks for nothing; give a seed, a hook or both"),
        ([ONE], Wish(hook=" "), "", "change: asks for nothing"),
        ([ONE], Wish(seed=1, back=True), "", "change: asks for something and takes it back"),
        ([ONE], Wish(seed=2**31), "", "seed: 2147483648 is not less than"),
        ([ONE], Wish(seed=-1), "", "seed: -1 is not at least 0"),
        ([ONE], Wish(hook="a" * 601), "", "has more than 600 characters; shorten it"),
        ([ONE], Wish(hook="a\x1b[2J"), "", "holds the control character U+001B; take it out"),
        ([ONE], Wish(hook="a\u202eb"), "", "holds the control character U+202E"),
        ([ONE], Wish(hook="{hook}!"), "", "hook: {hook} is no field that may stand here"),
        ([ONE], Wish(hook="{0.__class__}"), "", "has a brace that is no field"),
        ([ONE], Wish(hook="Better than cocaine"), "", "is refused by rule drugs of policy house/1"),
        ([ONE], Wish(hook="\U00013000"), "", "hook: '\U00013000' has "),
        ([ONE], Wish(seed=1), "two\nlines", "comment: 'two\\nlines' is no line"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(
    catalog: Catalog, settings: Settings, ads: list[str], wish: Wish, comment: str, told: str
) -> None:
    """With its place, its value and a cure; nothing is noted of any of the ads."""
    with pytest.raises(BriefError) as refused:
        ask(ads, wish, "ann", comment, catalog, settings)

    assert told in str(refused.value)
    assert catalog.changes(PLAN.campaign) == {}


@pytest.mark.parametrize("text", ["1.5", "-1", "seven", "²", "1e3"])
def test_a_seed_is_a_number_or_other(text: str) -> None:
    """What looks like a number to Python alone is none."""
    with pytest.raises(BriefError, match="is no seed; give a whole number"):
        read_seed(text)

    assert (read_seed(""), read_seed("12"), read_seed("other")) == (None, 12, "other")
