"""Feeds, pictures and other media that lie elsewhere, and what a whole plan makes of them."""

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from PIL import Image

from flows import fetching
from flows.feeds.showing import feed_object
from flows.ingest import ingest
from flows.preflight import preflight
from flows.reach import Reach, reach_of
from schemas.errors import BriefError
from schemas.settings import read_settings
from storage.s3 import S3Blobs
from tests.flows.feeds.feeds import brief, faults, ids, named, row, table
from tests.sites import Site, says, serve_site


@pytest.fixture(name="site")
def _site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(fetching, "_PAUSE_SECONDS", 0.0)
    with serve_site() as site:
        yield site


def png() -> bytes:
    """Return a picture."""
    file = io.BytesIO()
    Image.new("RGB", (120, 90), "teal").save(file, "PNG")
    return file.getvalue()


def serve(site: Site, pages: dict[str, bytes]) -> None:
    """Have *site* answer with *pages*, and 404 for all else."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = pages.get(request.path)
        says(b"" if body is None else body, 404 if body is None else 200, ETag=f'"{request.path}"')(request)

    site.answer = answer


def test_a_feed_and_its_pictures_come_over_the_net_once(tmp_path: Path, site: Site) -> None:
    """Rows that share a picture fetch it once, a second plan nothing; what is no picture is a bad row."""
    here = f"http://{site.host}"
    rows = [row(id=f"T-{n}", image_link=f"{here}/tea.png") for n in range(5)]
    rows += [row(id="T-5", image_link=f"{here}/page.png"), row(id="T-6", image_link=f"{here}/none.png")]
    serve(site, {"/feed": table(*rows), "/tea.png": png(), "/page.png": b"<html>" * 20})
    path = named(tmp_path, f"{here}/feed")
    reach = Reach(cache=tmp_path / "cache", private_hosts=(site.host,))

    taken = ingest(path, reach=reach)
    asked = sorted(site.asked)
    again = ingest(path, reach=reach)

    assert ids(taken) == ids(again) == ["T-0", "T-1", "T-2", "T-3", "T-4"]
    assert asked == ["/feed", "/none.png", "/page.png", "/tea.png"]
    assert site.asked[4:] == ["/none.png"]
    assert [(line, said.split(";")[0]) for line, _, said in faults(taken)] == [
        (7, "is broken or no picture"),
        (8, "cannot be had: the host answers 404"),
    ]
    source = taken.sources[f"{here}/tea.png"]
    assert source.name == f"inputs/{source.sha256}.png"
    assert taken.path_of(f"{here}/tea.png").read_bytes() == png()


def test_media_that_a_brief_names_itself_come_over_the_net_too(tmp_path: Path, site: Site) -> None:
    """Unless the host is refused; then nothing is asked."""
    serve(site, {"/logo.png": png()})
    path = brief(tmp_path, table(row()))
    data = json.loads(path.read_text("utf-8"))
    data["brand"]["logo"] = f"http://{site.host}/logo.png"
    path.write_text(json.dumps(data), "utf-8")

    with pytest.raises(BriefError, match=r"brand\.logo: .*local or reserved network"):
        ingest(path, reach=Reach(cache=tmp_path / "cache"))
    assert site.asked == []
    taken = ingest(path, reach=Reach(cache=tmp_path / "cache", private_hosts=(site.host,)))
    assert taken.path_of(data["brand"]["logo"]).read_bytes() == png()


def test_rows_name_objects_of_the_feeds_bucket_and_of_allowed_places_only(
    tmp_path: Path, s3_place: str
) -> None:
    """A row is written by strangers, and ours are the credentials that would read the object."""
    bucket, _, prefix = s3_place.removeprefix("s3://").partition("/")
    client = S3Blobs(bucket).client
    client.put_object(Bucket=bucket, Key=f"{prefix}/tea.png", Body=png())
    feed = table(row(image_link=f"{s3_place}/tea.png"), row(id="T-2", image_link="s3://other/tea.png"))
    client.put_object(Bucket=bucket, Key=f"{prefix}/feed.tsv", Body=feed)
    here = brief(tmp_path / "here", feed)
    cache = tmp_path / "cache"

    there = ingest(named(tmp_path, f"{s3_place}/feed.tsv"), reach=Reach(cache=cache))
    opened = ingest(here, reach=Reach(cache=cache, buckets=(s3_place,)))

    assert ids(there) == ids(opened) == ["T-1"]
    assert faults(there)[0][:2] == (3, "image_link")
    with pytest.raises(BriefError, match="gives no product: 2 rows read, 0 taken, 2 bad"):
        ingest(here, reach=Reach(cache=cache))


def test_paths_reach_the_folders_that_the_settings_allow(tmp_path: Path) -> None:
    """And no others, also not by a link."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.png").write_bytes(png())
    (tmp_path / "outside.png").write_bytes(png())
    (pictures / "link.png").symlink_to(tmp_path / "outside.png")
    rows = (row(id="A", image_link="../pictures/a.png"), row(id="B", image_link="../pictures/link.png"))
    path = brief(tmp_path / "brief", table(*rows, row(id="C")))
    settings = read_settings(
        {"REELMILL_HOME": str(tmp_path / "home"), "REELMILL_MEDIA": f"{pictures}:s3://shop/pictures"}
    )

    assert reach_of(settings).buckets == ("s3://shop/pictures",)
    assert ids(ingest(path, reach=reach_of(settings))) == ["A", "C"]
    assert ids(ingest(path)) == ["C"]


def test_rows_whose_texts_cannot_be_drawn_are_bad_and_the_others_are_planned(tmp_path: Path) -> None:
    """No room for a title, letters that no font has, no sale where the template needs one."""
    sale = {"sale_price": "5.00 EUR"}
    path = brief(
        tmp_path,
        table(
            row(id="good", **sale),
            row(id="long", title="An endless name " * 12, **sale),
            row(id="runes", title="ᛏᛖᚨ", **sale),
            row(id="full"),
        ),
    )
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(data | {"template": "offer_countdown"}), "utf-8")

    ready = preflight(path, read_settings({"REELMILL_HOME": str(tmp_path / "home")}))

    assert {ad.product for ad in ready.plan.ads} == {"good"}
    report = ready.ingested.feed
    assert report is not None
    told = feed_object("leaf/tea", report)
    assert (told["campaign"], told["rows"], told["taken"], told["bad"]) == ("leaf/tea", 4, 1, 3)
    assert {bad["id"] for bad in told["bad_rows"]} == {"long", "runes", "full"}
    assert (
        "1 taken, 3 bad"
        in ready.plan.notes[[n.startswith("products.feed") for n in ready.plan.notes].index(True)]
    )
