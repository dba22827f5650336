"""What browsers get of an ad: its video in parts, captions, poster and sidecar, from a folder and from S3."""

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.review import media
from flows.review.access import decide_access
from flows.review.app import review_app
from flows.review.posters import Posters
from schemas.errors import StorageError
from tests.flows.house import House
from tests.flows.review.guarded import HOST


@pytest.fixture
def visitor(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser on the page of *house*, which reads files in small pieces."""
    monkeypatch.setattr(media, "PIECE", 16)
    with _visitor(house) as opened:
        yield opened


def _visitor(house: House, *, presigned: bool = False) -> TestClient:
    access = decide_access("127.0.0.1", 8321, house.settings, presigned=presigned)
    app = review_app(house.settings, access)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


def _video(house: House) -> tuple[str, bytes]:
    key = house.ad.ad
    return f"/media/ads/{key}.mp4", f"the ads of {key}".encode()


def test_a_video_comes_whole(house: House, visitor: TestClient) -> None:
    """With its length, a name of its version, and leave to keep it for this browser alone."""
    address, content = _video(house)

    whole, head = visitor.get(address), visitor.head(address)

    assert (whole.status_code, whole.content, head.content) == (200, content, b"")
    for answer in (whole, head):
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["content-length"] == str(len(content))
        assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


RANGES = [
    ("bytes=0-", slice(0, None)),
    ("bytes=0-0", slice(0, 1)),
    ("bytes=5-40", slice(5, 41)),
    ("bytes=70-999999999999", slice(70, None)),
    ("bytes=-10", slice(-10, None)),
    ("bytes=-999999", slice(0, None)),
    ("bytes=0-1,4-5", None),
    ("bytes=9-2", None),
    ("bytes=-", None),
    ("bytes= -", None),
    ("bytes= -3 ", slice(-3, None)),
    ("bytes=a-b", None),
    ("bytes=0-1;", None),
    ("bytes=" + "9" * 30 + "-", None),
    ("bytes=\u0661-", None),
    ("items=0-1", None),
    ("", None),
]
"""What is asked for, and what comes; None for the whole."""


@pytest.mark.parametrize(
    ("house", "ranges"), [("folder", RANGES), ("s3", RANGES[2:6])], indirect=["house"], ids=["folder", "s3"]
)
def test_a_part_of_a_video_comes(
    house: House, visitor: TestClient, ranges: list[tuple[str, slice | None]]
) -> None:
    """As players jump about in it; what is no single range is answered with the whole."""
    address, content = _video(house)

    for asked, part in ranges:
        answer = visitor.get(address, headers=[(b"Range", asked.encode())])
        start, stop, _ = (part or slice(None)).indices(len(content))
        told = f"bytes {start}-{stop - 1}/{len(content)}" if part else None
        assert (answer.status_code, answer.content) == (206 if part else 200, content[start:stop]), asked
        assert answer.headers.get("content-range") == told
        assert answer.headers["content-length"] == str(stop - start)


def test_a_part_beyond_the_end_is_refused(house: House, visitor: TestClient) -> None:
    """With the length, so that a player can ask better."""
    address, content = _video(house)

    for asked in (f"bytes={len(content)}-", "bytes=100-200", "bytes=-0"):
        answer = visitor.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (416, b"")
        assert answer.headers["content-range"] == f"bytes */{len(content)}"


def test_a_part_of_another_version_is_not_mixed_in(house: House, visitor: TestClient) -> None:
    """If-Range holds for the very file; a date is no version."""
    address, content = _video(house)
    etag = visitor.head(address).headers["etag"]
    versions = {etag: 206, '"other"': 200, f"W/{etag}": 200, "Mon, 23 Nov 2026 07:00:00 GMT": 200}

    found = {
        version: visitor.get(address, headers={"Range": "bytes=0-3", "If-Range": version}).status_code
        for version in versions
    }

    assert found == versions
    assert visitor.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert visitor.head(address, headers={"Range": "bytes=0-3"}).headers["content-length"] == str(
        len(content)
    )


def test_captions_and_sidecar_come_as_what_they_are(house: House, visitor: TestClient) -> None:
    """Neither as a page."""
    key = house.ad.ad

    captions, sidecar = visitor.get(f"/media/ads/{key}.vtt"), visitor.get(f"/media/ads/{key}.json")

    assert captions.headers["content-type"] == "text/vtt; charset=utf-8"
    assert captions.text == f"the ads of {key}"
    assert sidecar.headers["content-disposition"] == f'attachment; filename="{key[:16]}.json"'
    assert json.loads(sidecar.text)["recipe"]["ad"]["product"] == "one"


def test_a_drawn_poster_waits_for_no_drawing(
    house: House, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is to be drawn takes its turn among the few threads that draw."""
    monkeypatch.setattr(Posters, "draw", None)
    folder = house.settings.cache / "posters"
    folder.mkdir(parents=True)
    (folder / f"{house.ad.ad}.jpg").write_bytes(b"drawn")

    answer = visitor.get(f"/media/posters/{house.ad.ad}.jpg")

    assert (answer.status_code, answer.content) == (200, b"drawn")


def test_a_file_that_is_not_whole_is_told(house: House, visitor: TestClient) -> None:
    """The page says how to find out more, before anything is promised."""
    address, content = _video(house)
    house.store(house.ad.file.name, content[:10].decode())
    cut = visitor.get(address)
    for name in (house.ad.file.name, f"ads/{house.ad.ad}.json"):
        house.blobs.delete(name)

    gone = [cut, *(visitor.get(address.replace("mp4", suffix)) for suffix in ("mp4", "json"))]
    gone.append(visitor.get(f"/media/posters/{house.ad.ad}.jpg"))

    assert [answer.status_code for answer in gone] == [404] * 4
    assert all("reelmill verify" in answer.text for answer in gone)


TRICKS = (
    *("..%2f..%2fcatalog.sqlite", "..%252f", "%2e%2e", "....//", "/etc/passwd", "%2fetc%2fpasswd", "a%00"),
    *(
        "a" * 64 + "%0a",
        "A" * 64,
        "a" * 63,
        "a" * 65,
        "a" * 9000,
        "file:%2f%2f%2fetc%2fpasswd",
        "%C0%AE%C0%AE",
    ),
    *("\uff10" * 64, "{{7*7}}", "%27%20OR%201=1", "0" * 64),
)
"""In the place of a key; the last is one of no ad."""


def test_only_the_key_of_an_ad_names_a_file(house: House, visitor: TestClient) -> None:
    """Whatever stands in its place leads nowhere, and is shown as text."""
    (house.settings.home / "blobs" / "ads" / "other.mp4").write_text("secret")

    for trick, room in product(TRICKS, ("ads/{}.mp4", "ads/{}.vtt", "ads/{}.json", "posters/{}.jpg")):
        answer = visitor.get("/media/" + room.format(trick))
        assert answer.status_code in {400, 404, 414}, (trick, room)
        assert "secret" not in answer.text


@pytest.mark.parametrize("house", ["s3"], indirect=True)
def test_s3_gives_out_videos_itself_where_told(house: House) -> None:
    """By an address that lasts a while; the policy lets browsers play from there, and from there only."""
    address, content = _video(house)
    with _visitor(house, presigned=True) as visitor:
        moved, missing = visitor.get(address), visitor.get(address.replace(house.ad.ad, "0" * 64))

    with urllib.request.urlopen(moved.headers["location"], timeout=5) as got:  # noqa: S310 (our own server)
        assert got.read() == content
    assert moved.status_code == 307
    assert missing.status_code == 404
    origin = moved.headers["location"].partition("/reelmill-tests")[0]
    assert f"media-src 'self' {origin};" in moved.headers["content-security-policy"]


def test_a_browser_that_goes_away_ends_the_reading(
    house: House, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece is read when the last has been sent, and not before; nothing is read ahead."""
    address, _ = _video(house)
    read: list[int] = []
    blobs: Any = visitor.app.state.desk.blobs  # type: ignore[attr-defined]
    really = blobs.read_range

    def failing(name: str, start: int, length: int) -> bytes:
        read.append(start)
        if start:
            raise StorageError("the store has gone")
        return bytes(really(name, start, length))

    monkeypatch.setattr(blobs, "read_range", failing)
    with pytest.raises(media.CutShortError, match="the store has gone"):
        visitor.get(address)

    assert read == [0, 16]
