"""Addresses that strangers write down: which are asked, by which connection, and for how long."""

import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from actors import public_web
from actors.public_web import AddressRefusedError, PublicWeb, is_public
from tests.sites import Site, says, serve_site


@pytest.fixture(name="site")
def _site() -> Iterator[Site]:
    with serve_site() as site:
        yield site


def names(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Have every name stand for the addresses of *answers*, one after another; return who was looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(public_web, "getproxies", dict)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1"),
        *("::ffff:10.0.0.1", "::ffff:8.8.8.8.".rstrip("."), "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"),
    ],
)
def test_an_address_of_a_local_or_reserved_network_is_not_public(address: str) -> None:
    """In whatever form it is written; one of IPv4 inside one of IPv6 counts too."""
    assert is_public(address) is (address == "::ffff:8.8.8.8")


def test_addresses_of_the_internet_are_public() -> None:
    """Also those that NAT64 translates."""
    assert all(map(is_public, ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"]))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("https://localhost/", "local or reserved"),
        ("https://metadata.google.internal/", "local or reserved"),
        ("https://[::ffff:169.254.169.254]/", "local or reserved"),
        ("http://shop.example/", "is not encrypted"),
        ("ftp://shop.example/", "no https address"),
        ("https://user:secret@shop.example/", "holds a name or a password"),
        ("https:///feed.tsv", "has no host"),
        ("https://[nonsense]/", "is no address"),
    ],
)
def test_what_is_no_public_https_address_is_refused_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    """Neither a name server nor a host hears of it."""
    asked = names(monkeypatch, ("8.8.8.8",))

    with (
        pytest.raises(AddressRefusedError, match=said) as caught,
        PublicWeb().ask(written, {}, seconds=5),
    ):
        pass

    assert asked == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("private", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "fd00::1"])
def test_one_private_address_among_public_ones_is_enough_to_refuse_a_name(
    monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    """Whoever owns a name decides what it stands for. 2130706433 and 0x7f.1 are names too, of 127.0.0.1."""
    names(monkeypatch, ("8.8.8.8", private))

    with (
        pytest.raises(AddressRefusedError, match=r"rebound\.example.*reserved"),
        PublicWeb().ask("https://rebound.example/a", {}, seconds=5),
    ):
        pass


def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the second time is of no use; its certificate is still asked for."""
    asked = names(monkeypatch, ("2606:4700::1111", "8.8.8.8"), ("127.0.0.1",))
    called: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(204)

    client = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **_: client(transport=httpx.MockTransport(answer)))
    with PublicWeb().ask("https://video.example:8443/a?b=c", {}, seconds=5) as answered:
        assert answered.status_code == 204

    (request,) = called
    assert str(request.url) == "https://8.8.8.8:8443/a?b=c"
    assert request.headers["host"] == "video.example:8443"
    assert request.extensions["sni_hostname"] == "video.example"
    assert asked == ["video.example"]


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/", "https://127.0.0.2/", "file:///etc/passwd", "//[::1]/"]
)
def test_a_redirect_is_held_to_the_same_rule(site: Site, to: str) -> None:
    """A trusted host does not make what it points at trusted."""
    site.answer = says(b"", 302, Location=to)
    with (
        pytest.raises(AddressRefusedError),
        PublicWeb((site.host,)).ask(f"http://{site.host}/feed", {}, seconds=5),
    ):
        pass

    assert site.asked == ["/feed"]


def test_redirects_come_to_an_end(site: Site) -> None:
    """A circle is left after four."""
    site.answer = says(b"", 302, Location="/again")
    with (
        pytest.raises(AddressRefusedError, match="more than 4 redirects"),
        PublicWeb((site.host,)).ask(f"http://{site.host}/", {}, seconds=5),
    ):
        pass

    assert len(site.asked) == 5


def test_a_host_that_drips_is_left_in_time(site: Site) -> None:
    """Each byte comes soon enough for a time-out of its own, and all together never end."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            request.wfile.write(b"H")
            request.wfile.flush()
            time.sleep(0.1)

    site.answer = drip
    begun = time.monotonic()
    with (
        pytest.raises((AddressRefusedError, httpx.HTTPError)),
        PublicWeb((site.host,)).ask(f"http://{site.host}/", {}, seconds=0.4) as answer,
    ):
        answer.read()

    assert time.monotonic() - begun < 5


def test_a_host_that_is_named_trusted_may_lie_in_the_local_network(site: Site) -> None:
    """A team's own feed server; without being named it is refused unasked."""
    with PublicWeb((site.host,)).ask(f"http://{site.host}/feed", {}, seconds=5) as answer:
        assert answer.status_code == 204
    with pytest.raises(AddressRefusedError), PublicWeb().ask(f"http://{site.host}/feed", {}, seconds=5):
        pass

    assert site.asked == ["/feed"]
