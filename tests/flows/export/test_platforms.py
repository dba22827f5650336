"""The platforms' table: one test for every row."""

from pathlib import Path

import pytest

from flows.export.platforms import PLATFORMS, platform_of
from flows.export.request import read_request
from flows.export.sheets.sheet import SheetAd
from schemas.errors import BriefError
from schemas.placements import PLACEMENTS
from schemas.plan import Cut
from schemas.settings import read_settings
from tests.compositions import draw_ad


def _row(placement: str) -> SheetAd:
    cuts = (Cut(shot="s", frames=30, caption="word " * 60, end_card=False),)
    return SheetAd(
        ad=draw_ad(placement, cuts=cuts),
        name="name",
        video="name.mp4",
        thumbnail="name.jpg",
        captions="name.srt",
        archive="",
        brand="Kaffi",
        title="House Blend " * 40,
        link="https://kaffi.example/a",
        objective="sales",
    )


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_fills_its_columns_for_each_of_its_placements(name: str) -> None:
    """Every column has a text for every placement, and the ad can be told from its files."""
    platform = platform_of(name)
    heads = [column.head for column in platform.columns]

    rows = [
        [column.cell(_row(placement)) for column in platform.columns] for placement in platform.placements
    ]

    assert len(set(heads)) == len(heads)
    assert set(platform.placements) <= set(PLACEMENTS)
    assert rows
    assert all(isinstance(cell, str) for row in rows for cell in row)
    assert all("name" in row or "name.mp4" in row for row in rows)
    assert platform.rows_max > 0


@pytest.mark.parametrize("placement", ["meta_feed_square", "tiktok_in_feed", "pinterest_standard"])
def test_texts_beside_an_ad_are_cut_after_a_word_at_the_placements_limit(placement: str) -> None:
    """The platform would refuse the row otherwise."""
    row, limits = _row(placement), PLACEMENTS[placement].texts

    assert len(row.text) <= limits.get("primary text", limits.get("caption", 999))
    assert len(row.headline) <= limits.get("headline", limits.get("title", 999))
    assert row.text.rstrip().endswith("word")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"placements": ("tiktok_in_feed",)}, "'tiktok_in_feed' is no placement of meta"),
        ({"since": "yesterday"}, "--since: 'yesterday' is no date"),
        ({"split": "10"}, "--split: there is no archive"),
        ({"split": "ten", "archive": "zip"}, "'ten' is no size"),
        ({"split": "10kB", "archive": "zip"}, "too small"),
        ({"pattern": "x"}, "--name:"),
        ({"to": "ftp://x"}, "neither a folder nor"),
        ({"to": "s3:///x"}, "neither a folder nor"),
        ({"to": "home/blobs/ads"}, "lies in the blob store"),
    ],
)
def test_a_wrong_request_is_told_before_anything_is_looked_up(
    changes: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the option, the value and the cure."""
    monkeypatch.chdir(tmp_path)
    options = {"to": "out", "platform": "meta", "settings": read_settings({"REELMILL_HOME": "home"})}

    with pytest.raises(BriefError) as caught:
        read_request(("kaffi/x",), **(options | changes))  # type: ignore[arg-type]

    assert words in str(caught.value)


def test_one_place_is_one_destination_whatever_way_leads_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise the next export would send everything again."""
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"REELMILL_HOME": "home"})

    ways = {
        to: read_request(("x",), to, "meta", settings=settings).to
        for to in ("out", "./out/", "a/../out", "s3://b/p", "s3://b/p//")
    }

    assert set(ways.values()) == {f"{tmp_path}/out", "s3://b/p"}
