"""Links to ads: for a campaign, for one ad, from a folder and from S3."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flows.links import make_links, print_links
from schemas.errors import BriefError
from tests.flows.house import House


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 (our own server)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("house", ["s3"], indirect=True)
def test_an_address_gives_the_ad_to_anyone_and_nothing_else(house: House) -> None:
    """Under a readable name, as a video, for the hours asked; changed in the least it opens nothing."""
    (made,) = make_links([house.plan.campaign], 2, house.settings)

    with urllib.request.urlopen(made.link, timeout=10) as answer:  # noqa: S310 (our own server)
        content, headers = answer.read().decode(), answer.headers
    other = made.link.replace(house.ad.ad, house.ads[1].ad)

    assert content == f"the ads of {house.ad.ad}"
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Disposition"] == f'inline; filename="{made.name}"'
    assert made.name.startswith("kaffi_spring-roast_one_en-US_meta-reels_9x16")
    assert "X-Amz-Expires=7200" in made.link
    assert [_status(other), _status(made.link.split("?")[0])] == [403, 403]


@pytest.mark.parametrize("house", ["s3"], indirect=True)
def test_no_address_lasts_longer_than_s3_allows(house: House) -> None:
    """Seven days."""
    name = house.ad.file.name

    assert "X-Amz-Expires=604800" in house.blobs.link(name, seconds=604_800, called="a.mp4")
    with pytest.raises(ValueError, match="604800"):
        house.blobs.link(name, seconds=604_801, called="a.mp4")


def test_a_folder_gives_paths_and_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """An ad that is named is linked also where it is rejected; one that is named twice is linked once."""
    links = make_links([house.plan.campaign, house.ad.ad, house.ads[1].ad[:12]], 24, house.settings)
    print_links(links, as_json=False)
    told = capsys.readouterr().out
    print_links(links, as_json=True)

    assert [link.ad for link in links] == [asset.ad for asset in house.ads]
    assert [Path(link.link).read_text() for link in links] == [f"the ads of {link.ad}" for link in links]
    assert "paths on this machine" in told
    assert json.loads(capsys.readouterr().out)[0]["link"] == links[0].link


def test_an_ad_whose_file_is_gone_is_named(house: House) -> None:
    """The others are linked."""
    house.blobs.delete(house.ad.file.name)

    first, second = make_links([asset.ad for asset in house.ads], 24, house.settings)

    assert (first.link, second.problem) == ("", "")
    assert "run its campaign again" in first.problem


@pytest.mark.parametrize(
    ("asked", "words"),
    [("kaffi/none", "known: kaffi/spring-roast"), ("zz", "hexadecimal"), ("00000000", "reelmill status")],
)
def test_what_is_not_there_is_refused_with_a_cure(asked: str, words: str, house: House) -> None:
    """A campaign, no key at all, a key of nothing."""
    with pytest.raises(BriefError, match=words):
        make_links([asked], 24, house.settings)
