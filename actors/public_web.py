"""Asks public https addresses that strangers have written down, and nothing that only this machine can reach.

A name is looked up once, every address that it has must be public, and the connection goes to one of those
very addresses, so a name cannot change its mind in between (DNS rebinding; OWASP, Server Side Request Forgery
Prevention, 2025). Redirects follow the same rule. Behind a proxy (HTTPS_PROXY) names are the proxy's to look
up.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from urllib.request import getproxies, proxy_bypass

import httpx

from schemas.errors import MediaError

REDIRECTS_MAX = 4
_TIMEOUT = httpx.Timeout(20, connect=10)
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""Where the last 32 bits of an IPv6 address are one of IPv4: NAT64 (RFC 6052, RFC 8215), the old
IPv4-compatible ones (RFC 4291)."""


class AddressRefusedError(MediaError):
    """Nothing is asked of this address, whoever names it."""


def is_public(address: str) -> bool:
    """Tell whether the IP *address* can be reached by everybody; raises ValueError for what is none."""
    parsed = ip_address(address.partition("%")[0].strip("[]"))
    return all(one.is_global and not one.is_multicast for one in (parsed, *_embedded(parsed)))


class PublicWeb:
    """Asks for what lies at addresses; threads may share it.

    *private* are names of hosts, each perhaps with its port, that whoever runs this machine trusts: they may
    lie in the local network and speak plain http.
    """

    def __init__(self, private: tuple[str, ...] = ()) -> None:
        self.private = frozenset(name.lower() for name in private)

    @contextmanager
    def ask(self, address: str, headers: Mapping[str, str], *, seconds: float) -> Iterator[httpx.Response]:
        """Have the answer for *address*, the last of its redirects; its body is not read yet.

        Raises AddressRefusedError where nothing may be asked, or all together takes longer than *seconds*;
        httpx.HTTPError and OSError where the host does not answer.
        """
        late = Event()
        with ExitStack() as opened:
            clock = Timer(seconds, _both(late.set, opened.close))
            clock.daemon = True
            clock.start()
            try:
                yield self._last(_parsed(address), headers, opened)
            except (httpx.HTTPError, OSError, RuntimeError) as error:
                if late.is_set():
                    raise AddressRefusedError(
                        f"takes longer than {seconds:g} s; put it on a faster host"
                    ) from error
                raise
            finally:
                clock.cancel()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def _last(self, url: httpx.URL, headers: Mapping[str, str], opened: ExitStack) -> httpx.Response:
        """Return the answer behind all redirects from *url*; what *opened* holds closes its connections."""
        for _ in range(REDIRECTS_MAX + 1):
            response = self._send(url, headers, opened)
            if not response.has_redirect_location:
                return response
            url = _parsed(str(url.join(response.headers["location"])))
        raise _refusal(url, f"is behind more than {REDIRECTS_MAX} redirects", "give the last address itself")

    def _send(self, url: httpx.URL, headers: Mapping[str, str], opened: ExitStack) -> httpx.Response:
        named = {"Accept-Encoding": "identity", "User-Agent": "reelmill", **headers}
        trusted = not self.private.isdisjoint({url.host.lower(), url.netloc.decode("ascii").lower()})
        if not trusted:
            _refuse_written_address(url)
        self._refuse_scheme(url, trusted=trusted)
        proxied = not trusted and getproxies().get("https") and not proxy_bypass(url.host)
        # A client for each question: two hosts at one address would share a connection, and a certificate.
        client = opened.enter_context(
            httpx.Client(
                timeout=_TIMEOUT,
                trust_env=False,
                verify=self._trust,
                proxy=getproxies()["https"] if proxied else None,
            )
        )
        if proxied:
            return client.send(client.build_request("GET", url, headers=named), stream=True)
        return _send_to_one(client, _addresses(url, trusted=trusted), url, named)

    def _refuse_scheme(self, url: httpx.URL, *, trusted: bool) -> None:
        if url.scheme == "https" or (trusted and url.scheme == "http"):
            return
        if url.scheme == "http":
            raise _refusal(
                url, "is not encrypted", "write https://, or name the host in REELMILL_PRIVATE_HOSTS"
            )
        raise _refusal(url, "is no https address", "write https://")


def _send_to_one(
    client: httpx.Client, addresses: list[str], url: httpx.URL, headers: dict[str, str]
) -> httpx.Response:
    """Ask the first of *addresses* that can be connected to."""
    for n, address in enumerate(addresses):
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        try:
            return client.send(request, stream=True)
        except httpx.ConnectError:
            if n == len(addresses) - 1:
                raise
    raise OSError("it has no address")


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def do() -> None:
        first()
        second()

    return do


def _parsed(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise AddressRefusedError("is no address; write https://host/path") from error
    if not url.host:
        raise AddressRefusedError("has no host; write https://host/path")
    if url.userinfo:
        raise _refusal(
            url, "holds a name or a password", "give an address that needs none, such as a presigned one"
        )
    return url


def _addresses(url: httpx.URL, *, trusted: bool) -> list[str]:
    """Look the host of *url* up, once; return its addresses, those of IPv4 first."""
    found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda one: one[0] != socket.AF_INET)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in ordered))
    for address in addresses:
        allowed = not ip_address(address.partition("%")[0]).is_link_local if trusted else is_public(address)
        if not allowed:
            raise _not_public(url)
    return addresses[:4]


def _refuse_written_address(url: httpx.URL) -> None:
    """Refuse what is written as a private address, before anybody is asked what it stands for."""
    try:
        public = is_public(url.host)
    except ValueError:
        public = url.host.lower().rstrip(".").rpartition(".")[2] not in {"localhost", "local", "internal"}
    if not public:
        raise _not_public(url)


def _embedded(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _EMBEDDING):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)


def _not_public(url: httpx.URL) -> AddressRefusedError:
    what = f"leads to {url.host[:60]!r} in a local or reserved network, and nothing is asked there"
    return AddressRefusedError(f"{what}; give a public https address")


def _refusal(url: httpx.URL, what: str, cure: str) -> AddressRefusedError:
    return AddressRefusedError(f"at host {url.host[:60]!r} {what}; {cure}")
