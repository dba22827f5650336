"""Fetching what lies elsewhere: once, whole, bounded, and again only if it has changed."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flows import fetching
from flows.fetching import Fetcher
from schemas.errors import MediaError
from storage.s3 import S3Blobs
from tests.sites import Site, says, serve_site


@pytest.fixture(name="site")
def _site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(fetching, "_PAUSE_SECONDS", 0.0)
    with serve_site() as site:
        yield site


@pytest.fixture(name="fetcher")
def _fetcher(tmp_path: Path, site: Site) -> Fetcher:
    return Fetcher(tmp_path, (site.host,))


def test_a_file_is_asked_for_once_and_then_only_whether_it_has_changed(site: Site, fetcher: Fetcher) -> None:
    """By ETag and date; the copy lies under the hash of its content."""
    address = f"http://{site.host}/a.PNG"
    site.answer = says(b"picture", ETag='"one"', Last_Modified="Mon, 23 Nov 2026 00:00:00 GMT")
    first = fetcher.fetch(address, 100)
    again = fetcher.fetch(address, 100)
    site.answer = says(b"", 304)
    same = fetcher.fetch(address, 100, now=True)
    site.answer = says(b"another", ETag='"two"')
    other = fetcher.fetch(address, 100, now=True)

    assert first == again == same
    assert (first.read_bytes(), first.suffix, len(first.stem)) == (b"picture", ".png", 64)
    assert other.read_bytes() == b"another"
    assert len(site.asked) == 3
    assert site.headers[1]["If-None-Match"] == '"one"'
    assert site.headers[1]["If-Modified-Since"].startswith("Mon, 23 Nov")


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (404, b"", {}, "the host answers 404; correct the address"),
        (403, b"x", {}, "the host answers 403"),
        (503, b"x", {}, "cannot be had now: it answers 503"),
        (200, b"x" * 101, {}, "has more than 0 MB"),
        (200, b"", {}, "is empty"),
        (200, b"half", {"Content_Length": "50"}, "cannot be had now"),
    ],
)
def test_what_cannot_be_had_is_said_with_its_cure(
    site: Site, fetcher: Fetcher, status: int, body: bytes, headers: dict[str, str], said: str
) -> None:
    """And nothing of it is kept."""
    site.answer = says(body, status, **headers)

    with pytest.raises(MediaError, match=said) as caught:
        fetcher.fetch(f"http://{site.host}/a", 100)

    assert "; " in str(caught.value)
    assert not [path for path in fetcher.cache.rglob("*") if path.is_file()]


def test_a_body_without_a_length_is_cut_off_where_it_is_too_long(site: Site, fetcher: Fetcher) -> None:
    """A host may say nothing of its size, or go on for ever."""

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(bytes(1 << 16))
        except OSError:
            pass

    site.answer = endless
    with pytest.raises(MediaError, match="has more than 1 MB"):
        fetcher.fetch(f"http://{site.host}/a", 1_000_000)


def test_a_host_that_is_away_leaves_the_copy_of_yesterday(site: Site, fetcher: Fetcher) -> None:
    """For pictures, which are known by their content; not for what must be true now."""
    address = f"http://{site.host}/a"
    site.answer = says(b"picture")
    kept = fetcher.fetch(address, 100)
    for card in (fetcher.cache / "cards").iterdir():
        card.write_text(
            card.read_text().replace('"fresh_until":', '"fresh_until":0.0,"was":').split(',"was"')[0] + "}"
        )
    site.answer = says(b"", 500)

    assert fetcher.fetch(address, 100) == kept
    assert fetcher.stale == {address}
    with pytest.raises(MediaError, match="run again later"):
        fetcher.fetch(address, 100, now=True)


def test_a_copy_that_is_cut_short_is_fetched_again(site: Site, fetcher: Fetcher) -> None:
    """As after a full disk."""
    site.answer = says(b"picture")
    copy = fetcher.fetch(f"http://{site.host}/a", 100)
    copy.write_bytes(b"pic")

    assert fetcher.fetch(f"http://{site.host}/a", 100).read_bytes() == b"picture"


def test_an_object_of_s3_comes_once_and_again_when_it_changes(s3_place: str, tmp_path: Path) -> None:
    """With the credentials of the AWS SDK's own variables."""
    bucket, _, prefix = s3_place.removeprefix("s3://").partition("/")
    client = S3Blobs(bucket).client
    client.put_object(Bucket=bucket, Key=f"{prefix}/feed.tsv", Body=b"one")
    fetcher = Fetcher(tmp_path)
    address = f"s3://{bucket}/{prefix}/feed.tsv"

    first, same = fetcher.fetch(address, 100), fetcher.fetch(address, 100, now=True)
    client.put_object(Bucket=bucket, Key=f"{prefix}/feed.tsv", Body=b"two")
    other = fetcher.fetch(address, 100, now=True)

    assert first == same
    assert (first.read_bytes(), first.suffix, other.read_bytes()) == (b"one", ".tsv", b"two")
    with pytest.raises(MediaError, match="is missing"):
        fetcher.fetch(f"{address}x", 100)
    with pytest.raises(MediaError, match="has more than 0 MB"):
        fetcher.fetch(address, 2, now=True)
