"""What a run finds when it begins: what is adopted, what is forgotten, and what is cleared away."""

import pytest

from flows.stock import adopt_finished, clear_rejected, take_stock
from storage.rows import files_of
from tests.flows.house import House


def _forget_ads(house: House) -> None:
    house.catalog.forget("ad", [asset.ad for asset in house.ads])
    house.catalog.forget_files(file.name for asset in house.ads for file in files_of(asset))


@pytest.mark.parametrize("house", ["folder", "servers"], indirect=True)
def test_ads_of_a_run_that_died_are_adopted_as_they_are(house: House) -> None:
    """Good or rejected, as their sidecars say; their captions are listed with them."""
    _forget_ads(house)

    adopt_finished(house.plan, house.catalog, house.blobs)

    assert [row.state for row in house.catalog.rows()] == ["done", "rejected"]
    assert {file.name for file in house.catalog.files() if file.kind == "ad"} == {
        file.name for asset in house.ads for file in files_of(asset)
    }


@pytest.mark.parametrize("lost", [".json", ".srt", ".vtt", ".mp4"])
def test_an_ad_that_is_not_whole_is_not_adopted(house: House, lost: str) -> None:
    """Its worker died before all was there, or something was lost since."""
    _forget_ads(house)
    house.blobs.delete(f"ads/{house.ad.ad}{lost}")

    adopt_finished(house.plan, house.catalog, house.blobs)

    assert [row.state for row in house.catalog.rows()] == ["planned", "rejected"]


@pytest.mark.parametrize("house", ["folder", "servers"], indirect=True)
def test_what_has_lost_a_file_is_made_again(house: House) -> None:
    """Be it captions only; a rejected ad that is there is there."""
    house.blobs.delete(f"ads/{house.ad.ad}.vtt")
    house.blobs.delete(house.voice.file.name)

    there = take_stock(house.plan, house.catalog, house.blobs)

    assert (list(there.voices), list(there.assets)) == ([], [house.ads[1].ad])
    assert [*there.stills, *there.clips] == [house.still.still, house.clip.shot]
    assert [row.state for row in house.catalog.rows()] == ["planned", "rejected"]


def test_a_retry_clears_rejected_ads_away(house: House) -> None:
    """All their files, so that nothing of the old print is taken for the new one; good ads stay."""
    clear_rejected(house.plan, house.catalog, house.blobs)
    adopt_finished(house.plan, house.catalog, house.blobs)

    assert [row.state for row in house.catalog.rows()] == ["done", "planned"]
    assert [name for name in house.names if house.ads[1].ad in name] == []
    assert {name for name in house.names if house.ad.ad in name} == {
        f"ads/{house.ad.ad}{suffix}" for suffix in (".mp4", ".json", ".srt", ".vtt")
    }
